"""manage.py purge_documents: delete proofs that are no longer needed."""

from competition_site.upkeep.management.scheduled_command import ScheduledCommand


class Command(ScheduledCommand):
    task = "purge_documents"
    help = (
        "Delete the files of student cards and enrolment letters RETENTION_DAYS after "
        "the end of their competition. Example: manage.py purge_documents --dry-run"
    )
