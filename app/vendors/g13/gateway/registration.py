"""The meters that the gateway speaks with: registered, renamed, deleted (manual 4.4, 4.5.2)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Problem, Section, Step
from app.vendors.g13.client import G13Client, encode, meter_path
from app.vendors.g13.models import Meters
from app.vendors.g13.tables import MAX_UPDATE_BYTES, bus_name, meter_state

from .basics import ALIAS, LOCATION, SERIAL


class Registration(msgspec.Struct, frozen=True):
    """One registered meter, as a row."""

    serial: Annotated[
        str, Field("Serial number", max_length=SERIAL, pattern=r"\S+", pattern_help="not empty, no spaces")
    ]
    alias: Annotated[str, Field("Name", max_length=ALIAS, help="How the meter is called.")]
    location: Annotated[str, Field("Location", max_length=LOCATION, help="Meters are grouped by it.")]
    bus: Annotated[str, Field("Bus", read_only=True)] = ""
    address: Annotated[str, Field("Address", read_only=True)] = ""
    state: Annotated[str, Field("State", read_only=True)] = ""


class Registrations(msgspec.Struct, frozen=True):
    """All meters that the gateway speaks with."""

    meters: Annotated[
        tuple[Registration, ...],
        Field(
            "Registered meters",
            row_key="serial",
            help="A meter must have answered a scan before it can be registered.",
            manual="6.3.31 to 6.3.34",
        ),
    ]


def registrations(listing: Meters) -> tuple[Registration, ...]:
    """The gateway's list by location as rows."""
    return tuple(
        Registration(
            meter.serial,
            meter.alias,
            place.location,
            bus_name(meter.protocol),
            str(meter.address),
            meter_state(meter.status),
        )
        for place in listing.locations
        for meter in place.meters
    )


async def _read_meters(client: G13Client, _: str) -> Registrations:
    return Registrations(registrations(await client.registered()))


def _plan_meters(before: Registrations, after: Registrations, _: str) -> list[Step]:
    """One request for each meter that is new, renamed or gone; those that are gone first, to make room."""
    old = {meter.serial: meter for meter in before.meters}
    new = {meter.serial: meter for meter in after.meters}
    steps = [
        Step(f"Delete meter {serial}", "DELETE", meter_path(serial), _body(meter), ("meters",))
        for serial, meter in old.items()
        if serial not in new
    ]
    for serial, meter in new.items():
        if serial not in old:
            steps.append(Step(f"Register meter {serial}", "PUT", "/meters", _body(meter), ("meters",)))
        elif (meter.alias, meter.location) != (old[serial].alias, old[serial].location):
            steps.append(Step(f"Rename meter {serial}", "POST", meter_path(serial), _body(meter), ("meters",)))
    return steps


def _body(meter: Registration) -> dict[str, object]:
    return {"alias": meter.alias, "location": meter.location, "serial": meter.serial}


def _meters_problems(value: Registrations) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for index, meter in enumerate(value.meters):
        if meter.serial in seen:
            problems.append(Problem(f"meters[{index}].serial", f"Meter {meter.serial} stands in the list twice."))
        seen.add(meter.serial)
        length = len(encode(_body(meter)))
        if length > MAX_UPDATE_BYTES:
            problems.append(
                Problem(f"meters[{index}].location", f"Name and location need {length} bytes, {MAX_UPDATE_BYTES} fit.")
            )
    return problems


def _meters_erased(before: Registrations, after: Registrations) -> tuple[str, ...]:
    kept = {meter.serial for meter in after.meters}
    return tuple(
        f"the registration of meter {meter.serial} ({meter.alias})"
        for meter in before.meters
        if meter.serial not in kept
    )


METERS = Section(
    key="g13.meters",
    title="Device registration",
    model=Registrations,
    read=_read_meters,
    plan=_plan_meters,
    problems=_meters_problems,
    erases=_meters_erased,
    group="Gateway",
    icon="meters",
    help="Names and locations of the meters. Scan first to add one; nothing changes before you send.",
    manual="4.4, 4.5.2, 6.3.31 to 6.3.34",
    resources=("GET /meters", "PUT /meters", "POST /meters/<serial>", "DELETE /meters/<serial>"),
)

SECTIONS: tuple[AnySection, ...] = (METERS,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
