"""The same device found twice is one row, whichever way and in whichever order."""

from __future__ import annotations

import itertools
import random
from typing import Any

import msgspec
import pytest

from app.discovery.identify import Found
from app.discovery.inventory import MAX_ROWS, How, Inventory, Row
from app.discovery.mdns import HTTP_SERVICE
from app.discovery.sighting import Sighting
from app.model.device import Address, Identity
from app.model.vendor import Vendor

from .test_discovery_sweep import vendor

IP = "192.168.1.50"
ID = "A842E39F8124"
HTTP = Address(IP, 80, "http")


def whatwatt() -> Vendor:
    made = vendor("whatwatt", bool)
    return Vendor(
        **{**vars(made), "mdns_type": HTTP_SERVICE, "mdns_matches": lambda name, txt: txt.get("type") == "100"}
    )


class Watched:
    """An inventory whose clock ticks with every look, and what its watchers were told."""

    def __init__(self) -> None:
        clock = itertools.count(1000)
        self.list = Inventory([vendor("g13", bool, scheme="https", port=443), whatwatt()], now_s=lambda: next(clock))
        self.told: list[tuple[str, int]] = []
        self.stop = self.list.observe(
            added=self._told("added"), changed=self._told("changed"), removed=self._told("removed")
        )

    def _told(self, what: str) -> Any:
        return lambda row: self.told.append((what, row.key))

    def take_told(self) -> list[tuple[str, int]]:
        told, self.told = self.told, []
        return told


@pytest.fixture
def watched() -> Watched:
    return Watched()


def seen(ip: str = IP, *, id: str = ID, name: str = "whatwatt Go 9F8124", **more: Any) -> Sighting:
    fields: dict[str, Any] = {
        "service": f"{name}.{HTTP_SERVICE}".lower(),
        "service_type": HTTP_SERVICE,
        "name": name,
        "host": "whatwatt-9F8124.local",
        "port": 80,
        "addresses": (ip,),
        "txt": {"type": "100", "id": id} if id else {},
        "interface": "192.168.1.100",
    }
    return Sighting(**(fields | more))


def gone(sighting: Sighting) -> Sighting:
    return msgspec.structs.replace(sighting, gone=True)


def only(inventory: Inventory) -> Row:
    (row,) = inventory.rows
    return row


WAYS = {
    How.MDNS: lambda inventory: inventory.sighted(seen()),
    How.SWEEP: lambda inventory: inventory.found(Found(HTTP, "whatwatt", "whatwatt Go")),
    How.ADDRESS: lambda inventory: inventory.add(HTTP),
}


@pytest.mark.parametrize("order", list(itertools.permutations(How)))
def test_announced_swept_and_added_by_hand_is_one_row(order: tuple[How, ...], watched: Watched) -> None:
    for way in order:
        WAYS[way](watched.list)
    row = only(watched.list)
    assert (row.key, row.vendor, row.id, row.address) == (1, "whatwatt", ID, HTTP)
    assert row.how == set(How)
    assert (row.first_seen_s, row.last_seen_s) == (1000, 1002)
    assert watched.take_told()[0] == ("added", 1)


def test_the_same_thing_heard_twice_moves_only_the_time(watched: Watched) -> None:
    watched.list.sighted(seen())
    watched.take_told()
    watched.list.sighted(seen())
    assert watched.take_told() == []
    assert only(watched.list).last_seen_s == 1001


def test_a_host_name_added_by_hand_is_the_announced_device_and_stays_as_it_was_typed(watched: Watched) -> None:
    typed = Address("WhatWatt-9F8124.local", 80, "http")
    watched.list.add(typed)
    watched.list.sighted(seen())
    watched.list.found(Found(HTTP, "whatwatt", "whatwatt Go"))
    assert only(watched.list).address == typed
    found = watched.list.at(HTTP)
    assert found is not None
    assert found.key == 1


def test_a_device_with_another_address_keeps_its_row(watched: Watched) -> None:
    watched.list.sighted(seen())
    watched.list.found(Found(HTTP, "whatwatt", "whatwatt Go"))
    watched.list.sighted(seen("192.168.1.77"))
    assert (only(watched.list).key, only(watched.list).address.host) == (1, "192.168.1.77")
    assert watched.list.at(HTTP) is None
    watched.list.found(Found(HTTP, "whatwatt", "whatwatt Go"))
    assert [row.address.host for row in watched.list.rows] == ["192.168.1.77", IP]


def test_a_name_moves_with_its_device(watched: Watched) -> None:
    typed = Address("cellar.example", 80, "http")
    watched.list.add(typed, vendor="whatwatt", id=ID)
    watched.list.sighted(seen())
    watched.list.sighted(seen("192.168.1.77"))
    assert only(watched.list).address == typed
    watched.list.identified(1, Identity(vendor="whatwatt", id=ID))
    watched.list.found(Found(typed, "whatwatt", "whatwatt Go"))
    assert only(watched.list).address == typed


