"""The gateway's own list of quantities, in words, and where each can be stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.model.errors import UsageError
from app.net.lenient import JsonReader, convert
from app.vendors.g13.gateway.quantities import QUANTITIES, MappingReply, StorableReply, quantities
from app.vendors.g13.parameter_names import PARAMETER_NAMES
from app.vendors.g13.tables import STORABLE
from tests.conftest import Run
from tests.gateways import gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"


def example(name: str) -> Any:
    return JsonReader("the manual").decode((FIXTURES / name).read_bytes())


def test_the_manuals_lists_are_understood() -> None:
    names = convert(example("6.3.28-reply.json"), MappingReply).map
    assert {int(number): name for number, name in names.items()} == PARAMETER_NAMES
    storable = convert(example("6.3.29-reply.json"), StorableReply)
    assert msgspec.structs.asdict(storable) == STORABLE


def test_every_quantity_is_told_in_words_with_where_it_can_be_stored(run: Run, tmp_path: Path) -> None:
    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            rows = {row.number: row for row in (await opened.read(QUANTITIES, "")).value.quantities}
            assert [int(number) for number in rows] == sorted(PARAMETER_NAMES)
            power = rows["96"]
            assert (power.name, power.meaning) == ("ACTIVE_POWER_TOTAL", "Active power, total")
            assert (power.previous_values, power.load_profile, power.demand, power.alarms) == (
                False,
                False,
                True,
                True,
            )
            energy = rows["1"]
            assert (energy.previous_values, energy.load_profile, energy.demand, energy.alarms) == (
                True,
                True,
                False,
                False,
            )
            with pytest.raises(UsageError, match="only be read"):
                opened.preview(QUANTITIES, "")

    with gateway() as device:
        run(read())
        assert "GET /parametermapping" in device.requests
        assert "GET /storablequantities" in device.requests


def test_what_the_manual_does_not_know_is_shown_as_it_came() -> None:
    names = {"1": "VOLTAGE_L1", "200": "WATER_FLOW_RATE", "x7": "ODD", "3": "ACTIVE_ENERGY_IMPORT_L1"}
    rows = quantities(names, StorableReply(pv=(3, 250))).quantities
    assert [(row.number, row.meaning, row.previous_values) for row in rows] == [
        ("1", "Voltage L1", False),
        ("3", "Active energy import L1", True),
        ("200", "Water flow rate", False),
        ("250", "–", True),
        ("x7", "Odd", False),
    ]
