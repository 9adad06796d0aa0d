"""The tables that the operations work on, and the rows that each finds in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import models
from django.db.models import Q, UniqueConstraint

from competition_site.db.models import Row

AUTHORS = ("Ada", "Grace", "Alan", "Edsger")
BOOKS = 12


class Publisher(Row):
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        app_label = "conformance"

    def __str__(self) -> str:
        return self.name


class Author(Row):
    email = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    nickname = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001
    born = models.DateField(null=True)

    class Meta:
        app_label = "conformance"

    def __str__(self) -> str:
        return self.name


class Tag(Row):
    label = models.CharField(max_length=20, unique=True)

    class Meta:
        app_label = "conformance"

    def __str__(self) -> str:
        return self.label


class Book(Row):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    publisher = models.ForeignKey(
        Publisher, models.PROTECT, null=True, related_name="books"
    )
    tags = models.ManyToManyField(Tag, through="Tagging", related_name="books")
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, default="novel")
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    pages = models.IntegerField(default=0)
    sold = models.IntegerField(default=0)
    rating = models.FloatField(null=True)
    length = models.DurationField(default=timedelta)
    in_print = models.BooleanField(default=True)
    published = models.DateTimeField(null=True)
    notes = models.JSONField(default=dict)

    class Meta:
        app_label = "conformance"
        ordering = ("id",)
        constraints = [
            UniqueConstraint(fields=["author", "title"], name="once_per_author"),
            UniqueConstraint(
                fields=["author"], condition=Q(kind="debut"), name="one_debut"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Tagging(Row):
    book = models.ForeignKey(Book, models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")

    class Meta:
        app_label = "conformance"
        unique_together = (("book", "tag"),)

    def __str__(self) -> str:
        return f"{self.book_id} {self.tag_id}"


class Cover(Row):
    book = models.OneToOneField(Book, models.CASCADE, related_name="cover")
    colour = models.CharField(max_length=20)

    class Meta:
        app_label = "conformance"

    def __str__(self) -> str:
        return self.colour


TABLES = (Publisher, Author, Tag, Book, Tagging, Cover)


def fill() -> None:
    """Twelve books by three of four authors; every fifth has no publisher."""
    publishers = [Publisher.objects.create(name=name) for name in ("North", "South")]
    born = (date(1815, 12, 10), date(1906, 12, 9), date(1912, 6, 23), None)
    authors = [
        Author.objects.create(email=f"{name.lower()}@x.org", name=name, born=day)
        for name, day in zip(AUTHORS, born, strict=True)
    ]
    tags = [Tag.objects.create(label=label) for label in ("red", "green", "blue")]
    books = Book.objects.bulk_create(
        Book(
            author=authors[n % 3],
            publisher=None if n % 5 == 4 else publishers[n % 2],
            title=f"Book {n:02}",
            kind="essay" if n % 4 == 3 else "novel",
            price=Decimal(n) + Decimal("0.50"),
            pages=100 * n,
            rating=None if n % 4 == 0 else n / 2,
            length=timedelta(hours=n),
            in_print=n % 2 == 0,
            published=datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=20 * n),
            notes=_notes(n),
        )
        for n in range(BOOKS)
    )
    Tagging.objects.bulk_create(
        Tagging(book=book, tag=tags[n % 3]) for n, book in enumerate(books) if n % 2
    )
    Cover.objects.create(book=books[0], colour="white")


def _notes(n: int) -> dict[str, object]:
    if n >= 10:
        return {}
    return {"shelf": "AB"[n % 2], "n": n, "list": [n, n + 1], "deep": {"x": n}}
