"""manage.py preview_mail: any mail with sample values, printed or written."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from competition_site.outbox.mails import samples

KINDS = sorted(samples())


def preview(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("preview_mail", *arguments)
    return capsys.readouterr().out


def test_preview_lists_the_kinds(capsys):
    assert preview(capsys).split() == KINDS


def test_preview_prints_a_part_in_a_language(capsys):
    assert preview(capsys, "receipt").startswith("Receipt: version 2 of Tim Garuda")
    printed = preview(capsys, "receipt", "--language", "id", "--html")
    assert '<html lang="id">' in printed


def test_preview_writes_every_mail_to_a_folder(capsys, tmp_path):
    preview(capsys, "all", "--language", "id", "--html", "--out", str(tmp_path / "x"))
    names = sorted(path.name for path in (tmp_path / "x").iterdir())
    assert names == [f"{kind}.id.html" for kind in KINDS]


def test_preview_names_the_kinds_to_who_asks_for_another():
    with pytest.raises(CommandError, match=r"no mail 'recipe'.*receipt"):
        call_command("preview_mail", "recipe")


def test_preview_says_why_it_cannot_write(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(CommandError):
        call_command("preview_mail", "receipt", out=blocked)