def test_two_devices_of_a_family_are_two_rows(watched: Watched) -> None:
    watched.list.sighted(seen())
    watched.list.sighted(seen("192.168.1.51", id="A842E3000000", name="whatwatt Go 000000", host="other.local"))
    assert [row.id for row in watched.list.rows] == [ID, "A842E3000000"]


def test_one_device_heard_on_two_interfaces_is_gone_when_both_say_so(watched: Watched) -> None:
    wired, wireless = seen(), seen(interface="192.168.1.101")
    for sighting in (wired, wireless, gone(wired)):
        watched.list.sighted(sighting)
    assert not only(watched.list).gone
    watched.list.sighted(gone(wireless))
    assert only(watched.list).gone
    watched.list.sighted(wired)
    assert not only(watched.list).gone


def test_a_device_reached_over_two_networks_does_not_hop_between_them(watched: Watched) -> None:
    here, there = seen(), seen("10.0.0.9", interface="10.0.0.1")
    for sighting in (here, there, here, there):
        watched.list.sighted(sighting)
    assert only(watched.list).address.host == IP


def test_a_gone_device_that_a_sweep_finds_again_is_the_same_row(watched: Watched) -> None:
    watched.list.sighted(seen())
    watched.list.sighted(gone(seen()))
    watched.take_told()
    watched.list.found(Found(HTTP, "whatwatt", "whatwatt Go"))
    assert watched.take_told() == [("changed", 1)]
    assert not only(watched.list).gone


def test_an_unknown_service_leaves_with_its_announcement(watched: Watched) -> None:
    printer = seen(id="", name="Printer", host="printer.local")
    assert watched.list.sighted(printer) == only(watched.list)
    assert (only(watched.list).vendor, only(watched.list).id) == ("", "")
    assert watched.list.sighted(gone(printer)) is None
    assert watched.list.rows == ()
    assert watched.take_told() == [("added", 1), ("removed", 1)]
    assert watched.list.sighted(gone(printer)) is None


def test_an_unknown_service_that_was_added_by_hand_stays(watched: Watched) -> None:
    watched.list.add(HTTP)
    watched.list.sighted(seen(id=""))
    watched.list.sighted(gone(seen(id="")))
    assert only(watched.list).gone


def test_an_id_that_becomes_known_makes_one_row_of_two(watched: Watched) -> None:
    watched.list.add(Address("10.0.0.9", 8080, "http"), vendor="whatwatt")
    watched.list.sighted(seen())
    assert len(watched.list.rows) == 2
    watched.take_told()
    row = watched.list.identified(1, Identity(vendor="whatwatt", id=ID.lower(), name="Main meter"))
    assert row == only(watched.list)
    assert (row.key, row.name, row.address) == (1, "Main meter", Address("10.0.0.9", 8080, "http"))
    assert row.how == {How.ADDRESS, How.MDNS}
    told = watched.take_told()
    assert told[0] == ("removed", 2)
    assert {what for what, key in told if key == 1} == {"changed"}


def test_the_older_row_stays_also_when_the_younger_one_was_asked(watched: Watched) -> None:
    watched.list.sighted(seen())
    younger = watched.list.add(Address("10.0.0.9", 8080, "http"), name="Cellar")
    row = watched.list.identified(younger.key, Identity(vendor="whatwatt", id=ID))
    assert (row.key, row.name, row.address.host) == (1, "Cellar", "10.0.0.9")
    assert only(watched.list) == row


def test_another_device_at_a_known_address_is_another_row_and_the_old_one_is_gone(watched: Watched) -> None:
    watched.list.add(HTTP, vendor="whatwatt", id="A842E3000000", name="Old")
    watched.list.sighted(seen())
    old, new = watched.list.rows
    assert (old.id, old.gone, new.id, new.gone) == ("A842E3000000", True, ID, False)
    found = watched.list.at(HTTP)
    assert found is not None
    assert found.key == new.key


def test_a_device_that_turns_out_to_be_another_gets_a_row_of_its_own(watched: Watched) -> None:
    watched.list.add(HTTP, vendor="whatwatt", id=ID)
    row = watched.list.identified(1, Identity(vendor="whatwatt", id="A842E3000000"))
    assert (row.key, row.id, row.how) == (2, "A842E3000000", {How.ADDRESS})
    assert watched.list.row(1).gone


def test_a_service_name_taken_over_by_another_id_does_not_rename_the_first(watched: Watched) -> None:
    watched.list.sighted(seen())
    watched.list.sighted(seen("192.168.1.66", id="A842E3000000"))
    assert [(row.id, row.gone) for row in watched.list.rows] == [(ID, True), ("A842E3000000", False)]


