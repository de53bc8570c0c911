"""Meters of any label behind the gateway under test, and the manual's examples."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app.net.lenient import JsonReader
from app.vendors.g13.simulator.gateway import Registration
from app.vendors.g13.simulator.load import Load
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.users import Role
from app.vendors.g13.tables import Bus
from tests.gateways import MAIN, Gateway

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
LABELS = {
    "Iron": "B23 011-100",
    "Steel": "B23 111-100",
    "Bronze": "B23 212-100",
    "Silver": "B23 312-100",
    "Gold": "A43 412-100",
    "Platinum": "A43 512-100",
}
SINGLE_STEEL = "B21 112-100"


def example(number: str, kind: str = "reply") -> Any:
    """The manual's own example for 6.3.`number`, read as a device's answer is read."""
    return JsonReader("the manual").decode((FIXTURES / f"6.3.{number}-{kind}.json").read_bytes())


def wire(device: Gateway, label: str, *, bus: Bus = Bus.EQBUS, load: Load | None = None, **more: Any) -> SimulatedMeter:
    """A further meter, registered."""

    def put() -> SimulatedMeter:
        gateway = device.simulator.gateway
        number = 20_000 + len(gateway.meters)
        lines = 1 if label[2] in "12" else 3
        made = SimulatedMeter(
            f"ABB01EM{number:09d}", label, bus, len(gateway.meters), time.time, load or Load(number, lines), **more
        )
        gateway.meters.append(made)
        gateway.registered[made.serial] = Registration(made, made.serial, "Bench", 0.0)
        return made

    return device.host.call(put)


def guest(device: Gateway, serial: str = MAIN) -> tuple[str, str]:
    """A user who may only look at a meter: name and password."""
    device.host.call(lambda: device.simulator.gateway.users.add("guest", "pw", {serial: Role.VIEW}))
    return "guest", "pw"
