"""The verbs of registrations: every *when* of competitions, teams and documents."""

from registrations.workflow.competitions import (
    change_competition,
    clone_competition,
    create_competition,
    delete_competition,
    publish_stages,
)
from registrations.workflow.decisions import (
    approve,
    reject,
    reopen,
    request_changes,
    send_to_waitlist,
)
from registrations.workflow.documents import (
    add_document,
    delete_document,
    open_document,
    refuse_document,
    require_documents_taken,
    verify_document,
)
from registrations.workflow.entries import create, edit, follow_renaming
from registrations.workflow.institutions import merge_institutions
from registrations.workflow.leaving import (
    delete_draft,
    disqualify,
    due_drafts,
    due_offers,
    due_unpaid,
    expire_draft,
    expire_offer,
    expire_unpaid,
    follow,
    withdraw,
)
from registrations.workflow.proofs import refuse_payment, verify_payment, waive_payment
from registrations.workflow.submitting import submit
from registrations.workflow.teams import (
    accept_invitation,
    accept_own_invitation,
    decline_invitation,
    hand_over,
    invite,
    remove_member,
    resend_invitation,
    revoke_invitation,
)
from registrations.workflow.waitlist import (
    accept_offer,
    decline_offer,
    due_promotions,
    promote_waitlist,
)

__all__ = [
    "accept_invitation",
    "accept_offer",
    "accept_own_invitation",
    "add_document",
    "approve",
    "change_competition",
    "clone_competition",
    "create",
    "create_competition",
    "decline_invitation",
    "decline_offer",
    "delete_competition",
    "delete_document",
    "delete_draft",
    "disqualify",
    "due_drafts",
    "due_offers",
    "due_promotions",
    "due_unpaid",
    "edit",
    "expire_draft",
    "expire_offer",
    "expire_unpaid",
    "follow",
    "follow_renaming",
    "hand_over",
    "invite",
    "merge_institutions",
    "open_document",
    "promote_waitlist",
    "publish_stages",
    "refuse_document",
    "refuse_payment",
    "reject",
    "remove_member",
    "reopen",
    "request_changes",
    "require_documents_taken",
    "resend_invitation",
    "revoke_invitation",
    "send_to_waitlist",
    "submit",
    "verify_document",
    "verify_payment",
    "waive_payment",
    "withdraw",
]
