"""The verbs of registrations: every *when* of competitions, teams and documents."""

from registrations.workflow.competitions import (
    change_competition,
    clone_competition,
    create_competition,
    delete_competition,
    publish_stages,
)
from registrations.workflow.documents import (
    add_document,
    open_document,
    refuse_document,
    verify_document,
)
from registrations.workflow.entries import approve, create, edit, submit
from registrations.workflow.institutions import merge_institutions
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

__all__ = [
    "accept_invitation",
    "accept_own_invitation",
    "add_document",
    "approve",
    "change_competition",
    "clone_competition",
    "create",
    "create_competition",
    "decline_invitation",
    "delete_competition",
    "edit",
    "hand_over",
    "invite",
    "merge_institutions",
    "open_document",
    "publish_stages",
    "refuse_document",
    "remove_member",
    "resend_invitation",
    "revoke_invitation",
    "submit",
    "verify_document",
]
