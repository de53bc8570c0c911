"""New firmware for the simulated gateway and its meters."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import Resource

RESOURCES: tuple[Resource, ...] = ()
