"""Real rows around one team, and the people who ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from string import Formatter
from typing import Any
from uuid import uuid4

from accounts import tokens
from accounts.models import MailToken, Session, User
from accounts.workflow import open_session
from accounts.workflow.mail_tokens import issue
from competition_site.clock import now
from registrations import workflow as registrations
from registrations.models import Competition, Document, Invitation, Registration
from submissions import workflow as submissions
from submissions.models import (
    Assignment,
    Criterion,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from tests.api import Api
from tests.factories import (
    add_member,
    invitation_token,
    mailed_token,
    make_admin,
    make_approved,
    make_competition,
    make_document,
    make_judge,
    make_registration,
    make_staff,
    make_stage,
    make_submission,
    make_user,
    stored_file,
)

ACTORS = (
    "anonymous",
    "expired",
    "deactivated",
    "stranger",
    "owner",
    "mate",
    "staff",
    "admin",
    "judge_assigned",
    "judge_unassigned",
)
"""``expired`` and ``deactivated`` hold tokens of an admin, who might do anything."""


class World:
    """A team of ``owner`` (its leader) and ``mate``; each row is made when first named.

    ``stranger`` leads another team of the same competition. Both judges are appointed
    for it; what the team hands in, as ``assignment``, is one judge's only.
    """

    def __init__(self) -> None:
        self._clients: dict[str, Api] = {}

    owner = cached_property(lambda self: make_user())
    mate = cached_property(lambda self: make_user())
    stranger = cached_property(lambda self: make_user())
    staff = cached_property(lambda self: make_staff())
    admin = cached_property(lambda self: make_admin())
    judge_assigned = cached_property(lambda self: make_judge(self.competition))
    judge_unassigned = cached_property(lambda self: make_judge(self.competition))
    candidate = cached_property(lambda self: make_user())

    def client(self, actor: str) -> Api:
        """The API as ``actor`` speaks to it."""
        if actor not in self._clients:
            special = {
                "anonymous": Api,
                "expired": expired_client,
                "deactivated": deactivated_client,
            }
            make = special.get(actor) or (lambda: Api(getattr(self, actor)))
            self._clients[actor] = make()
        return self._clients[actor]

    @cached_property
    def competition(self) -> Competition:
        return make_competition(waitlist_open=True)

    @cached_property
    def empty(self) -> Competition:
        """A competition on which nothing hangs."""
        return make_competition()

    @cached_property
    def draft(self) -> Registration:
        return self._team()

    @cached_property
    def submitted(self) -> Registration:
        team = self._team()
        return registrations.submit(team, by=self.owner, at=now())

    @cached_property
    def approved(self) -> Registration:
        return make_approved(self._team())

    @cached_property
    def paid(self) -> Registration:
        """A team of another competition, which has sent the proof of its payment."""
        team = make_registration(make_competition(fee=150_000), submit_now=True)
        make_document(team, kind=Document.Kind.PAYMENT_PROOF)
        team.refresh_from_db()
        return team

    @cached_property
    def holder(self) -> Registration:
        """A team that has the only place of another competition."""
        competition = make_competition(capacity=1, waitlist_open=True)
        return make_registration(competition, submit_now=True)

    @cached_property
    def waiting(self) -> Registration:
        """A team of owner and mate that waits for that place."""
        team = make_registration(self.holder.competition, leader=self.owner)
        add_member(team, self.mate)
        return registrations.submit(team, by=self.owner, at=now())

    @cached_property
    def promoted(self) -> Registration:
        """The same, once it is offered the place."""
        team = self.waiting
        registrations.withdraw(self.holder, by=self.holder.leader, at=now())
        team.refresh_from_db()
        return team

    def _team(self) -> Registration:
        make_registration(self.competition, leader=self.stranger)
        team = make_registration(self.competition, leader=self.owner)
        add_member(team, self.mate)
        return team

    @cached_property
    def document(self) -> Document:
        return make_document(self.draft)

    @cached_property
    def stage(self) -> Stage:
        return make_stage(self.competition)

    @cached_property
    def empty_stage(self) -> Stage:
        """A stage on which nothing hangs."""
        return make_stage(self.competition)

    @cached_property
    def submission(self) -> Submission:
        return make_submission(self.stage, self.approved)

    @cached_property
    def file(self) -> SubmissionFile:
        return submissions.add_file(
            self.submission, file=stored_file(), by=self.owner, at=now()
        )

    @cached_property
    def ready(self) -> Submission:
        """A submission that has its file."""
        return self.file.submission

    @cached_property
    def version(self) -> SubmissionVersion:
        return submissions.hand_in(self.ready, by=self.owner, at=now())

    @cached_property
    def receipt(self) -> str:
        return str(self.version.code)

    @cached_property
    def handed_in(self) -> Submission:
        return Submission.objects.get(pk=self.version.submission_id)

    @cached_property
    def assignment(self) -> Assignment:
        return submissions.assign(
            self.stage, self.handed_in, self.judge_assigned, by=self.staff
        )

    @cached_property
    def assigned(self) -> Submission:
        """The team's work, which one of the judges is to mark."""
        return Submission.objects.get(pk=self.assignment.submission_id)

    @cached_property
    def assigned_file(self) -> SubmissionFile:
        return self.assigned.files.get()

    @cached_property
    def criterion(self) -> Criterion:
        return submissions.add_criterion(
            self.stage, by=self.staff, name="Quality", max_score=10, weight=1
        )

    @cached_property
    def review(self) -> Review:
        return self.save_review(final=False)

    @cached_property
    def reviewed(self) -> Assignment:
        return self.review.assignment

    @cached_property
    def judged(self) -> Stage:
        """The stage, once all marks are given."""
        return self.save_review(final=True).stage

    @cached_property
    def ended(self) -> Stage:
        """The stage, judged and over."""
        ended = {"closes_at": now()}
        return submissions.change_stage(self.judged, by=self.staff, **ended)

    @cached_property
    def snapshot(self) -> ResultSnapshot:
        return submissions.compute(self.ended, by=self.staff, at=now())

    @cached_property
    def announced(self) -> Competition:
        """The competition, once its result is public."""
        submissions.release(self.snapshot, by=self.admin, at=now())
        return self.competition

    def save_review(self, *, marks: float = 8, **fields: Any) -> Review:
        return submissions.save_review(
            self.assignment,
            by=self.judge_assigned,
            at=now(),
            scores={str(self.criterion.pk): marks},
            **fields,
        )

    @cached_property
    def session(self) -> Session:
        """A log-in of the owner, on a device of theirs."""
        return open_session(self.owner, at=now(), device="tests", address="127.0.0.1")

    @cached_property
    def reset_token(self) -> str:
        purpose = MailToken.Purpose.RESET_PASSWORD
        return issue(self.owner, purpose, at=now())

    @cached_property
    def refresh_token(self) -> str:
        at = now()
        session = open_session(self.owner, at=at, device="", address="")
        return str(tokens.pair(session, at=at)["refresh"])

    @cached_property
    def verification_token(self) -> str:
        email = fresh_address()
        Api().post(
            "/auth/register",
            {"email": email, "password": "kuda poni 99", "full_name": "Fresh"},
        )
        return mailed_token(email)

    @cached_property
    def invitation(self) -> str:
        """The token of an invitation to an address that none of the actors has."""
        return invitation_token(self.draft, "guest@mail.example")

    @cached_property
    def sent(self) -> Invitation:
        """An open invitation of the team to the stranger, who leads another team."""
        return registrations.invite(
            self.draft, email=self.stranger.email, by=self.owner, at=now()
        )

    @cached_property
    def offered(self) -> Invitation:
        """An open invitation to the mate, of a team in another competition."""
        team = make_registration()
        return registrations.invite(
            team, email=self.mate.email, by=team.leader, at=now()
        )

    def path(self, template: str, **given: str) -> str:
        """``/registrations/{draft}`` with the row's id, or with what is given for it.

        The rows are made from the last to the first: those of before are then as the
        later ones need them.
        """
        names = names_in(template)
        keys = {name: given.get(name) or self.key(name) for name in reversed(names)}
        return template.format(**keys)

    def key(self, name: str) -> str:
        row: Any = getattr(self, name)
        if isinstance(row, str):
            return row
        if isinstance(row, ResultSnapshot):
            return str(row.number)
        return str(row.slug if isinstance(row, Competition) else row.pk)


Body = Callable[[World], Any]


def names_in(template: str) -> list[str]:
    """The names of the rows in a path."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def fresh_address() -> str:
    """An address that nobody has yet."""
    return f"{uuid4().hex}@mail.example"


def expired_client() -> Api:
    """An admin's token that ran out a minute ago, of a session that still lives."""
    at = now() - tokens.AccessToken.lifetime - timedelta(minutes=1)
    session = open_session(make_admin(), at=at, device="", address="")
    client = Api()
    client.token = str(tokens.pair(session, at=at)["access"])
    return client


def deactivated_client() -> Api:
    """An admin's token that was good until the account was closed."""
    person = make_admin()
    client = Api(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    return client
