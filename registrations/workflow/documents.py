"""Documents: handed in by members, judged by staff, each opening recorded."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.files.stored import StoredFile
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation
from registrations.models import Competition, Document, Registration
from registrations.workflow import requirements

ACCEPTED_TYPES = ("application/pdf", "image/jpeg", "image/png")
MAXIMUM_PER_REGISTRATION = 50
Status = Document.Status


@retry_on_conflict
@transaction.atomic
def add_document(
    registration: Registration,
    *,
    kind: str,
    file: StoredFile,
    by: User,
    at: datetime,
    member: User | None = None,
) -> Document:
    """Hand a stored file in as a proof; a personal one is ``by``'s own or ``member``'s.

    Raises RuleViolation: invalid_transition, permission_denied (another's proof,
    unless by the leader), validation_error (``member``).
    """
    registration.refresh_from_db()
    if registration.status not in Registration.ACTIVE:
        raise RuleViolation("invalid_transition")
    owner = _owner(registration, kind, member, by)
    if registration.documents.count() >= MAXIMUM_PER_REGISTRATION:
        text = _("This team has reached its document limit.")
        raise RuleViolation("validation_error", errors={"file": [text]})
    document = Document.objects.create(
        registration=registration,
        competition_title=registration.competition_title,
        team_name=registration.team_name,
        kind=kind,
        member=owner,
        uploaded_by=by,
        uploaded_at=at,
        file_name=file.name,
        size=file.size,
        sha256=file.sha256,
        content_type=file.content_type,
        storage_key=file.key,
    )
    record(by, "document.uploaded", document, kind=kind, sha256=file.sha256)
    return document


def _owner(
    registration: Registration, kind: str, member: User | None, by: User
) -> User | None:
    if kind not in Document.PERSONAL:
        return None
    owner = member or by
    if not registration.has_member(owner):
        text = _("This person is not a member of the team.")
        raise RuleViolation("validation_error", errors={"member": [text]})
    if owner.pk != by.pk and not registration.is_led_by(by):
        raise RuleViolation("permission_denied")
    return owner


@retry_on_conflict
@transaction.atomic
def verify_document(document: Document, *, by: User) -> Document:
    """Accept a proof. Raises RuleViolation: invalid_transition."""
    document.move_to(Status.VERIFIED, reason="")
    record(by, "document.verified", document)
    _count_documents(document)
    return document


@retry_on_conflict
@transaction.atomic
def refuse_document(document: Document, *, reason: str, by: User) -> Document:
    """Refuse a proof and tell who sent it. Raises RuleViolation: invalid_transition."""
    document.move_to(Status.REFUSED, reason=reason)
    record(by, "document.refused", document, reason=reason)
    uploader = User.objects.get(pk=document.uploaded_by_id)
    enqueue(
        "document_refused",
        to=uploader.email,
        language=uploader.language,
        document=document,
    )
    _count_documents(document)
    return document


def _count_documents(document: Document) -> None:
    """Keep ``documents_complete`` true to the documents.

    Writing the registration's row makes two staff who judge two documents at once
    meet there: the second one counts again.
    """
    registration = Registration.objects.get(pk=document.registration_id)
    competition = Competition.objects.get(pk=registration.competition_id)
    complete = requirements.documents_are_complete(
        registration, competition, registration.documents.all()
    )
    version = {"version": registration.version}
    if not registration.change_where(version, documents_complete=complete):
        raise Conflict


def open_document(document: Document, *, by: User) -> Document:
    """Note that somebody opens a personal document.

    Raises RuleViolation: not_found (its file was purged).
    """
    if document.status == Status.PURGED:
        raise RuleViolation("not_found")
    record(by, "document.opened", document)
    return document
