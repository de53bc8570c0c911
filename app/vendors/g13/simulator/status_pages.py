"""What a simulated meter says of its state: flags and event logs."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import FAILED, Call, Reply, Resource, of_meter, resource
from app.vendors.g13.simulator.clock import read_moment
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.meter_log import LOGS, MeterLog
from app.vendors.g13.simulator.refusal import Refusal, denied

MAX_EVENTS = 100


def _flags(meter: SimulatedMeter) -> Reply:
    meter.require("read SYSTEM_STATUS_ERROR")
    return meter.part(MeterLog).flags()


def _events(call: Call) -> Reply:
    """Manual 6.3.51: until a moment; without a count, 100 lines."""
    until = read_moment(call.places["until"])
    count = call.places.get("count", str(MAX_EVENTS))
    if until is None or not count.isdecimal() or not 1 <= int(count) <= MAX_EVENTS:
        raise Refusal(400, "Invalid Request.")
    meter = call.meter
    call.gateway.reach(meter, FAILED)
    if not meter.capabilities.intersection(LOGS.values()):
        raise denied()
    return meter.part(MeterLog).page(until, int(count))


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/statusflags", of_meter(_flags)),
    resource("GET", "/meters/{serial}/events/{until}", _events),
    resource("GET", "/meters/{serial}/events/{until}/{count}", _events),
)
