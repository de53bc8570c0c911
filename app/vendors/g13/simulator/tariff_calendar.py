"""A simulated meter's tariff calendar: day, week and season profiles, special days."""

from __future__ import annotations

from datetime import datetime

from app.vendors.g13.simulator.calls import Resource
from app.vendors.g13.simulator.meter import SimulatedMeter


class Calendar:
    """Which tariff, day profile and season a moment belongs to."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter

    def tariff_at(self, moment: datetime) -> int:
        """The tariff, 1 to 4, that the calendar makes active at a moment of the meter's clock."""
        return 1


RESOURCES: tuple[Resource, ...] = ()
