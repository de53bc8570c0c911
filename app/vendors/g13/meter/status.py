"""What a meter is and how it stands with it (manual 4.1, Status)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Scope, Section
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.label import read_label
from app.vendors.g13.meter.flags import FLAGS
from app.vendors.g13.meter.measured import whole
from app.vendors.g13.meter.offers import OFFERS
from app.vendors.g13.models import Whole
from app.vendors.g13.tables import MBUS_MEDIA


class Contact(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/status (manual 6.3.49): any good answer means that the meter can be reached."""

    serial: Whole | str = ""
    label: str = ""


class Info(msgspec.Struct, frozen=True):
    """What a meter is."""

    serial: Annotated[str, Field("Serial number", read_only=True, manual="6.3.43")]
    label: Annotated[str, Field("Type label", read_only=True, manual="6.3.43")]
    type: Annotated[str, Field("Type in words", read_only=True, help="The label read by Annexure 1.", manual="6.3.92")]
    firmware: Annotated[str, Field("Firmware", read_only=True, manual="6.3.43")]
    power_failures: Annotated[int, Field("Power failures", read_only=True, manual="6.3.43")]
    outage_s: Annotated[int, Field("Time without power", unit="s", read_only=True, manual="6.3.43")]
    co2: Annotated[float | None, Field("CO₂ factor", unit="kg/kWh", read_only=True, decimals=3, manual="6.3.43")]
    currency: Annotated[
        float | None, Field("Currency factor", unit="per kWh", read_only=True, decimals=3, manual="6.3.43")
    ]
    communication: Annotated[
        str,
        Field(
            "Communication",
            read_only=True,
            help="Whether the gateway reached the meter just now, and which type it found.",
            manual="6.3.49",
        ),
    ] = ""


async def _read_info(client: G13Client, serial: str) -> Info:
    contact = await client.get(meter_path(serial, "status"), Contact)
    info = await client.meter_info(serial)
    made, factors = info.manufacturing, info.conversionfactor
    return Info(
        serial=made.serial,
        label=made.label,
        type=read_label(made.label).words(),
        firmware=made.firmwareversion,
        power_failures=info.power.powerfailcounter,
        outage_s=info.power.poweroutagetime,
        co2=factors.co2_value,
        currency=factors.currency_value,
        communication=_contact_words(contact, made.label),
    )


def _contact_words(contact: Contact, label: str) -> str:
    who = f"answers as {contact.label or 'a meter without label'}, number {contact.serial or 'unknown'}"
    return who if contact.label == label else f"{who}: another meter than the one described here?"


INFO = Section(
    key="g13.info",
    title="Meter information",
    model=Info,
    read=_read_info,
    scope=Scope.METER,
    group="Status",
    icon="info",
    help="Type, firmware, power failures of the meter, and whether it can be reached.",
    manual="6.3.43, 6.3.49",
    resources=("GET /meters/<serial>/info", "GET /meters/<serial>/status"),
)


class HardwareVersions(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/hardwareversion (manual 6.3.46): up to eight parts, 18 characters each."""

    version: tuple[Whole | str | None, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """One part of a meter."""

    part: Annotated[str, Field("Part", read_only=True, manual="6.3.46")]
    version: Annotated[str, Field("Version", read_only=True, manual="6.3.46")]


class Hardware(msgspec.Struct, frozen=True):
    """The parts of a meter."""

    parts: Annotated[
        tuple[Part, ...],
        Field("Parts", read_only=True, help="Main board, inputs and outputs, interface.", manual="6.3.46"),
    ]


async def _read_hardware(client: G13Client, serial: str) -> Hardware:
    found = await client.get(meter_path(serial, "hardwareversion"), HardwareVersions)
    return Hardware(tuple(Part(f"Part {n}", str(version or "–")) for n, version in enumerate(found.version, start=1)))


HARDWARE = Section(
    key="g13.hardware",
    title="Hardware versions",
    model=Hardware,
    read=_read_hardware,
    scope=Scope.METER,
    group="Status",
    icon="device",
    help="Versions of up to eight parts of the meter.",
    manual="6.3.46",
    needs_read=("read HARDWARE_VERSION_0",),
    resources=("GET /meters/<serial>/hardwareversion",),
)


class MBusInfo(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/mbusinfo (manual 6.3.47): the medium is `devicetype` or, in the text, `medium`."""

    manufacturer: str = ""
    devicetype: Whole | str | None = None
    medium: Whole | str | None = None
    addressingmode: Whole | str | None = None
    version: Whole | str | None = None
    id: Whole | str | None = None


class MBus(msgspec.Struct, frozen=True):
    """What an M-Bus meter says of itself."""

    manufacturer: Annotated[str, Field("Manufacturer", read_only=True, manual="6.3.47")]
    medium: Annotated[str, Field("Medium", read_only=True, manual="6.3.47")]
    addressing: Annotated[str, Field("Addressing", read_only=True, manual="6.3.47")]
    version: Annotated[str, Field("Version", read_only=True, manual="6.3.47")]
    id: Annotated[str, Field("Identification", read_only=True, help="Four digits.", manual="6.3.47")]


PRIMARY_MOST = 250
PRIMARY_ANY = 0xFF
SECONDARY = 0xFD


def medium_words(code: object) -> str:
    """The medium; an unknown code is shown as it came."""
    known = whole(code)
    return "not told" if code is None else MBUS_MEDIA.get(-1 if known is None else known, f"medium {code}")


def addressing_words(code: object) -> str:
    """How the meter is addressed; an unknown code is shown as it came."""
    mode = whole(code)
    if mode == SECONDARY:
        return "secondary"
    if mode == PRIMARY_ANY:
        return "primary"
    if mode is not None and 0 <= mode <= PRIMARY_MOST:
        return f"primary, address {mode}"
    return "not told" if code is None else f"mode {code}"


def _text(value: object) -> str:
    return "not told" if value is None else str(value)


async def _read_mbus(client: G13Client, serial: str) -> MBus:
    found = await client.get(meter_path(serial, "mbusinfo"), MBusInfo)
    number = whole(found.id)
    return MBus(
        manufacturer=found.manufacturer or "not told",
        medium=medium_words(found.devicetype if found.devicetype is not None else found.medium),
        addressing=addressing_words(found.addressingmode),
        version=_text(found.version),
        id=_text(found.id) if number is None else f"{number:04d}",
    )


MBUS = Section(
    key="g13.mbusinfo",
    title="M-Bus information",
    model=MBus,
    read=_read_mbus,
    scope=Scope.METER,
    group="Status",
    icon="network",
    help="Manufacturer, medium and address of a meter on the M-Bus.",
    manual="6.3.47",
    needs_read=("read MBUS_CLIENT_0",),
    resources=("GET /meters/<serial>/mbusinfo",),
)

SECTIONS: tuple[AnySection, ...] = (INFO, FLAGS, HARDWARE, MBUS, OFFERS)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
