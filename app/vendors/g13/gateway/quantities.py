"""Which quantities the gateway knows, and what they can be stored in (manual 6.3.28, 6.3.29)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Section
from app.vendors.g13.client import G13Client
from app.vendors.g13.models import Whole
from app.vendors.g13.tables import PARAMETERS

_BY_NAME = {known.name: known.label for known in PARAMETERS.values()}


class MappingReply(msgspec.Struct, frozen=True):
    """GET /parametermapping (manual 6.3.28): names by number."""

    map: Mapping[str, str] = {}


class StorableReply(msgspec.Struct, frozen=True):
    """GET /storablequantities (manual 6.3.29): numbers for previous values, load profiles, demand and alarms."""

    pv: tuple[Whole, ...] = ()
    lp: tuple[Whole, ...] = ()
    dm: tuple[Whole, ...] = ()
    ac: tuple[Whole, ...] = ()


class QuantityRow(msgspec.Struct, frozen=True):
    """One quantity, and where it can be used. The number is shown as it came."""

    number: Annotated[str, Field("No.", read_only=True, manual="6.3.28")]
    meaning: Annotated[str, Field("Quantity", read_only=True)]
    previous_values: Annotated[
        bool, Field("Previous", read_only=True, help="Previous values can keep it.", manual="6.3.29")
    ]
    load_profile: Annotated[bool, Field("Profile", read_only=True, help="Load profiles can keep it.", manual="6.3.29")]
    demand: Annotated[bool, Field("Demand", read_only=True, help="Demand can watch it.", manual="6.3.29")]
    alarms: Annotated[bool, Field("Alarm", read_only=True, help="An alarm can watch it.", manual="6.3.29")]
    name: Annotated[str, Field("The gateway's name", read_only=True, manual="6.3.28")]


class Quantities(msgspec.Struct, frozen=True):
    """All quantities by number."""

    quantities: Annotated[
        tuple[QuantityRow, ...], Field("Quantities", read_only=True, row_key="number", manual="6.3.28, 6.3.29")
    ]


async def _read(client: G13Client, _: str) -> Quantities:
    names = (await client.get("/parametermapping", MappingReply)).map
    return quantities(names, await client.get("/storablequantities", StorableReply))


def quantities(names: Mapping[str, str], storable: StorableReply) -> Quantities:
    """Both lists in one; what only one of them has is shown too."""
    pv, lp, dm, ac = (
        {str(number) for number in numbers} for numbers in (storable.pv, storable.lp, storable.dm, storable.ac)
    )
    numbers = sorted(names.keys() | pv | lp | dm | ac, key=_in_order)
    return Quantities(
        tuple(
            QuantityRow(
                number=number,
                meaning=_meaning(names.get(number, "")),
                previous_values=number in pv,
                load_profile=number in lp,
                demand=number in dm,
                alarms=number in ac,
                name=names.get(number, ""),
            )
            for number in numbers
        )
    )


def _in_order(number: str) -> tuple[int, str]:
    return (int(number) if number.isdecimal() else 1_000_000, number)


def _meaning(name: str) -> str:
    """The gateway's own name decides, also where it numbers otherwise than the manual."""
    return _BY_NAME.get(name) or name.replace("_", " ").capitalize() or "–"


QUANTITIES = Section(
    key="g13.quantities",
    title="Quantities",
    model=Quantities,
    read=_read,
    group="Gateway",
    icon="info",
    help="What this gateway can measure and store; which of it a meter offers depends on its type.",
    manual="6.3.28, 6.3.29",
    resources=("GET /parametermapping", "GET /storablequantities"),
)

SECTIONS: tuple[AnySection, ...] = (QUANTITIES,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
