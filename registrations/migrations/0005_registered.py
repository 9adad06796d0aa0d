from django.db import migrations, models


def note_registered(apps, schema_editor):
    """Whether a team has registered, instead of how many did."""
    competitions = apps.get_model("registrations", "Competition").objects
    competitions.filter(registrations_count__gt=0).update(registered=True)


class Migration(migrations.Migration):
    dependencies = [
        ("registrations", "0004_registrations_count"),
    ]

    operations = [
        migrations.AddField(
            model_name="competition",
            name="registered",
            field=models.BooleanField(
                default=False, editable=False, verbose_name="a team has registered"
            ),
        ),
        migrations.RunPython(note_registered, migrations.RunPython.noop),
        migrations.RemoveField(model_name="competition", name="registrations_count"),
    ]
