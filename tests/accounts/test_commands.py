"""The commands of accounts: what they do, say and refuse."""

from __future__ import annotations

import io
import json
import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import environ
import pytest
from django.core.management import CommandError, call_command, get_commands
from django.core.management import load_command_class as load

from accounts import tokens, workflow
from accounts.audit import record
from accounts.models import AuditEvent, MailToken, Session, StaffTotp, User
from competition_site.api.models import IdempotencyKey
from competition_site.clock import now
from tests.api import Api
from tests.factories import make_admin, make_staff, make_user

pytestmark = pytest.mark.django_db

COMMANDS = sorted(n for n, app in get_commands().items() if app == "accounts")


def run(name: str, *arguments: str) -> str:
    """What the command says on stdout."""
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(name: str, *arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        run(name, *arguments)
    assert error.value.returncode == 1
    return str(error.value)


def events(user: User) -> list[tuple[str, Any]]:
    rows = AuditEvent.objects.filter(object_id=user.pk).order_by("id")
    return [(e.action, e.actor_id) for e in rows]


def test_all_are_here_and_their_help_has_an_example() -> None:
    assert COMMANDS == [
        "audit",
        "create_user",
        "deactivate_user",
        "enroll_totp",
        "prune_sessions",
        "revoke_sessions",
        "rotate_jwt_key",
        "set_role",
    ]
    for name in COMMANDS:
        assert f"Example: manage.py {name} " in load("accounts", name).help


@pytest.mark.parametrize(
    "command",
    [
        ["set_role", "nobody@mail.example", "staff"],
        ["deactivate_user", "nobody@mail.example"],
        ["revoke_sessions", "nobody@mail.example"],
        ["enroll_totp", "nobody@mail.example"],
        ["audit", "--actor", "nobody@mail.example"],
        ["audit", "--object", "nobody@mail.example"],
    ],
)
def test_an_unknown_address_is_an_error(command: list[str]) -> None:
    assert refused(*command) == "nobody@mail.example has no account."


def test_an_address_is_found_however_it_is_written(student: User) -> None:
    assert "is staff now" in run("set_role", f" {student.email.upper()} ", "staff")


# --- create_user --------------------------------------------------------------------
CREATE = ("create_user", "--email", "Sari@UI.example", "--name", "Sari Dewi")


def test_create_user_makes_a_password_and_prints_it_once() -> None:
    said = run(*CREATE, "--role", "staff")
    user = User.objects.get(email="sari@ui.example")
    password = re.search(r"shown only now: (\S+)", said)
    assert password
    assert user.check_password(password[1])
    assert len(password[1]) >= 20
    assert (user.role, user.full_name, user.is_active) == ("staff", "Sari Dewi", True)
    assert not user.email_verified
    assert events(user) == [("account.created", None)]
    assert password[1] not in str(AuditEvent.objects.get().changes)


def test_create_user_again_changes_nothing() -> None:
    run(*CREATE, "--role", "staff")
    before = User.objects.values().get()
    assert run(*CREATE, "--role", "staff") == (
        "sari@ui.example is there already, staff; nothing is changed.\n"
    )
    assert "is there already, staff: see set_role" in refused(*CREATE)
    assert "see set_role" in refused(*CREATE, "--role", "admin")
    assert User.objects.values().get() == before


def test_create_user_reads_the_password_from_stdin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("kuda laut 1234\r\nsecond line\n"))
    said = run(*CREATE, "--password-stdin")
    assert said == "sari@ui.example is created, participant.\n"
    assert User.objects.get().check_password("kuda laut 1234")


@pytest.mark.parametrize("password", ["short", "", "12345678901", "password"])
def test_create_user_refuses_a_poor_password(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    said = refused(*CREATE, "--password-stdin")
    assert said.startswith("password: ")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("email", ("--email", "no address", "--name", "Sari")),
        ("email", ("--email", "", "--name", "Sari")),
        ("full_name", ("--email", "sari@ui.example", "--name", "")),
        ("full_name", ("--email", "sari@ui.example", "--name", "x" * 151)),
    ],
)
def test_create_user_checks_as_registering_does(
    field: str, arguments: tuple[str, ...]
) -> None:
    assert refused("create_user", *arguments).startswith(f"{field}: ")
    assert not User.objects.exists()


