"""How the device speaks with the meter: serial port, encryption, corrections (manual 5.3).

Decided here: the scaling scheme for the Landis+Gyr E570 is written lge570; in print its first letter may be read as
another. Keys are written only: empty leaves the key, 32 zeros clear it.
"""

from __future__ import annotations

from typing import Annotated

from app.model.field import Choice, Discreet, Field
from app.model.section import AnySection, Guide, Problem, Section
from app.vendors.whatwatt.places import At
from app.vendors.whatwatt.settings.editing import back_to_defaults, put_changes, read_page, undocumented_choices

PATH = "/api/v1/meter/settings"
KEY_DIGITS = 32
NO_KEY = "0" * KEY_DIGITS
_KEY = rf"|[0-9A-Fa-f]{{{KEY_DIGITS}}}"
_KEY_HELP = f"{KEY_DIGITS} hexadecimal digits, 0 to 9 and A to F"
_INT32 = 2**31

BAUD_RATES = tuple(Choice(baud, str(baud)) for baud in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200))
PARITY = (Choice("none", "None"), Choice("odd", "Odd"), Choice("even", "Even"))
STOP_BITS = (Choice("1", "1"), Choice("1.5", "1.5"), Choice("2", "2"))
INTERFACES = (
    Choice("auto", "Found by the device"),
    Choice("p1", "P1"),
    Choice("mbus", "M-Bus"),
    Choice("ttl", "TTL"),
    Choice("mep", "MEP"),
)
SCALING = (
    Choice("default", "Found by the device"),
    Choice("lge570", "Landis+Gyr E570"),
    Choice("custom", "Custom"),
)
_STRICT = {"parity", "stop_bits", "interface", "scaling"}


class MeterPort(Discreet, frozen=True):
    """The port to the meter, and what is done to the meter's values."""

    interface: Annotated[
        str | None,
        Field(
            "Interface",
            choices=INTERFACES,
            suggestions=True,
            help="Found by the device: interface, and with it port and protocol, come from what is plugged in.",
            manual="5.3",
        ),
        At("if_type"),
    ] = None
    auto_baud_rate: Annotated[
        bool | None,
        Field(
            "Serial port found by the device",
            help="It then works out baud rate, parity, stop bits and inversion by itself.",
            manual="5.3",
        ),
        At("auto_baudrate"),
    ] = None
    baud_rate: Annotated[
        int | None,
        Field("Baud rate", choices=BAUD_RATES, suggestions=True, minimum=300, maximum=115200, manual="5.3"),
        At("baudrate"),
    ] = None
    parity: Annotated[str | None, Field("Parity", choices=PARITY, suggestions=True, manual="5.3"), At("parity")] = None
    stop_bits: Annotated[
        str | None, Field("Stop bits", choices=STOP_BITS, suggestions=True, manual="5.3"), At("stop_bits")
    ] = None
    rx_invert: Annotated[bool | None, Field("Receive line inverted", manual="5.3"), At("rx_invert")] = None
    tx_invert: Annotated[bool | None, Field("Send line inverted", manual="5.3"), At("tx_invert")] = None
    encryption: Annotated[bool | None, Field("Meter encrypts its data", manual="5.3"), At("encryption")] = None
    encryption_key: Annotated[
        str,
        Field(
            "Encryption key",
            secret=True,
            pattern=_KEY,
            pattern_help=_KEY_HELP,
            help="From the grid operator. Empty: the one it has stays. 32 zeros clear it.",
            manual="5.3",
        ),
        At("encryption_key"),
    ] = ""
    authentication_key: Annotated[
        str,
        Field(
            "Authentication key",
            secret=True,
            pattern=_KEY,
            pattern_help=_KEY_HELP,
            help="Only for meters that want one. Empty: the one it has stays. 32 zeros clear it.",
            manual="5.3",
        ),
        At("authentication_key"),
    ] = ""
    conversion_factor: Annotated[
        int | None,
        Field(
            "Conversion factor",
            minimum=1,
            maximum=10000,
            help="Power, energy, current and highest demand are multiplied by it: the ratio of transformers.",
            manual="5.3",
        ),
        At("conv_factor"),
    ] = None
    time_offset_s: Annotated[
        int | None,
        Field(
            "Correction of the meter's clock",
            unit="s",
            minimum=-_INT32,
            maximum=_INT32 - 1,
            help="Added to the time in reports.",
            manual="5.3",
        ),
        At("time_offset"),
    ] = None
    follow_ntp: Annotated[
        bool | None,
        Field(
            "Correction follows network time",
            help="Switched off again, the last correction stays.",
            manual="5.3",
        ),
        At("sync_time_offset_with_ntp"),
    ] = None
    scaling: Annotated[
        str | None,
        Field(
            "Scaling of values",
            choices=SCALING,
            suggestions=True,
            help="For meters that send their values in unusual magnitudes.",
            manual="5.3",
        ),
        At("scalers_set"),
    ] = None
    buffer_size: Annotated[int | None, Field("Buffer", read_only=True, manual="5.3"), At("buffer_size")] = None
    method: Annotated[str | None, Field("Method", read_only=True, manual="5.3"), At("method")] = None


