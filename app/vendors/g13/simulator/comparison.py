"""The simulated gateway's reading of one quantity of up to five meters (manual 6.3.16).

What it answers is what the meters themselves answer to the resources of single meters, picked by OBIS code. Decided
here, the manual being silent: a quantity that one of the meters does not have is READ_WRITE_DENIED for all, a silent
meter is a 500 for all, and every quantity is a register (interface class 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.vendors.g13.simulator import registers
from app.vendors.g13.simulator.calls import FAILED, Call, Reply, Resource, resource
from app.vendors.g13.simulator.refusal import Refusal, check_tags, denied, invalid
from app.vendors.g13.simulator.users import FORBIDDEN, Role

MOST_DEVICES = 5
_REGISTER = 3
_VALUE, _UNIT = 2, 3
_LONGEST_OBIS = 23
_LINES = ("l1", "l2", "l3")

Place = tuple[str, str, str]
"""The resource of a meter, and where in its answer the value stands."""


def _places() -> dict[tuple[int, int, int], Place]:
    """By the groups C, D and E of the code (IEC 62056-61)."""
    found: dict[tuple[int, int, int], Place] = {
        (91, 7, 0): ("instrument", "neutral", "current"),
        (13, 7, 0): ("instrument", "total", "powerfactor"),
        (14, 7, 0): ("instrument", "frequency", "frequency"),
    }
    for c, kind in ((16, "active"), (3, "reactive"), (9, "apparent")):
        found[c, 7, 0] = ("power", kind, "total")
    for number, line in enumerate(_LINES):
        step = 20 * number
        found[32 + step, 7, 0] = ("instrument", line, "voltage")
        found[31 + step, 7, 0] = ("instrument", line, "current")
        found[33 + step, 7, 0] = ("instrument", line, "powerfactor")
        found[36 + step, 7, 0] = ("power", "active", line)
        found[23 + step, 7, 0] = ("power", "reactive", line)
        found[29 + step, 7, 0] = ("power", "apparent", line)
        found[81, 7, number] = ("instrument", line, "phaseanglevoltage")
        found[81, 7, (4, 15, 26)[number]] = ("instrument", line, "phaseanglepower")
    for c, kind, way in (
        (1, "active", "importenergy"),
        (2, "active", "exportenergy"),
        (16, "active", "netenergy"),
        (3, "reactive", "importenergy"),
        (4, "reactive", "exportenergy"),
        (9, "apparent", "importenergy"),
        (10, "apparent", "exportenergy"),
    ):
        found[c, 8, 0] = (f"energy/{kind}", way, "total")
        for number, line in enumerate(_LINES):
            found[c + 20 + 20 * number, 8, 0] = (f"energy/{kind}", way, line)
        if kind != "apparent" and way != "netenergy":
            for tariff in range(1, 5):
                found[c, 8, tariff] = (f"energy/{kind}", way, f"t{tariff}")
    return found


_PLACES = _places()


def _execute(call: Call) -> Reply:
    sent = check_tags(call.body, ["devices", "obis", "classid", "attributes"])
    serials = _serials(call, sent["devices"])
    place = _place(sent["obis"])
    if sent["classid"] != _REGISTER or isinstance(sent["classid"], bool):
        raise invalid("classid")
    attributes = sent["attributes"]
    if attributes not in ([_VALUE], [_VALUE, _UNIT]):
        raise invalid("attributes")
    return {serial: _value(call, serial, place)[: len(attributes)] for serial in serials}


def _serials(call: Call, devices: object) -> list[str]:
    if (
        not isinstance(devices, list)
        or not 0 < len(devices) <= MOST_DEVICES
        or len(set(map(str, devices))) < len(devices)
    ):
        raise invalid("devices")
    for serial in devices:
        if not isinstance(serial, str) or serial not in call.gateway.registered:
            raise invalid("devices")
        if call.gateway.users.role(call.user, serial) is Role.NONE:
            raise Refusal(403, FORBIDDEN)
    return devices


def _place(obis: object) -> Place:
    """Where the value of a code is found; six numbers, or the same as text with points."""
    if isinstance(obis, str) and len(obis) <= _LONGEST_OBIS:
        obis = [int(part) if part.isdecimal() else part for part in obis.split(".")]
    if not isinstance(obis, list) or len(obis) != 6 or any(type(part) is not int for part in obis):
        raise invalid("obis")
    a, b, c, d, e, f = obis
    place = _PLACES.get((c, d, e))
    if (a, b, f) != (1, 0, 255) or place is None:
        raise invalid("obis")
    return place


def _value(call: Call, serial: str, place: Place) -> list[str]:
    """[value, unit], as the meter's own resource writes it."""
    topic, group, name = place
    reply: Mapping[str, Any] | None = None
    meter = call.gateway.registered[serial].meter
    call.gateway.reach(meter, FAILED)
    if topic == "power":
        reply = meter.power()
    elif topic == "instrument":
        reply = meter.instrument()
    else:
        reply = _asked(call, serial, topic)
    pair = (reply or {}).get(group, {}).get(name)
    if pair is None:
        raise denied()
    return [str(part) for part in pair]


def _asked(call: Call, serial: str, topic: str) -> Reply | None:
    path = f"/meters/{serial}/{topic}"
    for known in registers.RESOURCES:
        found = known.path.fullmatch(path)
        if known.method == "GET" and found is not None:
            return known.answer(Call(call.gateway, call.user, found.groupdict(), None))
    raise denied()


RESOURCES: tuple[Resource, ...] = (resource("POST", "/gateway/execute", _execute),)
