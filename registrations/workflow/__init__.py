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
from registrations.workflow.teams import accept_invitation, invite

__all__ = [
    "accept_invitation",
    "add_document",
    "approve",
    "change_competition",
    "clone_competition",
    "create",
    "create_competition",
    "delete_competition",
    "edit",
    "invite",
    "merge_institutions",
    "open_document",
    "publish_stages",
    "refuse_document",
    "submit",
    "verify_document",
]
