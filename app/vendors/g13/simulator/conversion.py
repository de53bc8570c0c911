"""A simulated meter's conversion factors (manual 6.3.44, 6.3.45)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.vendors.g13.simulator.calls import Resource, of_meter, resource, to_meter
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal, check_tags, invalid

_BELOW = {"co2": 9.999, "currency": 999_999.0}


class Factors:
    """CO₂ in kg/kWh and currency per kWh."""

    def __init__(self, _: SimulatedMeter) -> None:
        self.co2 = 0.412
        self.currency = 0.285

    def reply(self) -> dict[str, list[float | str]]:
        """Value and unit of each, as the device tells them."""
        return {"co2": [self.co2, "kg/kWh"], "currency": [self.currency, "curr/kWh"]}


def _show(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read NRG_CONVERSION_FACTOR_CO2")
    return {"conversionfactor": meter.part(Factors).reply()}


def _read(body: object) -> Mapping[str, float]:
    """One factor or both, each a number below its limit."""
    sent = check_tags(body, ["conversionfactor"])["conversionfactor"]
    factors = check_tags(sent, [], tuple(_BELOW))
    if not factors:
        raise Refusal(400, "missing co2 and currency in JSON .")
    for tag, value in factors.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _BELOW[tag]:
            raise invalid(tag)
    return factors


def _set(meter: SimulatedMeter, factors: Mapping[str, float]) -> None:
    """CO₂ before currency; three decimals are kept."""
    kept = meter.part(Factors)
    if "co2" in factors:
        meter.require("configure NRG_CONVERSION_FACTOR_CO2")
        kept.co2 = round(float(factors["co2"]), 3)
    if "currency" in factors:
        meter.require("configure NRG_CONVERSION_FACTOR_CURR")
        kept.currency = round(float(factors["currency"]), 3)


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/energy/conversionfactor", of_meter(_show)),
    resource("POST", "/meters/{serial}/energy/conversionfactor", to_meter(_read, _set)),
)
