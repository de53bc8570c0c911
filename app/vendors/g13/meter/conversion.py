"""What a kilowatt-hour costs, in CO₂ and in money (manual 5.1.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.models import Factors

LIMITS = {"co2": 9.999, "currency": 999_999.0}
"""The factors stay below these (manual 6.3.45)."""
DECIMALS = 3
"""The manual writes limits and examples with three; what is finer would be lost."""


class ConversionFactors(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/energy/conversionfactor (manual 6.3.44): [value, unit] each."""

    conversionfactor: Factors = Factors()


class Conversion(msgspec.Struct, frozen=True):
    """Conversion factors; a meter may lack one."""

    co2: Annotated[
        float | None,
        Field(
            "CO₂",
            unit="kg/kWh",
            minimum=0,
            maximum=LIMITS["co2"],
            decimals=DECIMALS,
            help="Less than 9.999 kg/kWh, with three decimals.",
            manual="5.1.1, 6.3.45",
        ),
    ]
    currency: Annotated[
        float | None,
        Field(
            "Currency",
            unit="per kWh",
            minimum=0,
            maximum=LIMITS["currency"],
            decimals=DECIMALS,
            help="The price of a kilowatt-hour: less than 999999, with three decimals.",
            manual="5.1.1, 6.3.45",
        ),
    ]


_LABELS = {"co2": "CO₂", "currency": "Currency"}


async def _read(client: G13Client, serial: str) -> Conversion:
    found = (await client.get(meter_path(serial, "energy/conversionfactor"), ConversionFactors)).conversionfactor
    return Conversion(co2=found.co2_value, currency=found.currency_value)


def _plan(before: Conversion, after: Conversion, serial: str) -> list[Step]:
    changed = {name: getattr(after, name) for name in LIMITS if getattr(before, name) != getattr(after, name)}
    path = meter_path(serial, "energy/conversionfactor")
    return [Step("Set the conversion factors", "POST", path, {"conversionfactor": changed}, tuple(changed))]


def _change_problems(before: Conversion, after: Conversion) -> list[Problem]:
    problems = []
    for name, label in _LABELS.items():
        was, wanted = getattr(before, name), getattr(after, name)
        if wanted == was:
            continue
        if wanted is None:
            problems.append(Problem(name, f"{label}: a factor cannot be taken away; 0 makes it count nothing."))
        elif was is None:
            problems.append(Problem(name, f"{label}: this meter has no such factor."))
        elif wanted >= LIMITS[name]:
            problems.append(Problem(name, f"{label}: {wanted:g} is not allowed; less than {LIMITS[name]:.10g}."))
        elif round(wanted, DECIMALS) != wanted:
            problems.append(Problem(name, f"{label}: {wanted:.10g} has more than three decimals."))
    return problems


CONVERSION = Section(
    key="g13.conversion",
    title="Conversion factors",
    model=Conversion,
    read=_read,
    plan=_plan,
    change_problems=_change_problems,
    scope=Scope.METER,
    group="Settings",
    icon="factor",
    help="By these the meter shows energy as CO₂ and as money.",
    manual="5.1.1, 6.3.44, 6.3.45",
    needs_read=("read NRG_CONVERSION_FACTOR_CO2 | read NRG_CONVERSION_FACTOR_CURR",),
    needs_write=("configure NRG_CONVERSION_FACTOR_CO2 | configure NRG_CONVERSION_FACTOR_CURR",),
    resources=(
        "GET /meters/<serial>/energy/conversionfactor",
        "POST /meters/<serial>/energy/conversionfactor",
    ),
)

SECTIONS: tuple[AnySection, ...] = (CONVERSION,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
