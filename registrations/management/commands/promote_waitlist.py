"""manage.py promote_waitlist: offer free places to those who wait."""

from competition_site.upkeep.management.scheduled_command import ScheduledCommand


class Command(ScheduledCommand):
    task = "promote_waitlist"
    help = (
        "Offer free places to the teams that wait, in their turn: such as came by a "
        "larger capacity, without anybody leaving. Example: manage.py "
        "promote_waitlist --dry-run"
    )
