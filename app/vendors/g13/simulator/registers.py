"""A simulated meter's energy registers: lines, tariffs, totals, CO₂, money, resettable ones."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import Resource

RESOURCES: tuple[Resource, ...] = ()
