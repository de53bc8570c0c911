"""Every resource that the simulated gateway has, and what it does with the gateway's state (manual 6.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.routing import compile_path

from app.vendors.g13.parameter_names import PARAMETER_NAMES
from app.vendors.g13.simulator.gateway import Gateway
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal, check_tags, denied
from app.vendors.g13.simulator.settings import read_clock, read_demand, read_ratio
from app.vendors.g13.simulator.users import Role, User
from app.vendors.g13.tables import STORABLE

T = TypeVar("T")

Reply = Mapping[str, Any]

SUCCESS: Reply = {"status": "success"}
_FAILED = 500
_FAILED_STORED = 502
"""What the resources of stored values answer when a meter is silent."""


@dataclass(frozen=True)
class Call:
    """One request that has passed the gate: who asks what. `body` is the parsed JSON, None where there was none."""

    gateway: Gateway
    user: User
    places: Mapping[str, str]
    body: object

    @property
    def meter(self) -> SimulatedMeter:
        """The meter that the path names."""
        return self.gateway.meter_for(self.places["serial"], self.user)

    @property
    def role(self) -> Role:
        """The user's role with that meter."""
        return self.gateway.users.role(self.user, self.places["serial"])


Answer = Callable[[Call], Reply | None]
"""None is a success without a body."""


@dataclass(frozen=True)
class Resource:
    """A method and path; `of_admin` is for gateway administrators only."""

    method: str
    path: re.Pattern[str]
    answer: Answer
    of_admin: bool


def _resource(method: str, path: str, answer: Answer, *, of_admin: bool = False) -> Resource:
    return Resource(method, compile_path(path)[0], answer, of_admin)


def _login(call: Call) -> None:
    if call.body is not None:
        call.gateway.users.change_password(call.user, call.body)
    call.gateway.users.sessions.add(call.user.name)


def _logout(call: Call) -> None:
    call.gateway.users.sessions.discard(call.user.name)


def _done(work: Callable[[Call], None]) -> Answer:
    def answer(call: Call) -> Reply:
        work(call)
        return SUCCESS

    return answer


def _rename(call: Call) -> Reply:
    if call.role is not Role.CONFIGURE:
        raise Refusal(403, "Forbidden. Access Denied")
    call.gateway.rename(call.meter.serial, call.body)
    return SUCCESS


def _gateway_clock(call: Call) -> Reply:
    return {"datetime": call.gateway.clock.text(), "status": call.gateway.clock.status}


def _last_error(call: Call) -> Reply:
    number = call.places["id"]
    known = call.gateway.errors
    return {"des": known.get(int(number), "no error") if number.isdecimal() else "no error"}


def _of_meter(read: Callable[[SimulatedMeter], Reply], failure: int = _FAILED) -> Answer:
    def answer(call: Call) -> Reply:
        meter = call.meter
        call.gateway.reach(meter, failure)
        return read(meter)

    return answer


def _associations(call: Call) -> Reply:
    meter = call.meter
    call.gateway.reach(meter, _FAILED)
    return meter.association_objects(call.role.value)


def _to_meter(
    read: Callable[[object], T], write: Callable[[SimulatedMeter, T], None], failure: int = _FAILED
) -> Answer:
    """Check what was sent before the meter is asked, as the gateway does; then the user's role; then write."""

    def answer(call: Call) -> Reply:
        meter = call.meter
        settings = read(call.body)
        if call.role is not Role.CONFIGURE:
            raise denied()
        call.gateway.reach(meter, failure)
        write(meter, settings)
        return SUCCESS

    return answer


def _nothing(body: object) -> None:
    if body is not None:
        check_tags(body, [])


def _clear_demand(meter: SimulatedMeter, _: None) -> None:
    meter.clear_demand()


RESOURCES: tuple[Resource, ...] = (
    _resource("GET", "/about", lambda call: call.gateway.about()),
    _resource("POST", "/login", _login),
    _resource("POST", "/logout", _logout),
    _resource("GET", "/configuration", lambda call: call.gateway.configuration()),
    _resource("GET", "/gateway", lambda call: call.gateway.description()),
    _resource("POST", "/gateway", _done(lambda call: call.gateway.describe(call.body)), of_admin=True),
    _resource("GET", "/gateway/datetime", _gateway_clock),
    _resource("POST", "/gateway/datetime", _done(lambda call: call.gateway.set_clock(call.body)), of_admin=True),
    _resource("GET", "/parametermapping", lambda _: {"map": {str(k): v for k, v in PARAMETER_NAMES.items()}}),
    _resource("GET", "/storablequantities", lambda _: {k: list(v) for k, v in STORABLE.items()}),
    _resource("GET", "/meters", lambda call: call.gateway.meter_list(call.user)),
    _resource("PUT", "/meters", _done(lambda call: call.gateway.register(call.body)), of_admin=True),
    _resource("GET", "/meters/scanned", lambda call: call.gateway.scan_result()),
    _resource("DELETE", "/meters/scanned", lambda call: call.gateway.forget_scanned(call.body), of_admin=True),
    _resource(
        "POST",
        "/meters/scanned/{token}",
        _done(lambda call: call.gateway.start_scan(call.body, call.places["token"])),
        of_admin=True,
    ),
    _resource("POST", "/meters/{serial}", _rename),
    _resource(
        "DELETE",
        "/meters/{serial}",
        _done(lambda call: call.gateway.unregister(call.meter.serial, call.body)),
        of_admin=True,
    ),
    _resource("GET", "/meters/{serial}/associationobjects", _associations),
    _resource("GET", "/meters/{serial}/info", _of_meter(SimulatedMeter.info)),
    _resource("GET", "/meters/{serial}/status", _of_meter(SimulatedMeter.status)),
    _resource("GET", "/meters/{serial}/hardwareversion", _of_meter(SimulatedMeter.hardware_version)),
    _resource("GET", "/meters/{serial}/mbusinfo", _of_meter(SimulatedMeter.mbus_info)),
    _resource("GET", "/meters/{serial}/datetime", _of_meter(SimulatedMeter.date_time)),
    _resource("POST", "/meters/{serial}/datetime", _to_meter(read_clock, SimulatedMeter.set_date_time)),
    _resource("POST", "/meters/{serial}/transformersettings", _to_meter(read_ratio, SimulatedMeter.set_ratio)),
    _resource("GET", "/meters/{serial}/power", _of_meter(SimulatedMeter.power)),
    _resource("GET", "/meters/{serial}/instrument", _of_meter(SimulatedMeter.instrument)),
    _resource(
        "GET",
        "/meters/{serial}/demand/configuration",
        _of_meter(SimulatedMeter.demand_configuration, _FAILED_STORED),
    ),
    _resource(
        "POST",
        "/meters/{serial}/demand/configuration",
        _to_meter(read_demand, SimulatedMeter.set_demand, _FAILED_STORED),
    ),
    _resource("DELETE", "/meters/{serial}/demand", _to_meter(_nothing, _clear_demand, _FAILED_STORED)),
    _resource("GET", "/lasterror/{id}", _last_error),
)
