"""Twenty students of Indonesian universities, and the two people of the office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db import transaction

from accounts import workflow
from accounts.models import Institution, User
from accounts.roles import Role
from competition_site.db.text import folded
from submissions.demo.mails import take_token

DOMAIN = "demo.example"
"""A reserved domain: no mail of the demo can reach anybody."""
PASSWORD = "Wedang-Ronde-77"  # noqa: S105 - meant to be known
STUDENTS = 20
ADMIN_EMAIL = f"admin@{DOMAIN}"
STAFF_EMAIL = f"panitia@{DOMAIN}"

UNIVERSITIES = (
    "Universitas Gadjah Mada",
    "Institut Teknologi Sepuluh Nopember",
    "Universitas Indonesia",
    "Institut Teknologi Bandung",
    "Universitas Diponegoro",
    "Universitas Brawijaya",
    "Universitas Airlangga",
    "Telkom University",
)
PROGRAMMES = (
    "Teknik Elektro",
    "Teknologi Informasi",
    "Ilmu Komputer",
    "Sistem Informasi",
    "Teknik Biomedis",
    "Desain Komunikasi Visual",
)
FIRST_NAMES = (
    "Aditya Agus Anindya Arif Ayu Bagas Bayu Bima Cahya Citra Dewi Dimas Dinda Eka "
    "Fadhil Farah Fitri Galih Gita Hana Hendra Ilham Indah Intan Joko Kartika Laras "
    "Lestari Maya Nadia Nanda Putri Raka Rani Reza Rizky Salsabila Sari Tegar Wulan"
)
LAST_NAMES = (
    "Anggraini Ardiansyah Firmansyah Gunawan Handayani Hapsari Hartono Hidayat Ibrahim "
    "Kurniawan Kusuma Lubis Maharani Maulana Nasution Nugroho Nurhaliza Pamungkas "
    "Permata Pradana Prakoso Pranata Prasetyo Purnama Rahmawati Ramadhan Saputra "
    "Setiawan Siregar Suryani Sutanto Wibowo Wicaksono Widodo Wijaya Yulianti"
)


@dataclass(frozen=True)
class Student:
    """A person as they would write themselves into the form."""

    full_name: str
    email: str
    phone: str
    university: str
    student_number: str
    study_program: str
    entry_year: int


def invent_students(random: Random) -> list[Student]:
    """Twenty people; no two share a first or a last name."""
    firsts = random.sample(FIRST_NAMES.split(), STUDENTS)
    lasts = random.sample(LAST_NAMES.split(), STUDENTS)
    return [_invent(random, *name) for name in zip(firsts, lasts, strict=True)]


def _invent(random: Random, first: str, last: str) -> Student:
    year = random.choice([2022, 2023, 2024, 2025])
    return Student(
        full_name=f"{first} {last}",
        email=f"{first}.{last}@{DOMAIN}".lower(),
        phone=f"+62 812 {random.randrange(1000, 9999)} {random.randrange(1000, 9999)}",
        university=random.choice(UNIVERSITIES),
        student_number=f"{year % 100}/{random.randrange(510000, 540000)}/TK/{year}",
        study_program=random.choice(PROGRAMMES),
        entry_year=year,
    )


def open_office() -> tuple[User, User]:
    """One staff and one admin; no verb makes them, as no student becomes one."""
    verified = {"email_verified": True}
    staff = User.objects.create_user(
        STAFF_EMAIL, PASSWORD, role=Role.STAFF, full_name="Panitia Lomba", **verified
    )
    admin = User.objects.create_superuser(
        ADMIN_EMAIL, PASSWORD, full_name="Ketua Panitia", **verified
    )
    return staff, admin


def join(student: Student, *, at: datetime) -> User:
    """Register a student and confirm the address, as the mail's link would."""
    with transaction.atomic():
        user = workflow.register(
            email=student.email,
            password=PASSWORD,
            at=at,
            full_name=student.full_name,
            phone=student.phone,
            institution=_institution(student.university),
            student_number=student.student_number,
            study_program=student.study_program,
            entry_year=student.entry_year,
        )
        token = take_token("verify_email", user.email)
        return workflow.verify_email(token, at=at)


def _institution(name: str) -> Institution:
    known = Institution.objects.filter(name_key=folded(name)).first()
    return known or Institution.objects.create(
        name=name, name_key=folded(name), confirmed=True
    )
