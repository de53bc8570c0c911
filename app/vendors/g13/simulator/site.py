"""The demo's gateway: seven meters on three buses, two of them registered, five to be found."""

from __future__ import annotations

import time

from app.vendors.g13.simulator.clock import Now
from app.vendors.g13.simulator.gateway import Gateway, Registration
from app.vendors.g13.simulator.load import Load
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.users import Users
from app.vendors.g13.tables import Bus

_FACTORY_SERIAL = 14_500
_LONG_AGO_S = 3600.0


def demo_gateway(
    index: int = 0, *, now: Now = time.time, admin_password: str | None = None, scan_s: float = 0.15
) -> Gateway:
    """A site as an installer finds it: transformer ratios still 1/1, clocks off, one meter without power.

    `index` tells several sites apart. With `admin_password` the change of the default password is already done.
    """
    serial = f"ABB01GW{index + 1:09d}"
    gateway = Gateway(
        serial,
        _meters(index, now),
        now=now,
        users=Users(serial, admin_password),
        scan_s=scan_s,
        clock_drift_s=-95.0,
    )
    long_ago = now() - _LONG_AGO_S
    first, second = gateway.meters[0], gateway.meters[1]
    gateway.registered[first.serial] = Registration(first, "Main incomer", "Main distribution", long_ago)
    gateway.registered[second.serial] = Registration(second, "Ventilation", "Main distribution", long_ago)
    return gateway


def _meters(index: int, now: Now) -> list[SimulatedMeter]:
    def serial(number: int) -> str:
        return f"ABB01EM{_FACTORY_SERIAL + 100 * index + number:09d}"

    def load(number: int, current_a: float, *, phases: int = 3, exporting: bool = False) -> Load:
        return Load(1000 * index + number, phases, current_a=current_a, exporting=exporting)

    return [
        SimulatedMeter(serial(1), "A44 552-100", Bus.EQBUS, 17, now, load(1, 3.1), clock_drift_s=41.0),
        SimulatedMeter(serial(2), "A43 412-100", Bus.EQBUS, 18, now, load(2, 11.0), clock_drift_s=-7.0),
        SimulatedMeter(serial(3), "A44 552-100", Bus.EQBUS, 21, now, load(3, 2.4), clock_is_set=False),
        SimulatedMeter(serial(4), "B23 312-100", Bus.EQBUS, 24, now, load(4, 16.0, exporting=True)),
        SimulatedMeter(serial(5), "B21 112-100", Bus.EQBUS, 33, now, load(5, 6.0, phases=1)),
        SimulatedMeter(serial(6), "A43 213-100", Bus.MBUS, 3, now, load(6, 9.0), baud_rate=2400),
        SimulatedMeter(serial(7), "A44 511-100", Bus.MBUS_IR, 1, now, load(7, 1.8), baud_rate=2400),
    ]
