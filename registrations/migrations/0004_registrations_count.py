from django.db import migrations, models


def count_registrations(apps, schema_editor):
    """Competitions of before know how many registrations they have."""
    competitions = apps.get_model("registrations", "Competition").objects
    registrations = apps.get_model("registrations", "Registration").objects
    for key in list(competitions.values_list("pk", flat=True)):
        count = registrations.filter(competition=key).count()
        competitions.filter(pk=key).update(registrations_count=count)


class Migration(migrations.Migration):
    dependencies = [
        ("registrations", "0003_teams"),
    ]

    operations = [
        migrations.AddField(
            model_name="competition",
            name="registrations_count",
            field=models.PositiveIntegerField(
                default=0, editable=False, verbose_name="registrations"
            ),
        ),
        migrations.RunPython(count_registrations, migrations.RunPython.noop),
    ]
