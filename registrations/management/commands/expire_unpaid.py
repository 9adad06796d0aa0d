"""manage.py expire_unpaid: end teams that did not pay in time."""

from competition_site.upkeep.management.scheduled_command import ScheduledCommand


class Command(ScheduledCommand):
    task = "expire_unpaid"
    help = (
        "End teams without a proof of payment in time; a place goes to the next "
        "team that waits. Example: manage.py expire_unpaid --dry-run"
    )