def test_create_user_knows_only_the_four_roles() -> None:
    assert "invalid choice" in refused(*CREATE, "--role", "king")


# --- set_role, deactivate_user ------------------------------------------------------
def test_set_role_says_what_changed_and_ends_tokens(student: User) -> None:
    api = Api(student)
    said = run("set_role", student.email, "judge")
    assert said == f"{student.email} was participant and is judge now.\n"
    assert api.get("/me").status_code == 401
    again = run("set_role", student.email, "judge")
    assert again == f"{student.email} is judge already; nothing is changed.\n"
    assert events(student) == [("account.role_changed", None)]


def test_the_last_admin_is_refused_by_its_code(admin: User) -> None:
    assert refused("set_role", admin.email, "staff").endswith("(last_admin)")
    assert refused("deactivate_user", admin.email).endswith("(last_admin)")


def test_deactivate_user_closes_and_reopens(student: User) -> None:
    api = Api(student)
    assert run("deactivate_user", student.email) == f"{student.email} is closed now.\n"
    assert api.get("/me").status_code == 401
    assert "is closed already" in run("deactivate_user", student.email)
    assert "is open now" in run("deactivate_user", student.email, "--reopen")
    assert "is open already" in run("deactivate_user", student.email, "--reopen")
    assert [action for action, _by in events(student)] == [
        "account.deactivated",
        "account.reopened",
    ]


# --- revoke_sessions, prune_sessions ------------------------------------------------
def test_revoke_sessions_ends_those_of_one_person(student: User) -> None:
    apis, stranger = [Api(student), Api(student)], Api(make_user())
    dry = run("revoke_sessions", student.email, "--dry-run")
    assert dry == "2 sessions of 1 people would be ended.\n"
    assert {api.get("/me").status_code for api in apis} == {200}
    done = run("revoke_sessions", student.email)
    assert done == "2 sessions of 1 people ended.\n"
    assert {api.get("/me").status_code for api in apis} == {401}
    assert stranger.get("/me").status_code == 200
    assert run("revoke_sessions", student.email).startswith("0 sessions")


def test_revoke_sessions_of_all(student: User, staff: User) -> None:
    apis = [Api(student), Api(staff)]
    make_admin()  # may be in the admin
    dry = run("revoke_sessions", "--all", "--dry-run")
    assert dry == "2 sessions of 3 people would be ended.\n"
    assert {api.get("/me").status_code for api in apis} == {200}
    assert run("revoke_sessions", "--all") == "2 sessions of 3 people ended.\n"
    assert {api.get("/me").status_code for api in apis} == {401}


def test_revoke_sessions_wants_one_address_or_all(student: User) -> None:
    assert "--all" in refused("revoke_sessions")
    assert "--all" in refused("revoke_sessions", student.email, "--all")


def test_prune_sessions_counts_and_then_deletes(student: User) -> None:
    at = now() - timedelta(days=10)
    Session.objects.create(user=student, refresh_jti="x", expires_at=at)
    IdempotencyKey.objects.create(digest="x", lease_until=at, expires_at=at)
    MailToken.objects.create(
        user=student, purpose="verify_email", email="a@b.example", expires_at=at
    )
    live = Api(student)
    counts = "1 sessions, 1 mail tokens, 1 idempotency keys"
    dry = run("prune_sessions", "--dry-run")
    assert dry == f"{counts} would be deleted.\n"
    nothing = "0 sessions, 0 mail tokens, 0 idempotency keys deleted.\n"
    assert run("prune_sessions", "--before", "11") == nothing
    assert run("prune_sessions") == f"{counts} deleted.\n"
    assert run("prune_sessions") == nothing
    assert live.get("/me").status_code == 200
    for days in ("-1", "100000000"):
        assert "--before" in refused("prune_sessions", f"--before={days}")


# --- enroll_totp --------------------------------------------------------------------
def test_enroll_totp_prints_the_secret_once(staff: User) -> None:
    said = run("enroll_totp", staff.email)
    secret = StaffTotp.objects.get(user=staff).secret
    uri = said.splitlines()[1]
    assert secret in said.splitlines()[0]
    assert uri.startswith("otpauth://totp/")
    assert f"secret={secret}" in uri
    again = run("enroll_totp", staff.email)
    assert secret not in again
    assert "--remove" in again
    assert StaffTotp.objects.get(user=staff).secret == secret


