"""The meter's live values, polled over HTTPS."""

from __future__ import annotations

import json
import math
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest

from app.simulators.faults import Fault
from app.simulators.host import Running
from app.vendors.g13 import feeds
from app.vendors.g13.feeds import POLLED, QUANTITIES, reading
from app.vendors.g13.simulator import G13Simulator
from tests.app.command_lines import Cli
from tests.conftest import Run
from tests.gateways import MAIN, gateway, session


def test_readings_agree_with_each_other(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "INTERVAL_S", 0.02)

    async def watch() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            taken = []
            async with aclosing(POLLED.open(opened.connection, MAIN)) as readings:
                async for each in readings:
                    taken.append(dict(zip((q.key for q in QUANTITIES), each.values, strict=True)))
                    if len(taken) == 2:
                        device.faults.add(Fault.DROP_BEFORE, times=2, method="GET")
                    if len(taken) == 4:
                        break
            for values in taken:
                lines = sum(values[f"power.{line}"] for line in ("l1", "l2", "l3"))
                assert lines == pytest.approx(values["power.total"], abs=5)
                assert 200 < values["voltage.l1"] < 260
                assert 49 < values["frequency"] < 51

    with gateway() as device:
        run(watch())


def test_the_manuals_example_and_a_single_phase_meter() -> None:
    instrument = {
        "l1": {"current": ("0.00", "A"), "voltage": ("227.1", "V")},
        "total": {"powerfactor": ("0.000", "")},
        "frequency": {"frequency": ("49.78", "Hz")},
    }
    power = {"active": {"l1": ("2000001", "W"), "total": ("2000000", "W")}, "reactive": {"total": ("n/a", "W")}}
    values = dict(zip((q.key for q in QUANTITIES), reading(instrument, power, 1.0).values, strict=True))
    assert values["voltage.l1"] == 227.1
    assert values["power.total"] == 2000000
    assert math.isnan(values["voltage.l2"])
    assert math.isnan(values["reactive.total"])


# On the command line.

VENTILATION = "ABB01EM000014502"


def several(*serials: str) -> tuple[str, ...]:
    """The options that name these meters."""
    return tuple(word for serial in serials for word in ("--meter", serial))


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast one."""
    monkeypatch.setattr(feeds, "INTERVAL_S", 0.02)


@pytest.mark.usefixtures("pace")
def test_several_meters_come_a_line_each_and_are_named(cli: Cli, gateway: Running) -> None:
    lines = cli.text("live", gateway.url, *several(MAIN, VENTILATION, MAIN), "--count", "2", "--json").splitlines()
    readings = [json.loads(line) for line in lines]
    assert sorted(reading["meter"] for reading in readings) == [MAIN, MAIN, VENTILATION, VENTILATION]
    assert all(200 < reading["values"]["voltage.l1"] < 260 for reading in readings)
    shown = cli.text("live", gateway.url, *several(MAIN, VENTILATION), "--count", "1").splitlines()
    assert {line.split()[1] for line in shown} == {MAIN, VENTILATION}
    assert all("power.total" in line for line in shown)
    (alone,) = cli.text("live", gateway.url, "--meter", MAIN, "--count", "1").splitlines()
    assert MAIN not in alone


@pytest.mark.usefixtures("pace")
def test_a_silent_meter_does_not_hold_up_the_other_and_is_named_in_the_end(cli: Cli, gateway: Running) -> None:
    cast(G13Simulator, gateway.simulator).gateway.wired(VENTILATION).powered = False
    shown = cli.text("live", gateway.url, *several(MAIN, VENTILATION), "--seconds", "1", "--json", code=3)
    *readings, failure = [json.loads(line) for line in shown.splitlines()]
    assert len(readings) > 3
    assert {reading["meter"] for reading in readings} == {MAIN}
    assert VENTILATION in failure["error"]["message"]
    assert MAIN not in failure["error"]["message"]


@pytest.mark.usefixtures("pace")
def test_a_meter_that_nobody_knows_is_refused_before_anything_is_asked(cli: Cli, gateway: Running) -> None:
    told = cli.error("live", gateway.url, *several(MAIN, "NONE"), "--count", "1", code=2)
    assert "NONE is not registered" in told["message"]
    assert not any("/instrument" in request for request in cast(G13Simulator, gateway.simulator).requests)
