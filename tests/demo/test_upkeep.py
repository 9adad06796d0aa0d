"""A sound event has nothing to mend."""

import json

import pytest

from tests.upkeep.commands import outcome

pytestmark = pytest.mark.usefixtures("demo")


def test_nothing_in_the_demo_has_drifted():
    status, said = outcome("check_consistency", "--json")
    assert json.loads(said)["findings"] == []
    assert status == 0
