"""The simulated gateway's addresses, bus timing, permitted wireless meters, and its restart."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import Resource

RESOURCES: tuple[Resource, ...] = ()
