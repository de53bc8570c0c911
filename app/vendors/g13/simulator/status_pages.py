"""What a simulated meter says of its state: flags and event logs."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import Resource

RESOURCES: tuple[Resource, ...] = ()