def test_another_family_at_the_same_address_is_another_row(watched: Watched) -> None:
    watched.list.found(Found(HTTP, "g13", "G13"))
    watched.list.found(Found(HTTP, "whatwatt", "whatwatt Go"))
    assert [(row.vendor, row.gone) for row in watched.list.rows] == [("g13", True), ("whatwatt", False)]


def test_what_a_probe_proved_replaces_a_guessed_scheme(watched: Watched) -> None:
    watched.list.sighted(seen(id="", port=8443))
    watched.list.found(Found(Address(IP, 8443, "https"), "g13", "G13"))
    watched.list.sighted(seen(id="", port=8443, txt={"new": "1"}))
    assert only(watched.list).address.scheme == "https"


def test_a_txt_that_comes_late_makes_the_family_known(watched: Watched) -> None:
    watched.list.sighted(seen(id=""))
    row = watched.list.sighted(seen())
    assert row == only(watched.list)
    assert (row.vendor, row.id) == ("whatwatt", ID)


def test_an_announced_name_is_followed_until_the_installer_gives_one(watched: Watched) -> None:
    watched.list.sighted(seen())
    watched.list.sighted(seen(service=seen().service, name="Renamed"))
    assert only(watched.list).name == "Renamed"
    watched.list.add(HTTP, name="Cellar")
    watched.list.sighted(seen(txt={"type": "100", "id": ID, "x": "1"}))
    assert only(watched.list).name == "Cellar"


def test_rows_can_be_removed_and_come_back_when_heard(watched: Watched) -> None:
    watched.list.sighted(seen())
    watched.list.remove(1)
    assert watched.list.rows == ()
    assert watched.list.at(HTTP) is None
    with pytest.raises(KeyError):
        watched.list.remove(1)
    assert watched.list.sighted(seen()) == watched.list.row(2)


def test_who_stopped_watching_is_told_nothing(watched: Watched) -> None:
    watched.stop()
    watched.list.sighted(seen())
    assert watched.told == []


def test_a_flood_of_announcements_fills_the_list_only_so_far(watched: Watched) -> None:
    def flood(number: int) -> Sighting:
        return seen(f"10.0.{number // 256}.{number % 256}", id=f"{number}", name=f"n{number}", host="")

    for number in range(MAX_ROWS):
        watched.list.sighted(flood(number))
    assert watched.list.sighted(flood(MAX_ROWS)) is None
    assert watched.list.add(Address("meter.local", 80, "http")) in watched.list.rows
    watched.list.sighted(gone(flood(0)))
    watched.list.sighted(gone(flood(1)))
    row = watched.list.sighted(flood(MAX_ROWS))
    assert row is not None
    assert 1 not in {row.key for row in watched.list.rows}


def test_an_ipv6_address_is_a_place_too(watched: Watched) -> None:
    here = Address("fd00::1", 80, "http")
    watched.list.add(here)
    assert watched.list.add(here) == only(watched.list)


def test_whatever_comes_in_whatever_order_the_list_stays_consistent() -> None:
    dice = random.Random(7)
    for _ in range(200):
        watched = Watched()
        shown: dict[int, Row] = {}
        watched.list.observe(
            added=lambda row, shown=shown: shown.__setitem__(row.key, row),
            changed=lambda row, shown=shown: shown.__setitem__(row.key, row),
            removed=lambda row, shown=shown: shown.__delitem__(row.key),
        )
        for _ in range(30):
            ip, id = f"192.168.1.{dice.randrange(4)}", dice.choice(["", "a", "b"])
            address = Address(ip, 80, "http")
            sighting = seen(
                ip, id=id, name=f"n{dice.randrange(3)}", host="", interface=dice.choice("xy"), gone=dice.random() < 0.3
            )
            rows = watched.list.rows
            match dice.randrange(5):
                case 0 if rows:
                    watched.list.identified(dice.choice(rows).key, Identity(dice.choice(["g13", "whatwatt"]), id))
                case 1:
                    watched.list.found(Found(address, dice.choice(["g13", "whatwatt"]), ""))
                case 2:
                    watched.list.add(address, vendor="whatwatt" if id else "", id=id)
                case _:
                    watched.list.sighted(sighting)
        rows = watched.list.rows
        assert [row.key for row in rows] == list(shown)
        assert all(
            msgspec.structs.replace(row, last_seen_s=0) == msgspec.structs.replace(shown[row.key], last_seen_s=0)
            for row in rows
        )
        identities = [(row.vendor, row.id) for row in rows if row.id]
        assert len(identities) == len(set(identities))
        # Strangers may contradict each other about who is where, but nobody is nowhere.
        assert all(row.gone or watched.list.at(row.address) for row in rows)
        for row in rows:
            watched.list.remove(row.key)
        assert not shown
        assert not any(watched.list.at(Address(f"192.168.1.{last}", 80, "http")) for last in range(4))
