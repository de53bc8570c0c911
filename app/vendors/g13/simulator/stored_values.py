"""A simulated meter's previous values, load profiles and demand values (manual 6.3.69 to 6.3.80).

Decided here, the manual being silent: a count asks for the first rows from a moment on; a channel of the load profiles
that is not named is the first; a channel that is not configured is refused as a wrong path is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.vendors.g13.simulator.calls import (
    FAILED_STORED,
    Answer,
    Call,
    Encoded,
    Reply,
    Resource,
    nothing,
    of_meter,
    resource,
    to_meter,
)
from app.vendors.g13.simulator.clock import read_moment
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal
from app.vendors.g13.simulator.settings import DemandSettings, read_demand
from app.vendors.g13.simulator.stored_past import CLOCKS_BEGIN_S, Past, seconds
from app.vendors.g13.simulator.stored_periods import (
    MAX_DEMANDS,
    MAX_SNAPSHOTS,
    Stored,
    at_first_s,
    demand_rows,
    in_no_order,
    mapping,
    named,
    previous_rows,
)
from app.vendors.g13.simulator.stored_profiles import ProfileStore
from app.vendors.g13.simulator.stored_settings import (
    MAX_PROFILE_ITEMS,
    PROFILES_AT_FIRST,
    PreviousSettings,
    ProfileChannel,
    read_previous,
    read_profiles,
)

_JUMP_S = 2.0
"""A clock that is off by more than this from where it should be was set."""
_EVER = float("inf")

Span = tuple[float, float, int]
"""From, to, and how many at most."""


class StoredValues:
    """What a meter keeps by time. Whenever it is asked, it first stores what has become due."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        self._past = Past(meter)
        self._at_s = seconds(meter.clock.read())
        self._real_s = meter.now()
        self.previous = PreviousSettings()
        self.snapshots: list[Stored] = []
        self.demands: list[Stored] = []
        self.profiles: list[ProfileStore] = []
        self._fill()

    def _fill(self) -> None:
        """What it had stored before anybody asked."""
        installed_s, now_s = self._past.installed_s, self._at_s
        begin_s = at_first_s(self.previous.interval, now_s, MAX_SNAPSHOTS, installed_s)
        self.snapshots = previous_rows(self.previous, self._past, begin_s, now_s)
        demand = self._meter.demand
        begin_s = at_first_s(demand.period, now_s, self._meter.stored_demand, CLOCKS_BEGIN_S)
        self.demands = demand_rows(demand, self._past, begin_s, now_s)
        self.keep_profiles(PROFILES_AT_FIRST)

    def keep_profiles(self, channels: tuple[ProfileChannel, ...]) -> None:
        """Have these channels, as if they had been there since the meter was installed."""
        self.profiles = [ProfileStore(channel, self._past) for channel in channels]
        for profile in self.profiles:
            profile.fill(self._at_s)

    def catch_up(self) -> None:
        """Store what has become due. A clock that was set since the last look counts as set right after that."""
        self._past.look()
        clock_s, elapsed_s = seconds(self._meter.clock.read()), self._meter.now() - self._real_s
        begin_s = clock_s - elapsed_s
        if abs(begin_s - self._at_s) <= _JUMP_S:
            begin_s, clock_s = self._at_s, max(clock_s, self._at_s)
        else:
            for profile in self.profiles:
                profile.clock_was_set()
        snapshots = previous_rows(self.previous, self._past, begin_s, clock_s)
        self.snapshots = (self.snapshots + snapshots)[-MAX_SNAPSHOTS:]
        demands = demand_rows(self._meter.demand, self._past, begin_s, clock_s)
        self.demands = (self.demands + demands)[-MAX_DEMANDS:]
        for profile in self.profiles:
            profile.store(begin_s, clock_s)
        self._at_s, self._real_s = clock_s, self._meter.now()

    def set_previous(self, settings: PreviousSettings) -> None:
        """Keep other registers, which erases what is stored (manual 6.3.71)."""
        self.catch_up()
        self.previous = settings
        self.snapshots = []

    def set_profiles(self, channels: tuple[ProfileChannel, ...]) -> None:
        """Keep other profiles, which erases what is stored (manual 6.3.75)."""
        self.catch_up()
        self.profiles = [ProfileStore(channel, self._past) for channel in channels]

    def profile(self, number: int) -> ProfileStore:
        """A configured channel, counted from 1.

        Raises:
            Refusal: 404, there is none.
        """
        if not 1 <= number <= len(self.profiles):
            raise Refusal(404, "URI not found.")
        return self.profiles[number - 1]


