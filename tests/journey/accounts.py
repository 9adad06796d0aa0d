"""The journey's accounts: from registering to the log-out that ends every token."""

from __future__ import annotations

from typing import Any

import jwt

from tests.journey import shapes
from tests.journey.client import Person
from tests.journey.mailbox import Mailbox

PASSWORD = "kuda poni 99"
PROFILE = {
    "phone": "+62 811 2345 678",
    "student_number": "24/123456",
    "study_program": "Informatics",
    "entry_year": 2024,
}


class Student(Person):
    """A person with an account, and the tokens of their newest log-in."""

    def __init__(self, url: str, email: str, full_name: str) -> None:
        super().__init__(url)
        self.email = email
        self.full_name = full_name
        self.id = ""
        self.refresh = ""

    def registers(self, **profile: Any) -> None:
        body = {
            "email": self.email,
            "password": PASSWORD,
            "full_name": self.full_name,
            **profile,
        }
        self.access = None
        answer = self.post("/auth/register", body, status=201, shape=shapes.SIGNED_IN)
        user = answer.data["user"]
        assert (user["email"], user["role"]) == (self.email, "participant")
        assert user["email_verified"] is False
        self._keep(answer.data)

    def logs_in(self, password: str = PASSWORD) -> None:
        self.access = None
        body = {"email": self.email.upper(), "password": password}
        answer = self.post("/auth/login", body, shape=shapes.SIGNED_IN)
        assert answer.data["access_expires_in"] == 86_400
        self._keep(answer.data)

    def _keep(self, signed_in: dict[str, Any]) -> None:
        self.access, self.refresh = signed_in["access"], signed_in["refresh"]
        self.id = signed_in["user"]["id"]

    def verifies(self, mailbox: Mailbox) -> str:
        """Open the link of the mail; returns its token."""
        token = mailbox.token_for(self.email)
        answer = self.post("/auth/email/verify", {"token": token})
        assert answer.data is None
        assert self.get("/me").data["email_verified"] is True
        return token


def joins(
    url: str, mailbox: Mailbox, email: str, full_name: str, **profile: Any
) -> Student:
    """Somebody registers with a whole profile and confirms their address."""
    student = Student(url, email, full_name)
    student.registers(**PROFILE | profile)
    student.verifies(mailbox)
    return student


def opens_an_account(url: str, mailbox: Mailbox) -> Student:
    """Register, be refused as a duplicate, confirm the address, log in."""
    sari = Student(url, "sari@kampus.example", "Sari Wulandari")
    sari.registers()
    again = {"email": " SARI@kampus.example", "password": "x", "full_name": "S"}
    anyone = Person(url)
    anyone.refused("POST", "/auth/register", again, status=400, code="validation_error")
    again["password"] = PASSWORD
    anyone.refused("POST", "/auth/register", again, status=409, code="email_taken")
    wrong = {"email": sari.email, "password": "not this one"}
    anyone.refused("POST", "/auth/login", wrong, status=401, code="invalid_credentials")
    in_indonesian = anyone.post(
        "/auth/register",
        again,
        status=409,
        code="email_taken",
        Accept_Language="id",
    )
    assert in_indonesian.message == "Alamat email ini sudah terdaftar."

    used = sari.verifies(mailbox)
    anyone.refused(
        "POST", "/auth/email/verify", {"token": used}, status=400, code="link_invalid"
    )
    sari.logs_in()
    return sari


def stays_logged_in(sari: Student) -> None:
    """Refresh; the old token gets the same successor for the next seconds."""
    first = sari.refresh
    anyone = Person(sari.url)
    pair = anyone.post("/auth/refresh", {"refresh": first}, shape=shapes.PAIR).data
    repeated = anyone.post("/auth/refresh", {"refresh": first}, shape=shapes.PAIR).data
    assert claims(pair["refresh"])["jti"] == claims(repeated["refresh"])["jti"]
    assert claims(pair["refresh"])["jti"] != claims(first)["jti"]
    assert claims(pair["access"]).keys() == {
        "id", "role", "sid", "ver", "jti", "iat", "exp", "token_type"
    }  # fmt: skip
    as_bearer = Person(sari.url, access=pair["refresh"])
    as_bearer.refused("GET", "/me", status=401, code="token_invalid")
    sari.access, sari.refresh = pair["access"], pair["refresh"]


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def completes_the_profile(sari: Student, institution: str) -> None:
    """Find the institution, then change the profile on the version that was read."""
    found = sari.get(
        "/institutions?search=universitas%20gad", shape=shapes.page(shapes.INSTITUTION)
    )
    [gadjah_mada] = found.data["results"]
    assert gadjah_mada["id"] == institution
    me = sari.get("/me", shape=shapes.ME)
    assert me.data["profile_complete"] is False
    assert set(me.data["missing_fields"]) == {*PROFILE, "institution"}

    changes = {**PROFILE, "institution": institution}
    read = me.headers["ETag"]
    assert read == f'"{me.data["version"]}"'
    saved = sari.patch("/me", changes, If_Match=read, shape=shapes.ME)
    assert saved.data["profile_complete"] is True
    assert saved.data["institution"] == {"id": institution, "name": gadjah_mada["name"]}
    assert saved.headers["ETag"] == f'"{me.data["version"] + 1}"'
    sari.patch(
        "/me", {"phone": "0811"}, If_Match=read, status=412, code="stale_version"
    )
    sari.refused("PATCH", "/me", {"role": "admin"}, status=400, code="validation_error")
    assert sari.get("/me").data["phone"] == PROFILE["phone"]


def logs_out(sari: Student) -> None:
    """The old access and refresh tokens are worth nothing at once."""
    assert sari.post("/auth/logout", {"refresh": sari.refresh}).data is None
    sari.refused("GET", "/me", status=401, code="token_revoked")
    sari.refused("POST", "/registrations", {}, status=401, code="token_revoked")
    anyone = Person(sari.url)
    body = {"refresh": sari.refresh}
    anyone.refused("POST", "/auth/refresh", body, status=401, code="token_revoked")
    anyone.refused("GET", "/me", status=401, code="not_authenticated")
