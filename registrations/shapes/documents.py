"""A document as its owner, its team and organisers see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from registrations.models import Document


def document_rows(documents: Iterable[Document], *, user: User) -> list[dict[str, Any]]:
    return [document_row(document, user=user) for document in documents]


def document_row(document: Document, *, user: User) -> dict[str, Any]:
    """A document; its name, hash and link only for its owner and organisers."""
    shown = document.is_seen_by(user)
    opens = shown and document.status != Document.Status.PURGED
    return {
        "id": document.pk,
        "kind": document.kind,
        "member": document.member_id,
        "status": document.status,
        "uploaded_at": document.uploaded_at,
        "file_name": document.file_name if shown else None,
        "size": document.size if shown else None,
        "sha256": document.sha256 if shown else None,
        "reason": (document.reason or None) if shown else None,
        "href": f"/api/v1/documents/{document.pk}/file" if opens else None,
    }