def _stored(meter: SimulatedMeter, capability: str) -> StoredValues:
    meter.require(capability)
    stored = meter.part(StoredValues)
    stored.catch_up()
    return stored


def _span(call: Call, most: int) -> Span:
    """What the path asks for: everything, from a moment so many, or from a moment to another."""
    if "begin" not in call.places:
        return -_EVER, _EVER, most
    begin = read_moment(call.places["begin"])
    last = call.places["last"]
    if begin is None:
        raise Refusal(400, "Invalid Request.")
    if last.isascii() and last.isdigit():
        if not 1 <= int(last) <= most:
            raise Refusal(400, "Invalid Request.")
        return seconds(begin), _EVER, int(last)
    end = read_moment(last)
    if end is None:
        raise Refusal(400, "Invalid Request.")
    return seconds(begin), seconds(end), most


def _within(rows: list[Stored], span: Span) -> list[Stored]:
    begin_s, end_s, count = span
    return [row for row in rows if begin_s <= row[0] <= end_s][:count]


def _reading(read: Callable[[Call, SimulatedMeter], Reply]) -> Answer:
    def answer(call: Call) -> Reply:
        meter = call.meter
        call.gateway.reach(meter, FAILED_STORED)
        return read(call, meter)

    return answer


def _previous(call: Call, meter: SimulatedMeter) -> Reply:
    span = _span(call, MAX_SNAPSHOTS)
    stored = _stored(meter, "read PREVIOUS_VALUES")
    rows = in_no_order(_within(stored.snapshots, span))
    settings = stored.previous
    items = [row for _, row in rows]
    return {"mapping": mapping(settings.quantities), "interval": settings.interval, "items": items}


def _profile(call: Call, meter: SimulatedMeter) -> Reply:
    begin_s, end_s, count = _span(call, MAX_PROFILE_ITEMS)
    profile = _stored(meter, "read LOAD_PROFILE_CH_1").profile(_channel(call))
    name, unit = named(profile.channel.quantity)
    items = profile.asked(begin_s, end_s, count)
    return Encoded(f'{{"mapping":["{name}","{unit}"],"items":[{items}]}}'.encode())


def _channel(call: Call) -> int:
    number = call.places.get("channel", "1")
    return int(number) if number.isascii() and number.isdigit() else 0


def _demand(call: Call, meter: SimulatedMeter) -> Reply:
    span = _span(call, MAX_DEMANDS)
    stored = _stored(meter, "read DEMAND")
    channels = meter.demand.channels
    items = [row for _, row in reversed(_within(stored.demands, span))]
    chosen = range(len(channels))
    if "channel" in call.places:
        if not 1 <= _channel(call) <= len(channels):
            raise Refusal(404, "URI not found.")
        chosen = range(_channel(call) - 1, _channel(call))
    return {
        "mapping": mapping(tuple(channels[index][0] for index in chosen)),
        "items": [[*(row[index] for index in chosen), row[-1]] for row in items],
    }


def _previous_settings(meter: SimulatedMeter) -> dict[str, Any]:
    return _stored(meter, "read PREVIOUS_VALUES").previous.told()


