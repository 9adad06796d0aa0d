"""Documents: handed in by members, judged by staff, each opening recorded."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.files.stored import StoredFile
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation
from registrations.models import Competition, Document, Registration
from registrations.workflow import proofs, requirements
from registrations.workflow.cases import (
    Case,
    case_of,
    impossible,
    require_member,
    require_status,
)
from registrations.workflow.transitions import transition

ACCEPTED_TYPES = ("application/pdf", "image/jpeg", "image/png")
MAXIMUM_PER_REGISTRATION = 50
Status = Document.Status
OPEN = (Registration.Status.DRAFT, Registration.Status.CHANGES_REQUESTED)
"""While the team's documents are still its own to take back."""


def require_upload(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition."""
    require_member(case)
    require_status(case, *Registration.ACTIVE)


def require_pay(case: Case) -> None:
    """The rule of handing in a proof of payment.

    Raises RuleViolation: permission_denied, invalid_transition, payment_expired,
    competition_full, institution_quota_full.
    """
    require_member(case)
    proofs.require_payable(case)


@transition
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

    A proof of payment moves the payment on, and takes the seat where that is the
    policy; where there is none, the team waits for one with its proof kept.
    Raises RuleViolation: invalid_transition, permission_denied (another's proof,
    unless by the leader), validation_error (``member``; ``file``: too many),
    payment_expired, competition_full, institution_quota_full.
    """
    case = case_of(registration, by=by, at=at)
    is_payment = kind == Document.Kind.PAYMENT_PROOF
    (require_pay if is_payment else require_upload)(case)
    # Two uploads at once meet on this row, and the later one counts the other's.
    Registration.objects.filter(pk=registration.pk).update(updated_at=at)
    require_documents_taken(registration)
    owner = _owner(registration, kind, member, by)
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
        original_sha256=file.original_sha256 or file.sha256,
        content_type=file.content_type,
        storage_key=file.key,
    )
    record(by, "document.uploaded", document, kind=kind, sha256=file.sha256)
    if is_payment:
        proofs.hand_in_proof(case)
    return document


def require_documents_taken(registration: Registration) -> None:
    """Whether the team may hand in one more document; asked before one is read.

    Raises RuleViolation: invalid_transition, validation_error (``file``: too many).
    """
    if registration.status not in Registration.ACTIVE:
        raise RuleViolation("invalid_transition")
    if registration.documents.count() >= MAXIMUM_PER_REGISTRATION:
        text = _("This team has reached its document limit.")
        raise RuleViolation("validation_error", errors={"file": [text]})


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


@transition
def delete_document(document: Document, *, by: User, at: datetime) -> None:
    """Take a document back that nobody has accepted; its file goes with it.

    Raises RuleViolation: permission_denied, invalid_transition (what the team submits
    is no longer its own to change), not_found.
    """
    document.read_again()  # a draft that was deleted took its documents along
    registration = Registration.objects.get(pk=document.registration_id)
    case = case_of(registration, by=by, at=at)
    _require_own(case, document)
    deleted, _rows = Document.objects.filter(
        pk=document.pk, status__in=[Status.UPLOADED, Status.REFUSED]
    ).delete()
    if not deleted:
        raise impossible(document)
    # Who submits meets this row: documents are complete, or they are taken back.
    if not registration.change_where({"version": registration.version}):
        raise Conflict
    record(by, "document.deleted", document, kind=document.kind, sha256=document.sha256)
    transaction.on_commit(partial(default_storage.delete, document.storage_key))


def _require_own(case: Case, document: Document) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition."""
    require_member(case)
    if document.kind == Document.Kind.PAYMENT_PROOF:
        text = _("A proof of payment stays with the payment.")
        raise RuleViolation("invalid_transition", text)
    require_status(case, *OPEN)
    if str(document.pk) in dict(case.registration.documents_to_change):
        text = _("Hand in another document in its place.")
        raise RuleViolation("invalid_transition", text)


def _require_own_decision(document: Document) -> None:
    """Raises RuleViolation("invalid_transition") for a proof of payment."""
    if document.kind == Document.Kind.PAYMENT_PROOF:
        text = _("Decide about the team's payment; its proof follows.")
        raise RuleViolation("invalid_transition", text)


@retry_on_conflict
@transaction.atomic
def verify_document(document: Document, *, by: User) -> Document:
    """Accept a proof. Raises RuleViolation: invalid_transition (also for a proof of
    payment, whose status follows the payment).
    """
    _require_own_decision(document)
    document.move_to(Status.VERIFIED, reason="")
    record(by, "document.verified", document)
    _count_documents(document)
    return document


@retry_on_conflict
@transaction.atomic
def refuse_document(document: Document, *, reason: str, by: User) -> Document:
    """Refuse a proof and tell who sent it. Raises RuleViolation: invalid_transition
    (also for a proof of payment, whose status follows the payment).
    """
    _require_own_decision(document)
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
