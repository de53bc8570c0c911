"""What a meter is and how it stands with it (manual 4.1, Status)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Scope, Section
from app.vendors.g13.client import G13Client
from app.vendors.g13.label import read_label


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


async def _read_info(client: G13Client, serial: str) -> Info:
    info = await client.meter_info(serial)
    made, factors = info.manufacturing, info.conversionfactor
    return Info(
        serial=made.serial,
        label=made.label,
        type=read_label(made.label).words(),
        firmware=made.firmwareversion,
        power_failures=info.power.powerfailcounter,
        outage_s=info.power.poweroutagetime,
        co2=factors.co2[0] if factors.co2 else None,
        currency=factors.currency[0] if factors.currency else None,
    )


INFO = Section(
    key="g13.info",
    title="Meter information",
    model=Info,
    read=_read_info,
    scope=Scope.METER,
    group="Status",
    icon="info",
    help="Type, firmware and power failures of the meter.",
    manual="6.3.43",
    resources=("GET /meters/<serial>/info",),
)

SECTIONS: tuple[AnySection, ...] = (INFO,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
