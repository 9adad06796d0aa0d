"""The shapes of the API contract, section 6: exact keys, and what each value is."""

from __future__ import annotations

from typing import Any

from tests.journey.kinds import (
    Maybe,
    anything,
    flag,
    moment,
    sha256,
    text,
    uuid7,
    verdict,
    whole,
)


def page(row: Any) -> dict[str, Any]:
    """A list's page of ``row``."""
    return {"results": [row], "next": Maybe(text)}


PAIR = {"access": text, "refresh": text, "access_expires_in": whole}
SIGNED_IN = PAIR | {
    "user": {
        "id": uuid7,
        "email": text,
        "role": text,
        "full_name": text,
        "email_verified": flag,
    }
}
ME = {
    "id": uuid7,
    "email": text,
    "role": text,
    "full_name": text,
    "phone": text,
    "institution": Maybe({"id": uuid7, "name": text}),
    "student_number": text,
    "study_program": text,
    "entry_year": Maybe(whole),
    "email_verified": flag,
    "profile_complete": flag,
    "missing_fields": [text],
    "version": whole,
}
INSTITUTION = {"id": uuid7, "name": text, "confirmed": flag}

STAGE = {
    "id": uuid7,
    "name": text,
    "order": whole,
    "opens_at": moment,
    "closes_at": moment,
    "grace_minutes": whole,
    "late_policy": text,
    "late_until": Maybe(moment),
    "paused": flag,
    "accepts": {"files": flag, "link": flag, "text": flag},
    "allowed_types": [text],
    "max_file_bytes": whole,
    "max_files": whole,
    "max_versions": Maybe(whole),
    "blind": flag,
    "judging_opens_at": Maybe(moment),
    "judging_closes_at": Maybe(moment),
    "criteria": [anything],
}
COMPETITION_ROW = {
    "id": uuid7,
    "slug": text,
    "title": text,
    "summary": text,
    "category": text,
    "phase": text,
    "registration_opens_at": moment,
    "registration_closes_at": moment,
    "starts_at": moment,
    "ends_at": moment,
    "team_size_min": whole,
    "team_size_max": whole,
    "capacity": Maybe(whole),
    "seats_taken": whole,
    "fee": whole,
}
BILINGUAL = {"en": text, "id": text}
COMPETITION = COMPETITION_ROW | {
    "description": text,
    "status": text,
    "questions": [
        {
            "key": text,
            "label": BILINGUAL,
            "type": text,
            "choices": [text],
            "required": flag,
            "help": Maybe(BILINGUAL),
        }
    ],
    "required_documents": [text],
    "stages": [STAGE],
    "announcements": [anything],
    "payment_instructions": text,
    "roster_locks_at": Maybe(moment),
    "seat_policy": text,
    "waitlist": {"open": flag, "length": whole},
    "eligibility": {
        "institutions": [anything],
        "email_domains": [text],
        "entry_year_min": Maybe(whole),
        "entry_year_max": Maybe(whole),
        "mixed_institutions": flag,
    },
    "version": whole,
}

NEXT_ACTION = {
    "code": text,
    "message": text,
    "due_at": Maybe(moment),
    "method": text,
    "href": text,
}
DOCUMENT = {
    "id": uuid7,
    "kind": text,
    "member": Maybe(uuid7),
    "status": text,
    "uploaded_at": moment,
    "file_name": Maybe(text),
    "size": Maybe(whole),
    "sha256": Maybe(sha256),
    "reason": Maybe(text),
    "href": Maybe(text),
}
REGISTRATION_ROW = {
    "id": uuid7,
    "competition": {"slug": text, "title": text},
    "team_name": text,
    "status": text,
    "payment_status": text,
    "competing": flag,
    "leader": {"id": uuid7, "full_name": text},
    "members": [{"id": uuid7, "full_name": text, "role": text}],
    "created_at": moment,
    "submitted_at": Maybe(moment),
}
REGISTRATION = REGISTRATION_ROW | {
    "answers": dict,
    "members": [
        {
            "id": uuid7,
            "full_name": text,
            "role": text,
            "institution": Maybe(text),
            "joined_at": moment,
        }
    ],
    "documents": [DOCUMENT],
    "payment": {
        "status": text,
        "amount_due": whole,
        "reference": Maybe(text),
        "due_at": Maybe(moment),
        "reason": Maybe(text),
    },
    "note": Maybe(text),
    "changes_requested": Maybe({"fields": dict, "documents": dict}),
    "waitlist_position": Maybe(whole),
    "offer_expires_at": Maybe(moment),
    "can": dict.fromkeys(
        (
            *("edit", "delete", "submit", "withdraw", "accept_offer", "decline_offer"),
            *("invite", "remove_members", "leave", "transfer_leadership"),
            *("upload_document", "pay", "approve", "reject", "request_changes"),
            *("waitlist", "reopen", "disqualify"),
            *("verify_payment", "refuse_payment", "waive_payment"),
        ),
        verdict,
    ),
    "next_actions": [NEXT_ACTION],
    "version": whole,
}
INVITATION = {
    "id": uuid7,
    "competition": {"slug": text, "title": text},
    "team_name": text,
    "email": text,
    "status": text,
    "expires_at": moment,
}

FILE = {
    "id": uuid7,
    "name": text,
    "size": whole,
    "sha256": sha256,
    "content_type": text,
}
VERSION = {
    "number": whole,
    "submitted_at": moment,
    "late": flag,
    "files": [FILE],
    "receipt": {"code": text, "href": text},
}
SUBMISSION_ROW = {
    "id": uuid7,
    "registration": {"id": uuid7, "team_name": text},
    "stage": {"id": uuid7, "name": text},
    "title": text,
    "status": text,
    "version_number": whole,
    "submitted_at": Maybe(moment),
    "late": flag,
}
SUBMISSION = SUBMISSION_ROW | {
    "summary": text,
    "link_url": Maybe(text),
    "files": [FILE],
    "versions": [VERSION],
    "can": {"edit": verdict, "submit": verdict},
    "next_actions": [NEXT_ACTION],
    "version": whole,
}
RECEIPT = {
    "code": text,
    "submitted_at": moment,
    "late": flag,
    "stage": {"id": uuid7, "name": text},
    "version_number": whole,
    "files": [{"sha256": sha256}],
    "signature": text,
    "key_id": text,
    "valid": flag,
}
