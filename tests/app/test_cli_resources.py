"""The table of documented requests: whole, true, and the same in the documentation."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.cli.resources import markdown_table, uses
from app.cli.running import run as command
from app.registry import VENDORS, vendor

DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN, END = "<!-- made by: wattwright resources {} --markdown -->\n", "\n<!-- end -->"


def test_the_g13_has_its_91_requests_in_the_order_of_the_manual() -> None:
    resources = vendor("g13").resources
    assert len(resources) == 91
    assert [resource.manual for resource in resources] == [f"6.3.{number}" for number in range(1, 92)]


def test_every_documented_request_of_the_g13_is_used() -> None:
    unused = [name for name, users in uses(vendor("g13")).items() if not users]
    assert not unused


@pytest.mark.parametrize("family", [v for v in VENDORS if v.resources], ids=lambda v: v.key)
def test_what_declarations_say_they_use_is_documented(family) -> None:  # type: ignore[no-untyped-def]
    known = {resource.name for resource in family.resources}
    declared = (*family.sections, *family.archives, *family.actions)
    for one in declared:
        assert set(one.resources) <= known, one.key
        assert one.resources, one.key


@pytest.mark.parametrize("family", [v for v in VENDORS if v.resources], ids=lambda v: v.key)
def test_the_table_in_the_documentation_is_the_one_that_the_command_makes(family) -> None:  # type: ignore[no-untyped-def]
    page = (DOCS / f"{family.key}.md").read_text(encoding="utf-8")
    begin = BEGIN.format(family.key)
    assert begin in page
    shown = page.partition(begin)[2].partition(END)[0].strip("\n")
    assert shown == "\n".join(markdown_table(family)), f"run: wattwright resources {family.key} --markdown"


def test_the_command_prints_the_same_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["resources", "g13", "--json"]) == 0
    printed = msgspec.json.decode(capsys.readouterr().out)
    assert len(printed["resources"]) == 91
    clock = next(r for r in printed["resources"] if r["request"] == "GET /gateway/datetime")
    assert clock["used_by"] == ["g13.clock"]
    assert clock["manual"] == "6.3.11"


def test_an_unknown_family_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["resources", "g14"]) == 2
    assert "g14" in capsys.readouterr().err


def test_two_forms_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["resources", "g13", "--json", "--markdown"]) == 2
    assert "--markdown" in capsys.readouterr().out
