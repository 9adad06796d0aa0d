"""manage.py lock_rosters: what the lock of rosters brings."""

from competition_site.upkeep.management.scheduled_command import ScheduledCommand


class Command(ScheduledCommand):
    task = "lock_rosters"
    help = (
        "End open invitations that ran out or whose team is locked, and tell leaders, "
        "once, whose team was locked with too few or too many members. The lock itself "
        "is a moment and needs no command. Example: manage.py lock_rosters --dry-run"
    )
