"""Every resource that the simulated gateway has, and what it does with the gateway's state (manual 6.3)."""

from __future__ import annotations

from app.vendors.g13.parameter_names import PARAMETER_NAMES
from app.vendors.g13.simulator import (
    accounts,
    alarms,
    conversion,
    firmware,
    gateway_log,
    harmonics,
    inputs_outputs,
    network,
    registers,
    status_pages,
    stored_values,
    tariff_calendar,
    tariffs,
)
from app.vendors.g13.simulator.calls import (
    FAILED,
    SUCCESS,
    Call,
    Reply,
    Resource,
    done,
    of_meter,
    resource,
    to_meter,
)
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal
from app.vendors.g13.simulator.settings import read_clock, read_ratio
from app.vendors.g13.simulator.users import Role
from app.vendors.g13.tables import STORABLE


def _login(call: Call) -> None:
    if call.body is not None:
        call.gateway.users.change_password(call.user, call.body)
    call.gateway.users.sessions.add(call.user.name)


def _logout(call: Call) -> None:
    call.gateway.users.sessions.discard(call.user.name)


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


def _associations(call: Call) -> Reply:
    meter = call.meter
    call.gateway.reach(meter, FAILED)
    return meter.association_objects(call.role.value)


_CORE: tuple[Resource, ...] = (
    resource("POST", "/login", _login),
    resource("POST", "/logout", _logout),
    resource("GET", "/configuration", lambda call: call.gateway.configuration()),
    resource("GET", "/gateway", lambda call: call.gateway.description()),
    resource("POST", "/gateway", done(lambda call: call.gateway.describe(call.body)), of_admin=True),
    resource("GET", "/gateway/datetime", _gateway_clock),
    resource("POST", "/gateway/datetime", done(lambda call: call.gateway.set_clock(call.body)), of_admin=True),
    resource("GET", "/parametermapping", lambda _: {"map": {str(k): v for k, v in PARAMETER_NAMES.items()}}),
    resource("GET", "/storablequantities", lambda _: {k: list(v) for k, v in STORABLE.items()}),
    resource("GET", "/meters", lambda call: call.gateway.meter_list(call.user)),
    resource("PUT", "/meters", done(lambda call: call.gateway.register(call.body)), of_admin=True),
    resource("GET", "/meters/scanned", lambda call: call.gateway.scan_result()),
    resource("DELETE", "/meters/scanned", lambda call: call.gateway.forget_scanned(call.body), of_admin=True),
    resource(
        "POST",
        "/meters/scanned/{token}",
        done(lambda call: call.gateway.start_scan(call.body, call.places["token"])),
        of_admin=True,
    ),
    resource("POST", "/meters/{serial}", _rename),
    resource(
        "DELETE",
        "/meters/{serial}",
        done(lambda call: call.gateway.unregister(call.meter.serial, call.body)),
        of_admin=True,
    ),
    resource("GET", "/meters/{serial}/associationobjects", _associations),
    resource("GET", "/meters/{serial}/info", of_meter(SimulatedMeter.info)),
    resource("GET", "/meters/{serial}/status", of_meter(SimulatedMeter.status)),
    resource("GET", "/meters/{serial}/hardwareversion", of_meter(SimulatedMeter.hardware_version)),
    resource("GET", "/meters/{serial}/mbusinfo", of_meter(SimulatedMeter.mbus_info)),
    resource("GET", "/meters/{serial}/datetime", of_meter(SimulatedMeter.date_time)),
    resource("POST", "/meters/{serial}/datetime", to_meter(read_clock, SimulatedMeter.set_date_time)),
    resource("POST", "/meters/{serial}/transformersettings", to_meter(read_ratio, SimulatedMeter.set_ratio)),
    resource("GET", "/meters/{serial}/power", of_meter(SimulatedMeter.power)),
    resource("GET", "/meters/{serial}/instrument", of_meter(SimulatedMeter.instrument)),
    resource("GET", "/lasterror/{id}", _last_error),
)

_TOPICS = (
    network,
    accounts,
    gateway_log,
    firmware,
    status_pages,
    registers,
    harmonics,
    inputs_outputs,
    alarms,
    conversion,
    stored_values,
    tariffs,
    tariff_calendar,
)

RESOURCES: tuple[Resource, ...] = (*(found for topic in _TOPICS for found in topic.RESOURCES), *_CORE)
"""In the order in which they are looked for: what stands beside the meters (/meters/firmware) before the meters."""
