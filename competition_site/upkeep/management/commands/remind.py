"""manage.py remind: mails some hours before a deadline."""

from competition_site.upkeep.management.scheduled_command import ScheduledCommand


class Command(ScheduledCommand):
    task = "remind"
    help = (
        "Mail leaders, once for each, REMIND_BEFORE the end of registration (drafts), "
        "of the time to pay, of an offer, and of a stage without a submission. "
        "Example: manage.py remind --dry-run"
    )
