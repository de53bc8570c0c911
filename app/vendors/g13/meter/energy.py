"""Energy registers: lines, tariffs and total, as energy, CO₂ and money (manual 6.3.54, 6.3.55)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Scope, Section
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.measured import Pair, measured, number
from app.vendors.g13.meter.resettable import RESET, RESETTABLE
from app.vendors.g13.tables import capabilities_from_bits


class EnergyReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/energy/<type> (manual 6.3.54): by line, tariff and in total; net has no tariffs."""

    importenergy: dict[str, Pair] = {}
    exportenergy: dict[str, Pair] = {}
    netenergy: dict[str, Pair] = {}


class ConvertedReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/energy/active/<mode> (manual 6.3.55): the total of active import."""

    importenergy: dict[str, Pair] = {}


class Register(msgspec.Struct, frozen=True):
    """One direction of one kind of energy; None where the meter has no such register."""

    kind: Annotated[str, Field("Energy", read_only=True, manual="6.3.54")]
    direction: Annotated[str, Field("Flow", read_only=True, manual="6.3.54")]
    total: Annotated[float | None, Field("Total", read_only=True, decimals=2, manual="6.3.54")]
    l1: Annotated[float | None, Field("L1", read_only=True, decimals=2, manual="6.3.54")]
    l2: Annotated[float | None, Field("L2", read_only=True, decimals=2, manual="6.3.54")]
    l3: Annotated[float | None, Field("L3", read_only=True, decimals=2, manual="6.3.54")]
    t1: Annotated[float | None, Field("T1", read_only=True, decimals=2, help="Tariff 1.", manual="6.3.54")]
    t2: Annotated[float | None, Field("T2", read_only=True, decimals=2, help="Tariff 2.", manual="6.3.54")]
    t3: Annotated[float | None, Field("T3", read_only=True, decimals=2, help="Tariff 3.", manual="6.3.54")]
    t4: Annotated[float | None, Field("T4", read_only=True, decimals=2, help="Tariff 4.", manual="6.3.54")]
    unit: Annotated[str, Field("Unit", read_only=True, manual="6.3.54")]


class Energy(msgspec.Struct, frozen=True):
    """All energy registers of a meter."""

    registers: Annotated[tuple[Register, ...], Field("Registers", read_only=True, manual="6.3.54")]
    co2: Annotated[
        float | None,
        Field("CO₂", unit="kg", read_only=True, decimals=2, help="Of the active energy imported.", manual="6.3.55"),
    ]
    currency: Annotated[
        float | None,
        Field(
            "Money",
            read_only=True,
            decimals=2,
            help="Of the active energy imported, in the currency that its factor was set in.",
            manual="6.3.55",
        ),
    ]
    missing: Annotated[str, Field("Not measured here", read_only=True, help="What this type of meter lacks.")]


UNITS = {"active": "kWh", "reactive": "kvarh", "apparent": "kVAh"}
_DIRECTIONS = (("Import", "importenergy"), ("Export", "exportenergy"), ("Net", "netenergy"))
_COLUMNS = ("total", "l1", "l2", "l3", "t1", "t2", "t3", "t4")


def registers(reply: EnergyReply, kind: str) -> tuple[Register, ...]:
    """The rows of one kind of energy, in its unit; a direction that the meter does not count is left out."""
    unit = UNITS[kind]
    return tuple(
        Register(
            kind=kind.capitalize(),
            direction=words,
            unit=unit,
            **{column: measured(found.get(column), unit) for column in _COLUMNS},
        )
        for words, name in _DIRECTIONS
        if (found := getattr(reply, name))
    )


async def _converted(client: G13Client, serial: str, mode: str, unit: str) -> float | None:
    reply = await client.get(meter_path(serial, f"energy/active/{mode}"), ConvertedReply)
    total = reply.importenergy.get("total")
    if unit:
        return measured(total, unit)
    # A currency's name may begin with any letter: nothing in it is a prefix.
    return None if total is None else number(total[0])


async def _read_energy(client: G13Client, serial: str) -> Energy:
    """One request for what the meter offers, then one for each of that: nothing is asked for in vain."""
    offered = capabilities_from_bits((await client.association(serial)).bits)
    rows: list[Register] = []
    missing = []
    for kind in UNITS:
        if f"read {kind.upper()}_ENERGY_IMPORT_TOTAL" in offered:
            rows += registers(await client.get(meter_path(serial, f"energy/{kind}"), EnergyReply), kind)
        else:
            missing.append(f"{kind} energy")
    co2 = currency = None
    if "read NRG_ENERGY_VALUE_CO2" in offered:
        co2 = await _converted(client, serial, "co2", "kg")
    else:
        missing.append("CO₂")
    if "read NRG_ENERGY_VALUE_CURR" in offered:
        currency = await _converted(client, serial, "currency", "")
    else:
        missing.append("money")
    return Energy(tuple(rows), co2=co2, currency=currency, missing=", ".join(missing) or "nothing")


ENERGY = Section(
    key="g13.energy",
    title="Energy registers",
    model=Energy,
    read=_read_energy,
    scope=Scope.METER,
    group="Energy",
    icon="register",
    help="What has flowed since the meter was made, by direction, line and tariff.",
    manual="6.3.54, 6.3.55",
    needs_read=("read ACTIVE_ENERGY_IMPORT_TOTAL",),
    resources=(
        "GET /meters/<serial>/associationobjects",
        "GET /meters/<serial>/energy/<type>",
        "GET /meters/<serial>/energy/<type>/<mode>",
    ),
)

SECTIONS: tuple[AnySection, ...] = (ENERGY, RESETTABLE)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = (RESET,)
