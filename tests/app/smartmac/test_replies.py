"""What meters answer: the manual's examples, what others recorded, and what no meter should answer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.model.errors import BadReply
from app.model.quantity import Phase
from app.net.lenient import JsonReader
from app.vendors.smartmac.quantities import QUANTITIES, values_of
from app.vendors.smartmac.reply import Reply, kind_of, reply_of

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "smartmac"
KEYS = ("V", "A", "W", "rW", "Wh", "rWh", "PF")


def fixture(name: str) -> Reply:
    return reply_of(JsonReader("a meter").decode((FIXTURES / name).read_bytes()))


def told(**data: Any) -> Reply:
    return reply_of({"devid": "1", "time": "1530607456", "pout": "0", "data": data})


def measured(reply: Reply) -> dict[str, float]:
    """The feed's values that are there."""
    found = zip(QUANTITIES, values_of(reply), strict=True)
    return {quantity.key: value for quantity, value in found if not math.isnan(value)}


def test_the_manuals_example_is_read_with_its_raw_line_breaks() -> None:
    body = (FIXTURES / "getdata-three-phase.json").read_bytes()
    assert b'{"name":"\n"}' in body
    reply = fixture("getdata-three-phase.json")
    assert (reply.id, reply.time, reply.relay) == ("1728053249", 1530607456, False)
    assert [value.key for value in reply.values] == [*(f"{key}{line}" for line in "123" for key in KEYS), "T"]
    power = next(value for value in reply.values if value.key == "rW2")
    assert (power.name, power.value, power.unit, power.phase) == ("Rev. Active Power 2", "0", "W", Phase.L2)
    assert kind_of(reply) == "Three-phase meter"
    values = measured(reply)
    assert (values["voltage.l1"], values["current.l2"], values["power_factor.l3"]) == (220.89, 0.34, 0.60)
    assert values["power.total"] == 586 + 30 + 37
    assert values["energy.import"] == 33549075 + 4831905 + 6710742
    assert values["energy.export.l1"] == 0
    assert values["temperature"] == 14


def test_the_commented_example_of_the_manual_is_read_without_its_comments() -> None:
    reply = fixture("getdata-commented.json")
    assert reply.time == 1530607516
    assert measured(reply)["voltage.l3"] == 216.34
    assert len(reply.values) == 22


def test_the_totals_of_newer_units_win_over_the_sum_of_the_lines() -> None:
    reply = told(
        W1={"name": "W", "unit": "W", "value": "100"},
        W2={"name": "W", "unit": "W", "value": "200"},
        W={"name": "Active Power", "unit": "W", "value": "301"},
        rW={"name": "Rev. Active Power", "unit": "W", "value": "0"},
        Wh1={"name": "E", "unit": "Wh", "value": "5"},
        TWh={"name": "Total", "unit": "Wh", "value": "9 876 543"},
        rTWh={"name": "Total", "unit": "Wh", "value": "17"},
        Fr1={"name": "Frequency 1", "unit": "Hz", "value": "49.98"},
        br3={"name": "<br>"},
    )
    values = measured(reply)
    assert values["power.total"] == 301
    assert values["energy.import"] == 9876543
    assert values["energy.export"] == 17
    assert values["frequency.l1"] == 49.98
    assert "br3" not in [value.key for value in reply.values]


def test_a_single_phase_meter_has_keys_without_a_number() -> None:
    reply = told(
        V={"name": "Voltage", "unit": "V", "value": "229.1"},
        W={"name": "Active Power", "unit": "W", "value": "0"},
        rW={"name": "Rev. Active Power", "unit": "W", "value": "1250"},
        rWh={"name": "Rev. Energy", "unit": "Wh", "value": 42},
    )
    assert kind_of(reply) == "Single-phase meter"
    values = measured(reply)
    assert (values["voltage"], values["power.total"], values["power.export"]) == (229.1, -1250, 1250)
    assert values["energy.export"] == 42


def test_a_negative_power_is_not_counted_twice() -> None:
    reply = told(W1={"unit": "W", "value": "-300"}, rW1={"unit": "W", "value": "300"})
    assert measured(reply)["power.l1"] == -300


def test_unknown_keys_are_shown_with_their_own_name_and_unit() -> None:
    reply = told(Ch1={"name": "Cold water", "unit": "m³", "value": "12.5"}, X9={"value": None}, Y=7)
    assert [(v.key, v.name, v.unit, v.value) for v in reply.values] == [
        ("Ch1", "Cold water", "m³", "12.5"),
        ("X9", "X9", "", ""),
        ("Y", "Y", "", "7"),
    ]
    assert reply.values[0].phase is Phase.TOTAL
    assert kind_of(reply) == "Pulse counter"


def test_kilo_units_are_brought_to_plain_ones() -> None:
    assert told(Wh={"unit": "kWh", "value": "12,5"}).number("Wh") == 12500


@pytest.mark.parametrize("value", ["", "–", "nan", "inf", "1e999", "on", None, {"a": 1}, [1], True])
def test_what_is_no_number_is_no_value_but_is_shown(value: object) -> None:
    reply = told(V1={"name": "Voltage 1", "unit": "V", "value": value})
    assert math.isnan(reply.number("V1"))
    assert reply.values[0].name == "Voltage 1"


@pytest.mark.parametrize(
    ("pout", "relay"), [("0", False), ("1", True), (1, True), (True, True), ("7", None), ("", None)]
)
def test_the_relays_state_is_read_and_an_unknown_one_is_kept(pout: object, relay: bool | None) -> None:
    reply = reply_of({"data": {}, "pout": pout})
    assert reply.relay is relay
    assert reply.relay_text == str(int(pout) if isinstance(pout, bool) else pout)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {"data": 3},
        {"data": []},
        {"devid": {}, "data": {}},
        {"data": {}, "pout": [1]},
        {"data": {f"X{n}": 1 for n in range(501)}},
    ],
)
def test_an_answer_of_something_else_is_refused(document: object) -> None:
    with pytest.raises(BadReply):
        reply_of(document)


@pytest.mark.parametrize("time", ["", "soon", "-5", "9" * 400, 1e300])
def test_a_time_that_is_none_is_none(time: object) -> None:
    assert reply_of({"data": {}, "time": time}).time == 0


def test_texts_of_the_device_are_one_short_line() -> None:
    value = told(V1={"name": "a\nb\x1b[31m" + "x" * 500, "unit": "\r", "value": "1"}).values[0]
    assert value.name.startswith("a b [31mx")
    assert len(value.name) == 200
    assert value.unit == ""


def test_names_of_quantities_are_unique() -> None:
    assert len({quantity.key for quantity in QUANTITIES}) == len(QUANTITIES)
    assert msgspec.json.encode([quantity.key for quantity in QUANTITIES])


def test_a_time_that_no_computer_holds_is_none_and_no_crash() -> None:
    endless = JsonReader("a meter").decode(b'{"a":1' + b"0" * 400 + b"}")
    assert isinstance(endless, dict)
    assert reply_of({"devid": 1, "time": endless["a"], "data": {}}).time == 0
