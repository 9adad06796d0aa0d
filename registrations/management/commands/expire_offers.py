"""manage.py expire_offers: end offers that ran out."""

from competition_site.upkeep.management.scheduled_command import ScheduledCommand


class Command(ScheduledCommand):
    task = "expire_offers"
    help = (
        "End teams that did not answer an offered place in time; it goes to the "
        "next team that waits. Example: manage.py expire_offers --dry-run"
    )
