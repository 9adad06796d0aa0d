"""Inserting, changing and deleting rows."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from decimal import Decimal

from django.db import IntegrityError, connection
from django.db.models import Case, F, OuterRef, ProtectedError, Subquery, Value, When
from django.db.models.functions import Concat, Now, Upper

from tests.db.conformance.operations import operation
from tests.db.conformance.reading import numbers
from tests.db.conformance.tables import BOOKS, Author, Book, Cover, Publisher, Tagging


def ada() -> Author:
    return Author.objects.get(name="Ada")


def violates(call: object, *arguments: object, **fields: object) -> bool:
    """Whether a call, on its own, ends in an IntegrityError."""
    try:
        call(*arguments, **fields)  # type: ignore[operator]
    except IntegrityError:
        return True
    return False


@operation
def create_and_read_back() -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    made = Book.objects.create(
        author=ada(), title="New", price=Decimal("9.99"), published=moment, rating=1.5
    )
    read = Book.objects.get(pk=made.pk)
    assert (read.price, read.published, read.rating) == (Decimal("9.99"), moment, 1.5)
    assert (read.author_id, read.publisher_id, read.notes) == (ada().pk, None, {})


@operation
def microseconds_are_kept() -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789_123, tzinfo=UTC)
    pk = Book.objects.create(author=ada(), title="New", published=moment).pk
    assert Book.objects.get(pk=pk).published == moment


@operation
def create_with_an_expression() -> None:
    pk = Book.objects.create(author=ada(), title=Upper(Value("new"))).pk
    assert Book.objects.get(pk=pk).title == "NEW"


@operation
def create_with_the_databases_clock() -> None:
    pk = Book.objects.create(author=ada(), title="New", published=Now()).pk
    assert Book.objects.get(pk=pk).published is not None


@operation
def save_changes_and_only_some() -> None:
    row = Book.objects.get(pages=300)
    row.title, row.kind = "Changed", "novel"
    row.save(update_fields=["title"])
    row.refresh_from_db()
    assert (row.title, row.kind) == ("Changed", "essay")
    row.kind = "novel"
    row.save()
    assert Book.objects.get(pk=row.pk).kind == "novel"


@operation
def save_with_force_insert_and_update() -> None:
    row = Book.objects.get(pages=300)
    assert violates(row.save, force_insert=True)
    row.save(force_update=True)


@operation
def save_an_expression() -> None:
    row = Book.objects.get(pages=300)
    row.sold = F("sold") + 5
    row.save(update_fields=["sold"])
    row.refresh_from_db()
    assert row.sold == 5


@operation
def update_many_rows() -> None:
    assert Book.objects.filter(kind="essay").update(pages=1, kind="tale") == 3
    assert Book.objects.filter(kind="tale", pages=1).count() == 3
    assert Book.objects.filter(kind="nothing").update(pages=1) == 0


@operation
def update_counts_rows_that_already_were_so() -> None:
    assert Book.objects.filter(kind="essay").update(kind="essay") == 3


@operation
def update_by_an_expression() -> None:
    Book.objects.filter(kind="essay").update(sold=F("pages") * 2 + 1)
    assert Book.objects.get(pages=300).sold == 601


@operation
def update_by_a_condition() -> None:
    Book.objects.update(sold=Case(When(kind="essay", then=F("pages")), default=7))
    assert Book.objects.get(pages=300).sold == 300
    assert Book.objects.get(pages=200).sold == 7


@operation
def update_text_by_a_function() -> None:
    Book.objects.update(title=Concat("title", Value("!")))
    assert Book.objects.get(pages=300).title == "Book 03!"


@operation
def update_text_that_looks_like_a_column() -> None:
    Book.objects.filter(pages=300).update(title="$kind")
    assert Book.objects.get(pages=300).title == "$kind"


@operation
def update_on_a_condition_of_its_own_columns() -> None:
    rows = Book.objects.filter(pages=300, sold__lt=F("pages"))
    assert rows.update(sold=F("sold") + 300) == 1
    assert rows.update(sold=F("sold") + 300) == 0


@operation
def update_by_a_subquery() -> None:
    name = Author.objects.filter(pk=OuterRef("author_id")).values("name")[:1]
    Book.objects.update(kind=Subquery(name))
    assert Book.objects.get(pages=300).kind == "Ada"


@operation
def update_filtered_by_a_subquery() -> None:
    some = Author.objects.filter(name="Ada")
    assert Book.objects.filter(author__in=some).update(sold=1) == 4


@operation
def update_filtered_over_a_join() -> None:
    assert Book.objects.filter(author__name="Ada").update(sold=1) == 4


@operation
def update_of_annotated_rows() -> None:
    rows = Book.objects.annotate(twice=F("pages") * 2)
    assert rows.filter(twice__gt=2000).update(sold=F("twice")) == 1
    assert Book.objects.get(pages=1100).sold == 2200


@operation
def delete_rows() -> None:
    assert Tagging.objects.filter(tag__isnull=False).count() == 6
    deleted, each = Book.objects.filter(pages=100).delete()
    assert (deleted, each["conformance.Tagging"]) == (2, 1)
    assert Book.objects.count() == BOOKS - 1


@operation
def delete_filtered_over_a_join() -> None:
    Book.objects.filter(author__name="Ada").delete()
    assert Book.objects.count() == 8


@operation
def delete_filtered_by_a_subquery() -> None:
    Tagging.objects.filter(book__in=Book.objects.filter(kind="essay")).delete()
    assert Tagging.objects.count() == 3


@operation
def delete_a_slice_is_refused() -> None:
    try:
        Book.objects.all()[:3].delete()
    except TypeError:
        return
    raise AssertionError


@operation
def delete_cascades() -> None:
    ada().delete()
    assert Book.objects.count() == 8
    assert Cover.objects.count() == 0
    assert Tagging.objects.count() == 4


@operation
def delete_is_held_up_by_protect() -> None:
    try:
        Publisher.objects.get(name="North").delete()
    except ProtectedError:
        assert Publisher.objects.count() == 2
        return
    raise AssertionError


@operation
def bulk_create() -> None:
    author = ada()
    rows = Book.objects.bulk_create(
        [Book(author=author, title=f"Bulk {n}") for n in range(50)], batch_size=20
    )
    assert all(row.pk for row in rows)
    assert Book.objects.count() == BOOKS + 50


@operation
def bulk_create_stores_all_or_nothing() -> None:
    author = ada()
    twins = [Book(author=author, title=title) for title in ("A", "B", "A", "C")]
    assert violates(Book.objects.bulk_create, twins)
    assert Book.objects.count() == BOOKS


@operation
def bulk_create_that_ignores_conflicts() -> None:
    author = ada()
    rows = [Book(author=author, title=title) for title in ("Book 00", "New")]
    Book.objects.bulk_create(rows, ignore_conflicts=True)
    assert Book.objects.count() == BOOKS + 1


@operation
def bulk_create_that_updates_on_conflict() -> None:
    tags = [Publisher(name="North"), Publisher(name="West")]
    Publisher.objects.bulk_create(
        tags, update_conflicts=True, unique_fields=["name"], update_fields=["name"]
    )
    assert Publisher.objects.count() == 3


@operation
def bulk_update() -> None:
    rows = list(Book.objects.all())
    for row in rows:
        row.sold, row.title = row.pages + 1, f"{row.title}!"
    assert Book.objects.bulk_update(rows, ["sold", "title"], batch_size=5) == BOOKS
    assert Book.objects.get(pages=300).sold == 301


@operation
def get_or_create() -> None:
    row, made = Author.objects.get_or_create(
        email="new@x.org", defaults={"name": "New"}
    )
    assert made
    assert Author.objects.get_or_create(email="new@x.org") == (row, False)


@operation
def update_or_create() -> None:
    row, made = Author.objects.update_or_create(
        email="ada@x.org", defaults={"name": "Countess"}
    )
    assert (row.name, made) == ("Countess", False)
    _, made = Author.objects.update_or_create(
        email="new@x.org", create_defaults={"name": "New"}, defaults={"name": "Old"}
    )
    assert made
    assert Author.objects.get(email="new@x.org").name == "New"


@operation
def get_or_create_of_six_at_once() -> None:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(Author.objects.get_or_create(email="new@x.org")[1])
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in filter(lambda result: isinstance(result, Exception), results):
        raise error  # type: ignore[misc]
    assert results.count(True) == 1, results
    assert Author.objects.filter(email="new@x.org").count() == 1
    assert results.count(False) == 5, results


@operation
def unique_column() -> None:
    assert violates(Author.objects.create, email="ada@x.org", name="")
    assert violates(Author.objects.filter(name="Alan").update, email="ada@x.org")


@operation
def unique_column_takes_several_nulls() -> None:
    assert Author.objects.filter(nickname=None).count() == 4
    Author.objects.filter(name="Ada").update(nickname="A")
    assert violates(Author.objects.filter(name="Alan").update, nickname="A")


@operation
def unique_together() -> None:
    assert violates(Book.objects.create, author=ada(), title="Book 00")
    taken = Tagging.objects.first()
    assert violates(Tagging.objects.create, book=taken.book, tag=taken.tag)


@operation
def unique_on_a_condition() -> None:
    author = ada()
    Book.objects.create(author=author, title="A", kind="debut")
    assert violates(Book.objects.create, author=author, title="B", kind="debut")
    Book.objects.create(author=author, title="C", kind="novel")


@operation
def validation_of_constraints() -> None:
    for title, kind in (("Book 00", "novel"), ("X", "debut")):
        Book.objects.get_or_create(
            author=ada(), kind="debut", defaults={"title": "First"}
        )
        twin = Book(author=ada(), title=title, kind=kind)
        try:
            twin.validate_constraints()
        except Exception as error:
            assert "already exists" in str(error) or "violated" in str(error)  # noqa: PT017
        else:
            raise AssertionError


@operation
def null_in_a_column_that_takes_none() -> None:
    assert violates(Author.objects.create, email="n@x.org", name=None)


@operation
def foreign_key_to_nowhere() -> None:
    nowhere = Author(email="n@x.org")
    assert violates(Book.objects.create, author_id=nowhere.pk, title="Orphan")


@operation
def select_for_update_of_rows() -> None:
    from django.db import transaction

    with transaction.atomic():
        assert numbers(Book.objects.select_for_update().filter(pages=300)) == [3]
