"""manage.py expire_drafts: end drafts that can't be submitted any more."""

from competition_site.upkeep.management.scheduled_command import ScheduledCommand


class Command(ScheduledCommand):
    task = "expire_drafts"
    help = (
        "End drafts of competitions whose registration has closed; their members "
        "are told and free to enter another team. Example: manage.py expire_drafts "
        "--dry-run"
    )
