"""Meters in the tree cost nothing until one is selected: the gateway's own list of requests tells."""

from __future__ import annotations

from pathlib import Path

from app.simulators.host import SimulatorHost
from tests.bench.connected import rest, trusted
from tests.bench.simulators import crowded
from tests.ui.conftest import QRun

METERS = 32


def connected(qrun: QRun, folder: Path, meters: int, *, select: str = "") -> list[str]:
    """The requests that a gateway with so many meters gets from a window that connects, and selects one of them."""
    folder.mkdir()

    async def connect(host: SimulatorHost) -> None:
        async with trusted(folder, host[0].address) as (window, handle):
            await window.connect_device(handle)
            await rest(window)
            node = window.model.node_of(handle)
            assert node is not None
            assert len(node.children) == meters
            if select:
                meter = window.model.node_of(handle, select)
                assert meter is not None
                window.tree.select(meter)
                await rest(window)

    simulator = crowded(0.0, meters)
    with SimulatorHost([simulator]) as host:
        qrun(connect(host))
    return simulator.requests


def of_meters(requests: list[str]) -> set[str]:
    """The serials that were asked for anything."""
    paths = (request.split("/") for request in requests)
    return {path[2] for path in paths if path[1] == "meters" and len(path) > 2}


def test_nothing_is_asked_of_the_meters_of_a_gateway_that_was_opened(qrun: QRun, tmp_path: Path) -> None:
    many = connected(qrun, tmp_path / "many", METERS)
    assert "GET /meters" in many
    assert not of_meters(many)
    assert many == connected(qrun, tmp_path / "one", 1)


def test_only_the_selected_meter_is_asked(qrun: QRun, tmp_path: Path) -> None:
    chosen = crowded(0.0, METERS).gateway.meters[7].serial
    assert of_meters(connected(qrun, tmp_path / "many", METERS, select=chosen)) == {chosen}
