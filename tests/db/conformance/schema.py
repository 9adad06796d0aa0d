"""What migrations do: tables, columns, indexes and constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.operations.base import Operation as Step
from django.db.migrations.state import ProjectState
from django.db.models import Q, UniqueConstraint

from competition_site.db.models import Row
from tests.db.conformance.operations import operation

START = migrations.CreateModel(
    "Shelf",
    fields=[
        ("id", Row._meta.get_field("id").clone()),
        ("name", models.CharField(max_length=50)),
        ("room", models.CharField(max_length=50, null=True)),
    ],
)


class History:
    """A table that migrations change step by step."""

    def __init__(self) -> None:
        self.state = ProjectState()

    def step(self, *steps: Step) -> Any:
        """Migrate forwards; return the model as it is then."""
        for each in steps:
            before = self.state.clone()
            each.state_forwards("conformance", self.state)
            with connection.schema_editor() as editor:
                each.database_forwards("conformance", editor, before, self.state)
        return self.model("Shelf")

    def back(self, step: Step, to: ProjectState) -> None:
        with connection.schema_editor() as editor:
            step.database_backwards("conformance", editor, self.state, to)
        self.state = to

    def model(self, name: str) -> Any:
        return self.state.apps.get_model("conformance", name)


@contextmanager
def history() -> Iterator[History]:
    """A history that begins with a table of one row, and leaves nothing."""
    made = History()
    shelf = made.step(START)
    shelf.objects.create(name="one")
    try:
        yield made
    finally:
        with connection.schema_editor() as editor:
            for table in list(made.state.apps.get_models()):
                editor.delete_model(table)


def violates(call: Callable[..., Any], **fields: Any) -> bool:
    try:
        with transaction.atomic():
            call(**fields)
    except IntegrityError:
        return True
    return False


@operation
def add_a_column_with_a_default() -> None:
    with history() as past:
        shelf = past.step(
            migrations.AddField("shelf", "height", models.IntegerField(default=3))
        )
        assert shelf.objects.get().height == 3


@operation
def add_a_json_column_with_an_empty_default() -> None:
    with history() as past:
        shelf = past.step(
            migrations.AddField("shelf", "notes", models.JSONField(default=dict))
        )
        assert shelf.objects.get().notes == {}


@operation
def add_a_column_whose_default_looks_like_a_column() -> None:
    with history() as past:
        column = models.CharField(max_length=9, default="$name")
        shelf = past.step(migrations.AddField("shelf", "label", column))
        assert shelf.objects.get().label == "$name"


@operation
def remove_a_column() -> None:
    with history() as past:
        shelf = past.step(migrations.RemoveField("shelf", "room"))
        assert {field.name for field in shelf._meta.fields} == {"id", "name"}
        assert shelf.objects.get().name == "one"


@operation
def rename_a_column() -> None:
    with history() as past:
        shelf = past.step(migrations.RenameField("shelf", "name", "title"))
        assert shelf.objects.get(title="one").title == "one"


@operation
def rename_a_table() -> None:
    with history() as past:
        step = migrations.RenameModel("Shelf", "Rack")
        before = past.state.clone()
        step.state_forwards("conformance", past.state)
        with connection.schema_editor() as editor:
            step.database_forwards("conformance", editor, before, past.state)
        assert past.model("Rack").objects.get().name == "one"


@operation
def a_column_ceases_to_take_nulls() -> None:
    with history() as past:
        column = models.CharField(max_length=50, default="attic")
        shelf = past.step(migrations.AlterField("shelf", "room", column))
        assert shelf.objects.get().room == "attic"


@operation
def a_column_becomes_unique() -> None:
    with history() as past:
        column = models.CharField(max_length=50, unique=True)
        shelf = past.step(migrations.AlterField("shelf", "name", column))
        assert violates(shelf.objects.create, name="one")


@operation
def add_and_remove_an_index() -> None:
    with history() as past:
        index = models.Index(fields=["name", "-id"], name="shelf_name")
        past.step(migrations.AddIndex("shelf", index))
        assert "shelf_name" in constraints("conformance_shelf")
        past.step(migrations.RemoveIndex("shelf", "shelf_name"))
        assert "shelf_name" not in constraints("conformance_shelf")


@operation
def rename_an_index() -> None:
    with history() as past:
        index = models.Index(fields=["name"], name="old_name")
        past.step(migrations.AddIndex("shelf", index))
        past.step(
            migrations.RenameIndex("shelf", new_name="new_name", old_name="old_name")
        )
        assert "new_name" in constraints("conformance_shelf")


@operation
def add_and_remove_a_unique_constraint() -> None:
    with history() as past:
        constraint = UniqueConstraint(fields=["name"], name="one_name")
        shelf = past.step(migrations.AddConstraint("shelf", constraint))
        assert violates(shelf.objects.create, name="one")
        shelf = past.step(migrations.RemoveConstraint("shelf", "one_name"))
        assert not violates(shelf.objects.create, name="one")


@operation
def add_a_unique_constraint_on_a_condition() -> None:
    with history() as past:
        constraint = UniqueConstraint(
            fields=["name"], condition=Q(room="attic"), name="one_in_the_attic"
        )
        shelf = past.step(migrations.AddConstraint("shelf", constraint))
        assert not violates(shelf.objects.create, name="one", room="attic")
        assert violates(shelf.objects.create, name="one", room="attic")
        assert not violates(shelf.objects.create, name="one", room="cellar")


@operation
def add_a_unique_constraint_that_rows_violate() -> None:
    with history() as past:
        past.model("Shelf").objects.create(name="one")
        constraint = UniqueConstraint(fields=["name"], name="one_name")
        try:
            past.step(migrations.AddConstraint("shelf", constraint))
        except IntegrityError:
            return
        raise AssertionError


@operation
def check_constraint() -> None:
    with history() as past:
        constraint = models.CheckConstraint(condition=~Q(name=""), name="has_a_name")
        shelf = past.step(migrations.AddConstraint("shelf", constraint))
        assert violates(shelf.objects.create, name="")


@operation
def a_migration_goes_backwards() -> None:
    with history() as past:
        before = past.state.clone()
        step = migrations.AddField("shelf", "height", models.IntegerField(default=3))
        past.step(step)
        past.back(step, before)
        assert past.model("Shelf").objects.get().name == "one"


@operation
def code_of_a_migration_is_undone_when_it_fails() -> None:
    def fill(apps: Any, editor: Any) -> None:
        table = apps.get_model("conformance", "Shelf")
        table.objects.create(name="two")
        raise ZeroDivisionError

    with history() as past:
        shelf = past.model("Shelf")
        with_code = migrations.RunPython(fill)
        try:
            with connection.schema_editor() as editor, transaction.atomic():
                with_code.database_forwards(
                    "conformance", editor, past.state, past.state
                )
        except ZeroDivisionError:
            pass
        assert shelf.objects.count() == 1


def constraints(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, table))