def _problems(value: MeterPort) -> list[Problem]:
    problems = []
    if value.encryption is False and value.encryption_key.strip("0"):
        problems.append(
            Problem("encryption_key", "The key is kept, but not used while encryption is off.", warning=True)
        )
    return problems


_listed = undocumented_choices(MeterPort)


def _change_problems(before: MeterPort, after: MeterPort) -> list[Problem]:
    problems = [problem for problem in _listed(before, after) if problem.field in _STRICT]
    if after.auto_baud_rate:
        problems += [
            Problem(field, "The device works this out by itself while 'Serial port found by the device' is on.", True)
            for field in ("baud_rate", "parity", "stop_bits", "rx_invert", "tx_invert")
            if getattr(before, field) != getattr(after, field)
        ]
    if after.follow_ntp and before.time_offset_s != after.time_offset_s:
        problems.append(Problem("time_offset_s", "Network time will replace this correction.", warning=True))
    return problems


def _guide(before: MeterPort, after: MeterPort) -> Guide | None:
    """A device that takes its power from the meter's port may fall silent with it."""
    if before.interface == after.interface:
        return None
    return Guide(
        "The device turns to another interface. No values come until the meter is recognised there, which takes a "
        "minute or two. The device itself stays where it is in the network.",
        patience_s=60.0,
        lost="Check that it still has power: one that is fed by the meter restarts when the cable is moved.",
    )


METER_PORT = Section(
    key="whatwatt.meter_port",
    icon="bus",
    title="Meter communication",
    model=MeterPort,
    read=read_page(MeterPort, PATH),
    plan=put_changes("Set the meter's port", PATH),
    problems=_problems,
    change_problems=_change_problems,
    guide=_guide,
    tags={
        "if_type": "interface",
        "auto_baudrate": "auto_baud_rate",
        "baudrate": "baud_rate",
        "conv_factor": "conversion_factor",
        "time_offset": "time_offset_s",
        "sync_time_offset_with_ntp": "follow_ntp",
        "scalers_set": "scaling",
    },
    group="Meter",
    help="Serial port, keys and corrections. The device mostly finds out by itself what the meter speaks.",
    manual="5.3",
    resources=(f"GET {PATH}", f"PUT {PATH}"),
)

METER_PORT_DEFAULTS = back_to_defaults(
    METER_PORT,
    {
        "interface": "auto",
        "auto_baud_rate": True,
        "baud_rate": 115200,
        "parity": "none",
        "stop_bits": "1",
        "rx_invert": False,
        "tx_invert": False,
        "encryption": False,
        "conversion_factor": 1,
        "time_offset_s": 0,
        "follow_ntp": False,
        "scaling": "default",
    },
    path=PATH,
    erases=("the meter's encryption key and authentication key", "port, conversion factor and corrections"),
)

SECTIONS: tuple[AnySection, ...] = (METER_PORT,)
ACTIONS = (METER_PORT_DEFAULTS,)
