"""The meter's live values, polled over HTTPS."""

from __future__ import annotations

import math
from contextlib import aclosing
from pathlib import Path

import pytest

from app.simulators.faults import Fault
from app.vendors.g13 import feeds
from app.vendors.g13.feeds import POLLED, QUANTITIES, reading
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
