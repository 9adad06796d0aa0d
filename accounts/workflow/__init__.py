"""The verbs of accounts: every *when* of people, sessions, passwords and roles."""

from accounts.workflow.closing import close_account, closed_address
from accounts.workflow.institutions import (
    change_institution,
    confirm_institution,
    merge_institutions,
    propose_institution,
)
from accounts.workflow.mail_tokens import send_verification, token_digest, verify_email
from accounts.workflow.passwords import (
    change_password,
    forget_password,
    reset_password,
    write_reset_mail,
)
from accounts.workflow.people import (
    change_profile,
    create_account,
    hold_open_account,
    register,
    require_complete_profile,
    require_verified_email,
)
from accounts.workflow.roles import set_active, set_role
from accounts.workflow.second_factor import (
    admit_organiser,
    enrol_second_factor,
    enrolment_uri,
    has_second_factor,
    remove_second_factor,
)
from accounts.workflow.sessions import (
    check_credentials,
    end_all_sessions,
    end_everybodys_sessions,
    end_session,
    log_out,
    open_session,
    prunable,
    prune,
    rotate,
    who_may_be_logged_in,
)

__all__ = [
    "admit_organiser",
    "change_institution",
    "change_password",
    "change_profile",
    "check_credentials",
    "close_account",
    "closed_address",
    "confirm_institution",
    "create_account",
    "end_all_sessions",
    "end_everybodys_sessions",
    "end_session",
    "enrol_second_factor",
    "enrolment_uri",
    "forget_password",
    "has_second_factor",
    "hold_open_account",
    "log_out",
    "merge_institutions",
    "open_session",
    "propose_institution",
    "prunable",
    "prune",
    "register",
    "remove_second_factor",
    "require_complete_profile",
    "require_verified_email",
    "reset_password",
    "rotate",
    "send_verification",
    "set_active",
    "set_role",
    "token_digest",
    "verify_email",
    "who_may_be_logged_in",
    "write_reset_mail",
]
