"""New firmware, and every documented request: used, and answered by the simulated device."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli.resources import uses
from app.commission.firmware import install, upload
from app.commission.receipt import Outcome, Receipt
from app.model.firmware import make_image
from app.vendors.whatwatt import restart
from app.vendors.whatwatt.resources import RESOURCES
from app.vendors.whatwatt.simulator import firmware_image
from app.vendors.whatwatt.vendor import WHATWATT
from tests.app.whatwatt.devices import Device, device, session
from tests.conftest import Run

UNUSED = {"POST /api/v1/wifi/sta/settings"}
"""DELETE sets Wi-Fi back to defaults, and PUT does the rest."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "POLL_S", 0.05)
    monkeypatch.setattr(restart, "LEAVING_S", 0.6)
    monkeypatch.setattr(restart, "PATIENCE_S", 5.0)


async def renewed(on: Device, folder: Path, content: bytes) -> tuple[Receipt, Receipt | None]:
    async with session(on, folder) as opened:
        before = {"": on.simulator.firmware}
        events = [event async for event in upload(opened, make_image("wwgo <1>.bin", content))]
        sent = events[-1]
        assert isinstance(sent, Receipt)
        if sent.outcome is not Outcome.VERIFIED:
            return sent, None
        last = [event async for event in install(opened, (), before)][-1]
        assert isinstance(last, Receipt)
        return sent, last


@pytest.mark.parametrize("itself", [True, False])
def test_new_firmware_is_proven_by_its_version_whether_the_device_restarts_itself_or_is_told_to(
    run: Run[tuple[Receipt, Receipt | None]], tmp_path: Path, itself: bool
) -> None:
    with device() as on:
        on.simulator.restarts_itself = itself
        sent, installed = run(renewed(on, tmp_path, firmware_image("1.11.3")))
        assert sent.outcome is Outcome.VERIFIED, sent
        assert installed is not None
        assert installed.outcome is Outcome.VERIFIED, installed
        assert installed.changes[0].now == "1.11.3"
        assert on.writes()[0] == "POST /load"


def test_a_file_that_is_no_firmware_is_refused_in_the_devices_words(
    run: Run[tuple[Receipt, Receipt | None]], tmp_path: Path
) -> None:
    with device() as on:
        sent, _ = run(renewed(on, tmp_path, b"MZ" + bytes(5000)))
        assert sent.outcome is Outcome.REFUSED
        assert "not a firmware image" in sent.message
        assert on.simulator.boots == 0


def test_the_same_version_again_is_not_said_to_be_new(run: Run[tuple[Receipt, Receipt | None]], tmp_path: Path) -> None:
    with device() as on:
        _, installed = run(renewed(on, tmp_path, firmware_image(on.simulator.firmware)))
        assert installed is not None
        assert installed.outcome is Outcome.DIFFERS


def test_every_documented_request_is_named_once_and_used() -> None:
    names = [resource.name for resource in RESOURCES]
    assert len(set(names)) == len(names) == 26
    used = uses(WHATWATT)
    assert {name for name, users in used.items() if not users} == UNUSED


def test_nothing_is_said_to_be_used_that_the_manual_does_not_document() -> None:
    names = {resource.name for resource in RESOURCES}
    declared = {
        **{one.key: one.resources for one in WHATWATT.sections},
        **{one.key: one.resources for one in WHATWATT.archives},
        **{one.key: one.resources for one in WHATWATT.actions},
        **{one.key: one.resources for one in WHATWATT.feeds},
    }
    for key, resources in declared.items():
        assert resources, key
        assert set(resources) <= names, key


def test_the_table_in_the_documentation_is_the_one_of_the_program() -> None:
    page = (Path(__file__).parents[3] / "docs" / "whatwatt.md").read_text(encoding="utf-8")
    for resource in RESOURCES:
        users = ", ".join(use if " " in use else f"`{use}`" for use in uses(WHATWATT)[resource.name]) or "–"
        assert re.search(rf"\| {resource.number} \| `{re.escape(resource.name)}` \|.*\| {re.escape(users)} \|", page)
