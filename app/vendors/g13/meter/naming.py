"""How the gateway calls a meter (manual 4.4)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.errors import NotFound
from app.model.field import Field
from app.model.section import AnySection, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.gateway.basics import ALIAS, LOCATION
from app.vendors.g13.gateway.registration import registrations


class Naming(msgspec.Struct, frozen=True):
    """Name and location of one meter."""

    alias: Annotated[str, Field("Name", max_length=ALIAS, manual="6.3.32")]
    location: Annotated[str, Field("Location", max_length=LOCATION, help="Meters are grouped by it.", manual="6.3.32")]


async def _read_naming(client: G13Client, serial: str) -> Naming:
    for meter in registrations(await client.registered()):
        if meter.serial == serial:
            return Naming(meter.alias, meter.location)
    raise NotFound(f"Meter {serial} is not registered with this gateway.", hint="Scan for it and register it.")


def _plan_naming(before: Naming, after: Naming, serial: str) -> list[Step]:
    changed = tuple(name for name in ("alias", "location") if getattr(before, name) != getattr(after, name))
    body: dict[str, object] = {"alias": after.alias, "location": after.location, "serial": serial}
    return [Step(f"Rename meter {serial}", "POST", meter_path(serial), body, changed)]


NAMING = Section(
    key="g13.naming",
    title="Name and location",
    model=Naming,
    read=_read_naming,
    plan=_plan_naming,
    scope=Scope.METER,
    group="Settings",
    icon="tag",
    help="How the gateway calls this meter.",
    manual="4.4, 6.3.32",
    resources=("GET /meters", "POST /meters/<serial>"),
)

SECTIONS: tuple[AnySection, ...] = (NAMING,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
