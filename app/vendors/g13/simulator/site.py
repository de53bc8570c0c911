"""The demo's gateway: seven meters on three buses, two of them registered, five to be found.

At a site the first measures its grid connection through transformers of 100/5, the others its circuits and inverters:
together with what nobody meters and the critical loads they add up to the first.
"""

from __future__ import annotations

import time

from app.scenario.site import Point, Site
from app.vendors.g13.simulator.clock import DeviceClock, Now
from app.vendors.g13.simulator.gateway import Gateway, Registration
from app.vendors.g13.simulator.load import Load, SiteLoad
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.settings import Ratio
from app.vendors.g13.simulator.users import Users
from app.vendors.g13.tables import Bus

_FACTORY_SERIAL = 14_500
_LONG_AGO_S = 3600.0


TRANSFORMERS = Ratio(ctnum=100, ctdenum=5)
"""Of the meters that are built for transformers: what the installer has to set."""

_PLACES = (
    (Point.GRID, "Main incomer", "Main distribution"),
    (Point.VENTILATION, "Ventilation", "Main distribution"),
    (Point.HEATING, "Heat pump", "Plant room"),
    (Point.SOLAR, "Solar and battery", "Plant room"),
    (Point.CAR, "Car charger", "Car park"),
    (Point.KITCHEN, "Kitchen", "Ground floor"),
    (Point.LIGHTING, "Lighting", "Ground floor"),
)
"""Where each of the seven measures, and what an installer calls it."""


def demo_gateway(
    index: int = 0,
    *,
    now: Now = time.time,
    admin_password: str | None = None,
    scan_s: float = 0.15,
    site: Site | None = None,
) -> Gateway:
    """A site as an installer finds it: transformer ratios still 1/1, clocks off, one meter without power.

    `index` tells several sites apart. With `admin_password` the change of the default password is already done.
    """
    if site is not None:
        now = site.clock.epoch_s
    serial = f"ABB01GW{index + 1:09d}"
    gateway = Gateway(
        serial,
        _meters(index, now, site),
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


def commission(gateway: Gateway) -> None:
    """What an installer leaves behind: all meters registered under their names, ratios and clocks set."""
    right = DeviceClock(gateway.now).read()
    gateway.clock.set(right)
    for meter, (_, alias, location) in zip(gateway.meters, _PLACES, strict=True):
        gateway.registered[meter.serial] = Registration(meter, alias, location, gateway.now() - _LONG_AGO_S)
        if meter.kind.transformers:
            meter.ratio = TRANSFORMERS
        meter.clock.set(right)


def _meters(index: int, now: Now, site: Site | None) -> list[SimulatedMeter]:
    def serial(number: int) -> str:
        return f"ABB01EM{_FACTORY_SERIAL + 100 * index + number:09d}"

    def load(number: int, current_a: float, *, phases: int = 3, exporting: bool = False, ratio: float = 1.0) -> Load:
        if site is not None:
            point = _PLACES[number - 1][0]
            return SiteLoad(1000 * index + number, phases, site=site, point=point, transformer=ratio)
        return Load(1000 * index + number, phases, current_a=current_a, exporting=exporting)

    ct = TRANSFORMERS.current
    return [
        SimulatedMeter(serial(1), "A44 552-100", Bus.EQBUS, 17, now, load(1, 3.1, ratio=ct), clock_drift_s=41.0),
        SimulatedMeter(serial(2), "A43 412-100", Bus.EQBUS, 18, now, load(2, 11.0), clock_drift_s=-7.0),
        SimulatedMeter(serial(3), "A44 552-100", Bus.EQBUS, 21, now, load(3, 2.4, ratio=ct), clock_is_set=False),
        SimulatedMeter(serial(4), "B23 312-100", Bus.EQBUS, 24, now, load(4, 16.0, exporting=True)),
        SimulatedMeter(serial(5), "B21 112-100", Bus.EQBUS, 33, now, load(5, 6.0, phases=1)),
        SimulatedMeter(serial(6), "A43 213-100", Bus.MBUS, 3, now, load(6, 9.0), baud_rate=2400),
        SimulatedMeter(serial(7), "A44 511-100", Bus.MBUS_IR, 1, now, load(7, 1.8, ratio=ct), baud_rate=2400),
    ]
