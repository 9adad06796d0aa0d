"""Tables for the tests of competition_site.db, which belong to no installed app."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint

from competition_site.db.models import Row


class Author(Row):
    email = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    nickname = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001

    class Meta:
        app_label = "library"

    def __str__(self) -> str:
        return self.name


class Book(Row):
    author = models.ForeignKey(Author, models.CASCADE, related_name="+")
    editor = models.ForeignKey(Author, models.CASCADE, null=True, related_name="+")
    title = models.CharField(max_length=100)
    status = models.CharField(max_length=20, default="draft")
    copies = models.IntegerField(default=0)
    lent = models.IntegerField(default=0)
    notes = models.JSONField(default=dict)

    class Meta:
        app_label = "library"
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["author", "-id"], name="book_author_newest"),
        ]
        constraints = [
            UniqueConstraint(fields=["author", "title"], name="book_title_once"),
            UniqueConstraint(
                fields=["author"],
                condition=Q(status="current"),
                name="book_one_current",
            ),
        ]

    def __str__(self) -> str:
        return self.title


TABLES = (Author, Book)
