"""The admin in a browser's place, and one row of every kind to look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts import workflow as accounts
from accounts.models import AuditEvent, Institution, MailToken, Session, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow as registrations
from registrations.models import (
    Competition,
    Document,
    Invitation,
    Membership,
    Registration,
)
from submissions import workflow as submissions
from submissions.models import (
    Assignment,
    Criterion,
    Extension,
    JudgeAppointment,
    JudgeConflict,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from tests.factories import (
    make_approved,
    make_assignment,
    make_document,
    make_institution,
    make_judged_stage,
    make_staff,
    make_submission,
    make_user,
    stored_file,
)

MODELS = (
    AuditEvent,
    Institution,
    MailToken,
    Session,
    User,
    OutboxMessage,
    Competition,
    Document,
    Invitation,
    Membership,
    Registration,
    Assignment,
    Criterion,
    Extension,
    JudgeAppointment,
    JudgeConflict,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)


class Office:
    """The admin's pages as one person sees them."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def url(self, model: Any, page: str = "changelist", *args: Any) -> str:
        options = model._meta
        name = f"admin:{options.app_label}_{options.model_name}_{page}"
        return reverse(name, args=args)

    def list(self, model: Any, **parameters: Any) -> HttpResponse:
        return self.client.get(self.url(model), parameters)

    def names(self, model: Any, **parameters: Any) -> list[str]:
        """The rows of a list as they call themselves, in its order."""
        response = self.list(model, **parameters)
        assert response.status_code == 200
        return [str(row) for row in response.context["cl"].result_list]

    def open(self, row: Any, page: str = "change") -> HttpResponse:
        return self.client.get(self.url(row, page, row.pk))

    def run(self, action: str, *rows: Any, **fields: Any) -> list[str]:
        """Run an action of the list on rows; returns the messages it leaves."""
        body = {"action": action, "_selected_action": [str(r.pk) for r in rows]}
        response = self.client.post(self.url(rows[0]), body | fields, follow=True)
        assert response.status_code == 200
        return told(response)

    def save(self, model: Any, fields: dict[str, Any], row: Any = None) -> HttpResponse:
        """Send the form of a new row, or of ``row``."""
        url = self.url(model, "add") if row is None else self.url(row, "change", row.pk)
        return self.client.post(url, fields)

    def filled(self, model: Any, row: Any = None) -> dict[str, Any]:
        """The form's fields as a browser would send them back untouched."""
        page = self.open(row) if row else self.client.get(self.url(model, "add"))
        fields = {}
        for bound in page.context["adminform"].form:
            value, name = bound.value(), bound.html_name
            widget = bound.field.widget
            if hasattr(widget, "decompress"):
                parts = widget.decompress(value)
                fields |= {f"{name}_{n}": part or "" for n, part in enumerate(parts)}
            elif value is not False and value is not None:
                fields[name] = value
        return fields


def told(response: HttpResponse) -> list[str]:
    """The messages a page shows."""
    shown = response.context["messages"] if response.context else None
    return [str(m) for m in (shown or get_messages(response.wsgi_request))]


def errors_of(page: HttpResponse) -> Any:
    """The errors of a form that was not saved, by field."""
    assert page.status_code == 200
    return page.context["adminform"].form.errors


def mark(assignment: Assignment, marks: float, *, final: bool = True) -> Assignment:
    """Give marks under the one criterion of ``make_judged_stage``."""
    criterion = Criterion.objects.get(stage=assignment.stage_id)
    submissions.save_review(
        assignment,
        by=assignment.judge,
        at=now(),
        scores={str(criterion.pk): marks},
        comment="Well done.",
        private_note="Not to be shown to the team.",
        final=final,
    )
    return assignment


@pytest.fixture
def as_office(db: None) -> type[Office]:
    return Office


@pytest.fixture
def rows(db: None) -> dict[Any, Any]:
    """One row of every model, made by the workflow."""
    newcomer = accounts.register(
        email="newcomer@mail.example", password="kuda poni 99", at=now(), full_name="N"
    )
    accounts.open_session(newcomer, at=now(), device="Firefox", address="127.0.0.1")
    stage = make_judged_stage()
    team = make_approved(competition=stage.competition)
    make_document(team)
    registrations.invite(team, email=make_user().email, by=team.leader, at=now())
    work = make_submission(stage, team)
    submissions.add_file(work, file=stored_file(), by=team.leader, at=now())
    submissions.hand_in(work, by=team.leader, at=now())
    until = stage.closes_at + timedelta(hours=1)
    submissions.extend(stage, team, until=until, reason="Ill.", by=make_staff())
    assignment = mark(make_assignment(work), 80)
    submissions.declare_conflict(
        judge=assignment.judge,
        reason="I teach there.",
        institution=make_institution(),
    )
    submissions.compute(stage, by=make_staff(), at=now())
    return {model: model.objects.order_by("-pk").first() for model in MODELS}
