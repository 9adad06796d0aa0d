"""A competition in plain Python: what teams, seats and the waiting list should do.

Written from docs/api.md and the domain's rules, not from the workflow: no query, no
transaction, one thing after the other. Hours are whole numbers. Every verb returns
None, or the code with which it refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

REGISTRATION_CLOSES, STARTS, ENDS = 90, 107, 160
OFFER_HOURS, PAYMENT_HOURS = 10, 20

ACTIVE = frozenset(
    {"draft", "submitted", "changes_requested", "waitlisted", "offered", "approved"}
)
HOLDING = ACTIVE | {"rejected", "disqualified"}
PAYABLE = frozenset({"submitted", "changes_requested", "approved"})
TIMED = frozenset({"submitted", "approved"})


@dataclass
class Team:
    """``number`` is the order in which the teams were made."""

    number: int
    leader: str
    members: list[str]
    institution: str | None = None
    status: str = "draft"
    seat: bool = False
    waiting_since: int | None = None
    offer_again: int | None = None
    offer_ends: int | None = None
    payment: str = "not_required"
    payment_due: int | None = None


@dataclass
class Event:
    """One competition with its teams; ``now`` is the hour."""

    institutions: dict[str, str]
    capacity: int
    quota: int | None
    policy: str
    fee: int
    waitlist: bool
    smallest: int
    largest: int
    now: int = 0
    teams: list[Team] = field(default_factory=list)

    # what is so

    @property
    def seats_taken(self) -> int:
        return sum(team.seat for team in self.teams)

    @property
    def waiting(self) -> list[Team]:
        teams = [team for team in self.teams if team.status == "waitlisted"]
        return sorted(teams, key=lambda t: (t.waiting_since, t.number))

    def seats_of(self, institution: str) -> int:
        return sum(t.seat for t in self.teams if t.institution == institution)

    def is_free(self, person: str) -> bool:
        return not any(
            person in team.members and team.status in HOLDING for team in self.teams
        )

    def _list_is_open(self) -> bool:
        return self.waitlist and self.now < STARTS

    def _is_complete(self, team: Team) -> bool:
        return self.smallest <= len(team.members) <= self.largest

    def _refusal(self, team: Team) -> str | None:
        if self.seats_taken >= self.capacity:
            return "competition_full"
        if self.quota is not None and self.seats_of(team.institution) >= self.quota:
            return "institution_quota_full"
        return None

    def _has_place(self, team: Team) -> bool:
        if self._list_is_open():
            return self._refusal(team) is None and not self.waiting
        return self._refusal(team) is None

    # what teams do

    def enter(self, person: str) -> str | None:
        if self.now >= REGISTRATION_CLOSES:
            return "registration_not_open"
        if not self.is_free(person):
            return "already_registered"
        self.teams.append(Team(len(self.teams), person, [person]))
        return None

    def join(self, team: Team, person: str) -> str | None:
        if team.status not in ACTIVE:
            return "invalid_transition"
        if self.now >= REGISTRATION_CLOSES:
            return "roster_locked"
        if len(team.members) >= self.largest:
            return "team_full"
        if not self.is_free(person):
            return "already_registered"
        team.members.append(person)
        return None

    def leave(self, team: Team, person: str) -> str | None:
        if team.status not in ACTIVE:
            return "invalid_transition"
        if self.now >= REGISTRATION_CLOSES:
            return "roster_locked"
        if person == team.leader:
            return "invalid_transition"
        team.members.remove(person)
        return None

    def hand_over(self, team: Team, person: str) -> str | None:
        if team.status not in ACTIVE | {"rejected"}:
            return "invalid_transition"
        if person == team.leader:
            return "validation_error"
        team.leader = person
        if not team.seat:
            team.institution = self.institutions[person]
        return None

    def submit(self, team: Team) -> str | None:
        if team.status not in {"draft", "changes_requested"}:
            return "invalid_transition"
        first = team.status == "draft"
        if first and self.now >= REGISTRATION_CLOSES:
            return "registration_not_open"
        if not self._is_complete(team):
            return "team_too_small"
        if first:
            return self._submit_draft(team)
        team.status = "submitted"
        self._renew(team)
        return None

    def _submit_draft(self, team: Team) -> str | None:
        team.institution = self.institutions[team.leader]
        if self.policy == "on_approval":
            team.status = "submitted"
        elif self._has_place(team):
            team.status = "submitted"
            team.seat = self.policy == "on_submit" or not self.fee
            self._open_payment(team)
        elif self._list_is_open():
            self._wait(team)
            self.promote(most=1)
        else:
            return self._refusal(team)
        return None

    def withdraw(self, team: Team) -> str | None:
        if team.status not in ACTIVE or self.now >= ENDS:
            return "invalid_transition"
        self._end(team, "withdrawn")
        return None

    def accept(self, team: Team) -> str | None:
        if team.status != "offered":
            return "invalid_transition"
        if self.now >= team.offer_ends:
            return "offer_expired"
        if not self._is_complete(team):
            return "team_too_small"
        team.status, team.offer_ends = "submitted", None
        if self.policy != "on_approval":
            self._open_payment(team)
        return None

    def decline(self, team: Team) -> str | None:
        if team.status != "offered":
            return "invalid_transition"
        if self.now >= team.offer_ends:
            return "offer_expired"
        team.status, team.offer_ends, team.seat = "waitlisted", None, False
        team.offer_again = self.now + OFFER_HOURS
        self.promote(most=1)
        return None

    def prove(self, team: Team) -> str | None:
        if team.status not in PAYABLE or team.payment != "awaiting":
            return "invalid_transition"
        if team.status in TIMED and self.now >= team.payment_due:
            return "payment_expired"
        if self.policy == "on_proof" and not team.seat:
            refused = self._refusal(team)
            if not self._has_place(team):
                if not self._list_is_open() or team.status != "submitted":
                    return refused or "competition_full"
                team.payment = "proof_submitted"
                self._wait(team)
                self.promote(most=1)
                return None
            team.seat = True
        team.payment = "proof_submitted"
        return None

    # what staff do

    def approve(self, team: Team) -> str | None:
        if team.status != "submitted":
            return "invalid_transition"
        if not self._is_complete(team):
            return "team_too_small"
        if not team.seat and (code := self._refusal(team)):
            return code
        if team.payment == "not_required":
            self._open_payment(team)
        team.status, team.seat = "approved", True
        return None

    def reject(self, team: Team) -> str | None:
        if team.status != "submitted":
            return "invalid_transition"
        team.status = "rejected"
        self._pass_on(team)
        return None

    def send_to_waitlist(self, team: Team) -> str | None:
        if team.status != "submitted" or not self._list_is_open():
            return "invalid_transition"
        self._wait(team)
        team.offer_again = self.now + OFFER_HOURS
        self._pass_on(team)
        return None

    def request_changes(self, team: Team) -> str | None:
        if team.status != "submitted":
            return "invalid_transition"
        team.status = "changes_requested"
        return None

    def reopen(self, team: Team) -> str | None:
        if team.status not in {"approved", "rejected"}:
            return "invalid_transition"
        if team.status == "rejected":
            unproved = self.policy == "on_proof" and team.payment == "awaiting"
            if self.policy != "on_approval" and not unproved:
                if code := self._refusal(team):
                    return code
                team.seat = True
            self._renew(team)
        team.status = "submitted"
        return None

    def disqualify(self, team: Team) -> str | None:
        if team.status not in ACTIVE:
            return "invalid_transition"
        self._end(team, "disqualified")
        return None

    def verify(self, team: Team) -> str | None:
        if team.payment != "proof_submitted":
            return "invalid_transition"
        team.payment = "verified"
        return None

    def refuse(self, team: Team) -> str | None:
        alive = team.status in ACTIVE | {"rejected"}
        if team.payment != "proof_submitted" or not alive:
            return "invalid_transition"
        team.payment = "awaiting"
        self._renew(team)
        return None

    def waive(self, team: Team) -> str | None:
        alive = team.status in ACTIVE | {"rejected"}
        if team.payment not in {"awaiting", "proof_submitted"} or not alive:
            return "invalid_transition"
        seatless = self.policy == "on_proof" and not team.seat
        if seatless and team.status in PAYABLE:
            if code := self._refusal(team):
                return code
            team.seat = True
        team.payment = "waived"
        return None

    def enlarge(self) -> None:
        """One place more; who waits for it is asked at the next tick."""
        self.capacity += 1

    # what the clock does

    def tick(self) -> None:
        """Expire what is over, then offer what is free."""
        for is_over in (self._is_stale, self._has_run_out, self._is_unpaid):
            for team in self.teams:
                if is_over(team):
                    self._end(team, "expired")
        self.promote(most=10)

    def _is_stale(self, team: Team) -> bool:
        return team.status == "draft" and self.now >= REGISTRATION_CLOSES

    def _has_run_out(self, team: Team) -> bool:
        return team.status == "offered" and self.now >= team.offer_ends

    def _is_unpaid(self, team: Team) -> bool:
        awaiting = team.payment == "awaiting" and team.status in TIMED
        return awaiting and self.now >= team.payment_due

    def promote(self, *, most: int) -> None:
        for _offer in range(most):
            team = self._next()
            if team is None:
                return
            team.status, team.seat, team.offer_again = "offered", True, None
            team.offer_ends = min(self.now + OFFER_HOURS, STARTS)

    def _next(self) -> Team | None:
        if not self._list_is_open():
            return None
        for team in self.waiting:
            rested = team.offer_again is None or team.offer_again <= self.now
            if rested and self._is_complete(team) and not self._refusal(team):
                return team
        return None

    # the steps of which verbs are made

    def _wait(self, team: Team) -> None:
        team.status, team.waiting_since, team.offer_again = "waitlisted", self.now, None

    def _pass_on(self, team: Team) -> None:
        if team.seat:
            team.seat = False
            self.promote(most=1)

    def _end(self, team: Team, status: str) -> None:
        team.status, team.offer_ends = status, None
        if team.payment == "awaiting":
            team.payment = "expired"
        self._pass_on(team)

    def _open_payment(self, team: Team) -> None:
        if team.payment != "not_required":
            self._renew(team)
        elif self.fee:
            team.payment = "awaiting"
            team.payment_due = self.now + PAYMENT_HOURS

    def _renew(self, team: Team) -> None:
        if team.payment == "awaiting":
            due = self.now + PAYMENT_HOURS
            team.payment_due = max(due, team.payment_due or due)
