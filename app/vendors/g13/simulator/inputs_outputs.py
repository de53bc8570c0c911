"""A simulated meter's inputs and outputs."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import Resource

RESOURCES: tuple[Resource, ...] = ()
