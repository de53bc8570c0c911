"""Sums are kept in the site file, in their order, and tampering with them is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from app.commission.derived import Point, SubMetering, Term
from app.model.errors import StorageFailed
from app.model.quantity import Unit
from app.site.sitefile import SiteFile

MAIN = Point("g13:GW", "M1", "instrument", "power.total")
HOUSE = SubMetering("House <b>&", Unit.WATT, MAIN, (Term(Point("whatwatt:A", "", "live", "power.total"), -1),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "house.wattwright"


def named(name: str) -> SubMetering:
    return msgspec.structs.replace(HOUSE, name=name)


def test_a_sum_is_there_again_when_the_site_is_opened_again(path: Path) -> None:
    with SiteFile.open(path) as site:
        site.sums.put(HOUSE)
    with SiteFile.open(path) as site:
        assert site.sums.all() == (HOUSE,)


def test_an_edited_sum_keeps_its_place_also_under_another_name(path: Path) -> None:
    with SiteFile.open(path) as site:
        for name in ("one", "two", "three"):
            site.sums.put(named(name))
        site.sums.put(named("zwei"), instead_of="two")
        site.sums.put(msgspec.structs.replace(named("one"), unit=Unit.VAR))
        assert [(one.name, one.unit) for one in site.sums.all()] == [
            ("one", Unit.VAR),
            ("zwei", Unit.WATT),
            ("three", Unit.WATT),
        ]
        site.sums.drop("zwei")
        site.sums.drop("never was")
        assert [one.name for one in site.sums.all()] == ["one", "three"]


def test_a_site_of_an_older_version_can_keep_sums(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.site import schema

    now = schema.MIGRATIONS
    with monkeypatch.context() as before:
        before.setattr(schema, "MIGRATIONS", now[:2])
        SiteFile.open(path).close()
    with SiteFile.open(path) as site:
        site.sums.put(HOUSE)
        assert site.sums.all() == (HOUSE,)


@pytest.mark.parametrize("content", ["no json", "[]", '{"name":"a","unit":"W","main":7,"parts":[]}'])
def test_a_tampered_sum_is_told_as_damage(path: Path, content: str) -> None:
    with SiteFile.open(path) as site:
        site.sums.put(HOUSE)
    plain = sqlite3.connect(path)
    plain.execute("UPDATE sum SET content = ?", [content])
    plain.commit()
    plain.close()
    with SiteFile.open(path) as site, pytest.raises(StorageFailed, match="damaged"):
        site.sums.all()