def test_enroll_totp_removes_it_again(staff: User) -> None:
    first = run("enroll_totp", staff.email)
    assert "is removed" in run("enroll_totp", staff.email, "--remove")
    assert "was not there" in run("enroll_totp", staff.email, "--remove")
    assert run("enroll_totp", staff.email) != first


def test_enroll_totp_is_for_organisers(student: User) -> None:
    assert refused("enroll_totp", student.email).endswith("(not_eligible)")


# --- audit --------------------------------------------------------------------------
def test_audit_shows_the_newest_first_and_filters(admin: User, student: User) -> None:
    workflow.set_role(student, "judge", by=admin)
    workflow.set_active(student, False, by=None, at=now())
    lines = run("audit").splitlines()
    assert len(lines) == 2
    assert f"system  account.deactivated  user  {student.pk}" in lines[0]
    assert lines[1].endswith(f"account.role_changed  user  {student.pk}  role=judge")
    assert admin.full_name in lines[1]
    assert run("audit", "--limit", "1").splitlines() == lines[:1]
    assert run("audit", "--actor", admin.email).splitlines() == lines[1:]
    assert run("audit", "--action", "account.role").splitlines() == lines[1:]
    assert run("audit", "--action", "role") == ""
    assert run("audit", "--object", str(student.pk)).splitlines() == lines
    assert run("audit", "--object", student.email).splitlines() == lines
    assert run("audit", "--object", str(uuid4())) == ""


def test_audit_since(student: User) -> None:
    run("set_role", student.email, "judge")
    for recent in ("1h", "7d", str(now().date() - timedelta(days=2)), "2020-01-01"):
        assert len(run("audit", "--since", recent).splitlines()) == 1
    moment = (now() + timedelta(minutes=1)).isoformat()
    assert run("audit", "--since", moment) == ""
    for bad in ("yesterday", "0d", "2026-13-01", "1960-01-01", "99999999999d"):
        assert "--since" in refused("audit", "--since", bad)


def test_audit_as_json_is_one_object_a_line(admin: User, student: User) -> None:
    workflow.set_role(student, "judge", by=admin)
    (line,) = run("audit", "--json").splitlines()
    event = json.loads(line)
    assert event["actor"] == str(admin.pk)
    assert event["object_id"] == str(student.pk)
    assert event["changes"] == {"role": "judge"}
    assert event["at"].endswith("Z")


def test_audit_lines_cannot_be_forged_by_what_people_wrote(student: User) -> None:
    staff = make_staff(full_name="Sari\n2026 admin did it \x1b[2J\u202e")
    record(staff, "account.odd", student, note="a\r\nb\x07")
    said = run("audit")
    assert len(said.splitlines()) == 1
    assert said.strip().isprintable()
    (line,) = run("audit", "--json").splitlines()
    assert json.loads(line)["actor_name"] == staff.full_name


def test_audit_wants_a_positive_limit() -> None:
    assert "--limit" in refused("audit", "--limit", "0")


# --- rotate_jwt_key -----------------------------------------------------------------
OLD = "old-signing-key-" + "0" * 32
ENV = f"""# A comment with JWT_SIGNING_KEY=in it
SECRET_KEY=stays
# Signs tokens
JWT_SIGNING_KEY={OLD}
NAME="with spaces" # and more
# The one before
# JWT_PREVIOUS_SIGNING_KEY=

LAST=1"""


@pytest.fixture
def env_file(tmp_path: Path, settings: Any) -> Iterator[Path]:
    path = tmp_path / ".env"
    path.write_text(ENV)
    path.chmod(0o644)
    settings.ENV_FILE = path
    settings.JWT_SIGNING_KEY = OLD
    yield path
    assert [p.name for p in tmp_path.iterdir()] in ([".env"], [])