def _set_previous(meter: SimulatedMeter, settings: PreviousSettings) -> None:
    _stored(meter, "configure PREVIOUS_VALUES").set_previous(settings)


def _clear_previous(meter: SimulatedMeter, _: None) -> None:
    _stored(meter, "reset PREVIOUS_VALUES").snapshots = []


def _profile_settings(meter: SimulatedMeter) -> dict[str, Any]:
    channels = [profile.channel for profile in _stored(meter, "read LOAD_PROFILE_CH_1").profiles]
    return {"lpconfig": [[channel.interval_s, channel.quantity, channel.items] for channel in channels]}


def _set_profiles(meter: SimulatedMeter, channels: tuple[ProfileChannel, ...]) -> None:
    _stored(meter, "configure LOAD_PROFILE_CH_1").set_profiles(channels)


def _clear_profiles(meter: SimulatedMeter, _: None) -> None:
    for profile in _stored(meter, "reset LOAD_PROFILE_CH_1").profiles:
        profile.clear()


def _clear_profile(call: Call) -> Reply:
    def clear(meter: SimulatedMeter, _: None) -> None:
        _stored(meter, "reset LOAD_PROFILE_CH_1").profile(_channel(call)).clear()

    return to_meter(nothing, clear, FAILED_STORED)(call) or {}


def _set_demand(meter: SimulatedMeter, settings: DemandSettings) -> None:
    stored = _stored(meter, "configure DEMAND")
    meter.set_demand(settings)
    stored.demands = []


def _clear_demand(meter: SimulatedMeter, _: None) -> None:
    stored = _stored(meter, "reset DEMAND")
    meter.clear_demand()
    stored.demands = []


_PREVIOUS = "/meters/{serial}/previousvalues"
_PROFILES = "/meters/{serial}/loadprofiles"
_DEMAND = "/meters/{serial}/demand"
_SPAN = "/{begin}/{last}"

RESOURCES: tuple[Resource, ...] = (
    resource("GET", f"{_PREVIOUS}/configuration", of_meter(_previous_settings, FAILED_STORED)),
    resource("POST", f"{_PREVIOUS}/configuration", to_meter(read_previous, _set_previous, FAILED_STORED)),
    resource("DELETE", _PREVIOUS, to_meter(nothing, _clear_previous, FAILED_STORED)),
    resource("GET", _PREVIOUS, _reading(_previous)),
    resource("GET", _PREVIOUS + _SPAN, _reading(_previous)),
    resource("GET", f"{_PROFILES}/configuration", of_meter(_profile_settings, FAILED_STORED)),
    resource("POST", f"{_PROFILES}/configuration", to_meter(read_profiles, _set_profiles, FAILED_STORED)),
    resource("DELETE", _PROFILES, to_meter(nothing, _clear_profiles, FAILED_STORED)),
    resource("DELETE", f"{_PROFILES}/{{channel}}", _clear_profile),
    resource("GET", _PROFILES, _reading(_profile)),
    resource("GET", f"{_PROFILES}/{{channel}}", _reading(_profile)),
    resource("GET", _PROFILES + _SPAN, _reading(_profile)),
    resource("GET", f"{_PROFILES}/{{channel}}{_SPAN}", _reading(_profile)),
    resource("GET", f"{_DEMAND}/configuration", of_meter(SimulatedMeter.demand_configuration, FAILED_STORED)),
    resource("POST", f"{_DEMAND}/configuration", to_meter(read_demand, _set_demand, FAILED_STORED)),
    resource("DELETE", _DEMAND, to_meter(nothing, _clear_demand, FAILED_STORED)),
    resource("GET", _DEMAND, _reading(_demand)),
    resource("GET", f"{_DEMAND}/{{channel}}", _reading(_demand)),
    resource("GET", _DEMAND + _SPAN, _reading(_demand)),
    resource("GET", f"{_DEMAND}/{{channel}}{_SPAN}", _reading(_demand)),
)
