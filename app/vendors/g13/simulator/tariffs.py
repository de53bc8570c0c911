"""Who decides which tariff of a simulated meter is active, and which is."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import Resource
from app.vendors.g13.simulator.meter import SimulatedMeter


class TariffState:
    """Source of the tariff and the tariff in force."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter

    @property
    def active(self) -> int:
        """The tariff in force now, 1 to 4."""
        return 1


RESOURCES: tuple[Resource, ...] = ()