def read_as_settings_do(path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    names = ("JWT_SIGNING_KEY", "JWT_PREVIOUS_SIGNING_KEY", "SECRET_KEY", "LAST")
    with monkeypatch.context() as patched:
        for name in names:
            patched.delenv(name, raising=False)
            patched.setenv(name, "to be put back")
            patched.delenv(name)
        environ.Env.read_env(path)
        return {name: environ.Env().str(name, "") for name in names}


def test_rotate_jwt_key_prints_the_two_lines(env_file: Path) -> None:
    said = dict(line.split("=", 1) for line in run("rotate_jwt_key").splitlines())
    assert said["JWT_PREVIOUS_SIGNING_KEY"] == OLD
    assert len(said["JWT_SIGNING_KEY"]) == 64
    assert env_file.read_text() == ENV
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o644


def test_rotate_jwt_key_writes_two_lines_and_keeps_the_rest(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run("rotate_jwt_key", "--write")
    text = env_file.read_text()
    values = read_as_settings_do(env_file, monkeypatch)
    new = values["JWT_SIGNING_KEY"]
    assert new not in said
    assert OLD not in said
    assert len(new) == 64
    assert values["JWT_PREVIOUS_SIGNING_KEY"] == OLD
    assert (values["SECRET_KEY"], values["LAST"]) == ("stays", "1")
    expected = ENV.replace(OLD, new).replace(
        "# JWT_PREVIOUS_SIGNING_KEY=", f"JWT_PREVIOUS_SIGNING_KEY={OLD}"
    )
    assert text == expected
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_tokens_of_before_are_read_until_they_run_out(
    env_file: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, student: User
) -> None:
    api = Api(student)
    run("rotate_jwt_key", "--write")
    values = read_as_settings_do(env_file, monkeypatch)
    settings.JWT_SIGNING_KEY = values["JWT_SIGNING_KEY"]
    assert api.get("/me").status_code == 401
    settings.JWT_PREVIOUS_SIGNING_KEY = values["JWT_PREVIOUS_SIGNING_KEY"]
    assert api.get("/me").status_code == 200
    assert Api(student).get("/me").status_code == 200
    tokens._backend.cache_clear()


@pytest.mark.parametrize(
    "text",
    [
        f"JWT_SIGNING_KEY={OLD}",
        f"JWT_SIGNING_KEY='{OLD}'\nA=1\n",
        f'export JWT_SIGNING_KEY="{OLD}"\nA=1\n',
        f"JWT_SIGNING_KEY={OLD}\nJWT_PREVIOUS_SIGNING_KEY=older\n",
    ],
)
def test_rotate_jwt_key_knows_every_form_of_a_line(
    env_file: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    env_file.write_text(text)
    run("rotate_jwt_key", "--write")
    values = read_as_settings_do(env_file, monkeypatch)
    assert values["JWT_PREVIOUS_SIGNING_KEY"] == OLD
    assert values["JWT_SIGNING_KEY"] not in {OLD, ""}
    assert ("A=1" in env_file.read_text()) == ("A=1" in text)


def test_rotate_jwt_key_follows_a_link(env_file: Path, settings: Any) -> None:
    link = env_file.parent.parent / "link.env"
    link.symlink_to(env_file)
    settings.ENV_FILE = link
    run("rotate_jwt_key", "--write")
    assert link.is_symlink()
    assert OLD in env_file.read_text()
    link.unlink()


def test_rotate_jwt_key_refuses_without_a_file(env_file: Path) -> None:
    env_file.unlink()
    assert "There is no .env" in refused("rotate_jwt_key", "--write")
    assert not env_file.exists()


def test_rotate_jwt_key_refuses_where_the_environment_wins(
    env_file: Path, settings: Any
) -> None:
    settings.JWT_SIGNING_KEY = "another-" + "1" * 32
    assert "not the key in force" in refused("rotate_jwt_key", "--write")
    assert env_file.read_text() == ENV
    env_file.write_text("A=1\n")  # the tests' own key comes from the environment
    assert "not the key in force" in refused("rotate_jwt_key", "--write")


def test_rotate_jwt_key_leaves_the_file_where_writing_fails(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert "stays as it was" in refused("rotate_jwt_key", "--write")
    assert env_file.read_text() == ENV


def test_rotate_jwt_key_warns_that_a_third_key_ends(
    env_file: Path, settings: Any
) -> None:
    settings.JWT_PREVIOUS_SIGNING_KEY = "older-" + "2" * 32
    told = io.StringIO()
    call_command("rotate_jwt_key", stdout=io.StringIO(), stderr=told)
    assert "end now" in told.getvalue()
    assert settings.JWT_PREVIOUS_SIGNING_KEY not in told.getvalue()
