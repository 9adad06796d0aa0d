"""Who gets which file: by role, by team, by assignment, frozen or not."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from accounts.models import AuditEvent
from competition_site.clock import now
from registrations.models import Document
from submissions import workflow
from submissions.models import SubmissionFile
from tests.admin.conftest import Office
from tests.api import Api
from tests.contract.world import World
from tests.factories import make_document, stored_file

pytestmark = pytest.mark.django_db

READERS = (
    "anonymous",
    "stranger",
    "owner",
    "mate",
    "staff",
    "admin",
    "judge_assigned",
    "judge_unassigned",
)


def asked(api: Api, path: str) -> HttpResponse:
    """The answer, its file closed as a server would."""
    response = api.get(path)
    response.close()
    return response


def files_of(world: World) -> dict[str, SubmissionFile]:
    """One of the version that is judged, one of the working copy, one taken off it."""
    work, at = world.assigned, now()
    frozen = work.files.get()
    draft = workflow.add_file(
        work, file=stored_file("draft.pdf"), by=world.owner, at=at
    )
    return {"frozen": frozen, "draft": draft}


@pytest.mark.parametrize("blind", [False, True], ids=["open", "blind"])
def test_each_role_gets_what_is_theirs_and_nothing_else(blind: bool):
    world = World()
    files = files_of(world)
    workflow.change_stage(world.stage, by=world.staff, blind=blind)
    got = {
        (reader, name): asked(
            world.client(reader), f"/submission-files/{file.pk}/content"
        ).status_code
        for reader in READERS
        for name, file in files.items()
    }
    team = {"owner", "mate", "staff", "admin"}
    expected = {
        **{(reader, name): 404 for reader in READERS for name in files},
        **{(reader, name): 200 for reader in team for name in files},
        ("anonymous", "frozen"): 401,
        ("anonymous", "draft"): 401,
        ("judge_assigned", "frozen"): 200,
    }
    assert got == expected


@pytest.mark.parametrize("blind", [False, True], ids=["open", "blind"])
def test_a_judge_hears_a_name_only_where_names_are_told(blind: bool):
    world = World()
    file = files_of(world)["frozen"]
    workflow.change_stage(world.stage, by=world.staff, blind=blind)
    path = f"/submission-files/{file.pk}/content"
    named = asked(world.client("judge_assigned"), path)["Content-Disposition"]
    assert (file.name in named) is not blind
    assert file.name in asked(world.client("owner"), path)["Content-Disposition"]


def test_a_judge_whose_assignment_is_declined_gets_nothing_more():
    world = World()
    file = files_of(world)["frozen"]
    judge = world.client("judge_assigned")
    workflow.decline(world.assignment, reason="No time.", by=world.judge_assigned)
    assert asked(judge, f"/submission-files/{file.pk}/content").status_code == 404


def test_every_opening_of_a_personal_document_is_recorded_once(staff):
    world = World()
    card = make_document(world.approved)
    opened = AuditEvent.objects.filter(object_id=card.pk, action="document.opened")
    for reader in (world.owner, world.staff):
        assert asked(Api(reader), f"/documents/{card.pk}/file").status_code == 200
        assert opened.filter(actor=reader).count() == 1
    for reader in ("stranger", "mate", "judge_assigned", "anonymous"):
        refused = world.client(reader).get(f"/documents/{card.pk}/file")
        assert refused.status_code in {401, 404}
    assert opened.count() == 2
    office = Office(staff)
    page = office.client.get(office.url(Document, "file", card.pk))
    page.close()
    assert page.status_code == 200
    assert opened.filter(actor=staff).count() == 1
