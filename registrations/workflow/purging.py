"""Personal documents go when they are no longer needed; that they were there stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.audit import record
from competition_site.db.batches import in_batches
from competition_site.db.transactions import retry_on_conflict
from registrations.models import Competition, Document, Registration


def due_documents(at: datetime) -> Iterator[Document]:
    """Personal documents of competitions that ended RETENTION_DAYS ago.

    Keys begin with the millisecond they were made in, so younger rows are not read.
    """
    since = at - timedelta(days=settings.RETENTION_DAYS)
    kept = Document.objects.filter(
        status__in=[s for s in Document.Status if s != Document.Status.PURGED],
        kind__in=Document.PERSONAL,
        pk__lt=UUID(int=int(since.timestamp() * 1000) << 80),
    )
    for batch in in_batches(kept):
        teams = Registration.objects.filter(pk__in={d.registration_id for d in batch})
        of_team = dict(teams.values_list("pk", "competition_id"))
        ended = Competition.objects.filter(
            pk__in=set(of_team.values()), ends_at__lte=since
        )
        over = set(ended.values_list("pk", flat=True))
        yield from (d for d in batch if of_team.get(d.registration_id) in over)


@retry_on_conflict
@transaction.atomic
def purge_document(document: Document) -> bool:
    """Delete a document's file and its name; kind, owner and hash stay.

    Raises RuleViolation: invalid_transition (purged already).
    """
    document.move_to(Document.Status.PURGED, file_name="", reason="")
    record(None, "document.purged", document)
    transaction.on_commit(partial(default_storage.delete, document.storage_key))
    return True
