"""The variables of MQTT templates: their names, what they mean, and the values they have now (manual 4.1.1, 4.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from app.model.errors import BadReply
from app.model.field import Field
from app.model.section import AnySection, Section
from app.net.lenient import text_of
from app.vendors.whatwatt.client import WhatwattClient

PATH = "/api/v1/variables"

_REGISTERS = {
    1: ("Active energy, import", "kWh"),
    2: ("Active energy, export", "kWh"),
    3: ("Reactive energy, positive", "kvarh"),
    4: ("Reactive energy, negative", "kvarh"),
    5: ("Reactive energy Q1, imported inductive", "kvarh"),
    6: ("Reactive energy Q2, imported capacitive", "kvarh"),
    7: ("Reactive energy Q3, exported inductive", "kvarh"),
    8: ("Reactive energy Q4, exported capacitive", "kvarh"),
}
_POWERS = {
    1: ("Active power, import", "kW"),
    2: ("Active power, export", "kW"),
    3: ("Reactive power, positive", "kvar"),
    4: ("Reactive power, negative", "kvar"),
}
_TARIFFS = ("", ", tariff 1", ", tariff 2")
_WORDS = """
energy.in | Active energy, import | kWh
energy.out | Active energy, export | kWh
power.in | Active power, import | kW
power.out | Active power, export | kW
9_7_0 | Apparent power | kVA
31_7_0 | Current L1 | A
51_7_0 | Current L2 | A
71_7_0 | Current L3 | A
32_7_0 | Voltage L1 | V
52_7_0 | Voltage L2 | V
72_7_0 | Voltage L3 | V
13_7_0 | Power factor
tariff | Tariff now
conv_factor | Conversion factor
timestamp | Time of the report, seconds since 1970 | s
meter.date_time | Time of the report, local
meter.id | Meter: identifier
meter.type | Meter: type
meter.vendor | Meter: maker
meter.model | Meter: model
meter.interface | Meter: interface
meter.protocol | Meter: protocol
meter.protocol_ver | Meter: version of the protocol
meter.status | Meter: status
sys.name | Device: name
sys.id | Device: identifier
sys.firmware | Device: firmware
sys.date_time | Device: its clock, local
plug.interface | Interface that is plugged in
plug.voltage.usb | Voltage at USB | V
plug.voltage.p1 | Voltage at P1 | V
plug.voltage.mbus | Voltage at M-Bus | V
wifi.mode | Wi-Fi: mode
wifi.sta.status | Wi-Fi: status
wifi.sta.ssid | Wi-Fi: network
wifi.sta.bssid | Wi-Fi: MAC address of the access point
wifi.sta.rssi | Wi-Fi: signal level | dBm
wifi.sta.channel | Wi-Fi: channel
wifi.sta.mac | Wi-Fi: MAC address
wifi.sta.ip | Wi-Fi: IP address
wifi.sta.mask | Wi-Fi: subnet mask
wifi.sta.gw | Wi-Fi: gateway
wifi.sta.dns | Wi-Fi: DNS server
eth.state | Ethernet: status
eth.mac | Ethernet: MAC address
eth.ip | Ethernet: IP address
eth.mask | Ethernet: subnet mask
eth.gw | Ethernet: gateway
eth.dns | Ethernet: DNS server
"""


def _documented() -> dict[str, tuple[str, str]]:
    found = {
        f"{register}_8_{tariff}": (title + _TARIFFS[tariff], unit)
        for register, (title, unit) in _REGISTERS.items()
        for tariff in range(3)
    }
    for direction, title in ((1, "Highest demand, import"), (2, "Highest demand, export")):
        found |= {f"{direction}_6_{tariff}": (title + _TARIFFS[tariff], "kW") for tariff in range(3)}
    for power, (title, unit) in _POWERS.items():
        found[f"{power}_7_0"] = title, unit
        found |= {f"{20 * phase + power}_7_0": (f"{title} L{phase}", unit) for phase in (1, 2, 3)}
    for line in _WORDS.strip().splitlines():
        name, title, unit = ([part.strip() for part in line.split("|")] + [""])[:3]
        found[name] = title, unit
    return found


DOCUMENTED: Mapping[str, tuple[str, str]] = _documented()
"""Meaning and unit of every variable that the manual lists."""


_NUMBERS_IN_WORDS = frozenset({"wifi.sta.rssi", "wifi.sta.channel"})
_WORDS_IN_TEXT = ("meter.", "sys.", "wifi.", "eth.", "plug.interface")


def is_text(name: str) -> bool:
    """Does JSON need quotes around this variable (manual 4.1.1, column 'Type')?"""
    return name.startswith(_WORDS_IN_TEXT) and name not in _NUMBERS_IN_WORDS


class Variable(msgspec.Struct, frozen=True):
    """One variable as the device has it now."""

    name: Annotated[str, Field("Name", read_only=True, manual="4.1.1")]
    value: Annotated[str, Field("Now", read_only=True, help="null: the meter does not send it", manual="4.1.2")] = ""
    unit: Annotated[str, Field("Unit", read_only=True, manual="4.1.1")] = ""
    meaning: Annotated[str, Field("Meaning", read_only=True, manual="4.1.1")] = ""


class Variables(msgspec.Struct, frozen=True):
    """All variables."""

    variables: Annotated[tuple[Variable, ...], Field("Variables", row_key="name", read_only=True, manual="4.1.2")] = ()


async def read_variables(client: WhatwattClient, _target: str = "") -> Variables:
    """What the device would put in place of each variable.

    Raises:
        LicenceRequired: the device has no Plus licence.
        BadReply: the answer is no list of names and values.
    """
    return Variables(variables_of(await client.document(PATH)))


def variables_of(document: object) -> tuple[Variable, ...]:
    """The variables of an answer: a list of objects with one name each, or one object with all.

    Raises:
        BadReply: it is neither.
    """
    rows = document if isinstance(document, list) else [document]
    values: dict[str, str] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise BadReply(f"The device's answer to {PATH} is no list of variables.")
        values |= {str(name): "null" if value is None else text_of(value) for name, value in row.items()}
    return tuple(
        Variable(name, value, unit=DOCUMENTED.get(name, ("", ""))[1], meaning=DOCUMENTED.get(name, ("", ""))[0])
        for name, value in values.items()
    )


SECTIONS: tuple[AnySection, ...] = (
    Section(
        key="whatwatt.variables",
        icon="tag",
        title="Variables",
        model=Variables,
        read=read_variables,
        group="Services",
        help="What MQTT templates can hold, with the values of this moment. Needs the maker's Plus licence.",
        manual="4.1.1, 4.1.2",
        resources=(f"GET {PATH}",),
    ),
)
