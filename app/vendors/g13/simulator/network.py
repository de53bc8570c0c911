"""The simulated gateway's addresses, bus timing, permitted wireless meters, and its restart.

Decided here, the manual being silent: only gateway administrators set these, and a list of permitted meters that
would grow beyond 25, names a meter twice or deletes an unknown one is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Callable

from app.vendors.g13.simulator.calls import SUCCESS, Answer, Call, Reply, Resource, done, nothing, resource
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.g13.simulator.event_log import REBOOT, EventLog
from app.vendors.g13.simulator.gateway import Gateway
from app.vendors.g13.simulator.refusal import check_tags, invalid
from app.vendors.g13.tables import MAX_PERMITTED

_LONGEST_SERIAL = 17
_IP_CHANGED = 13


class PermittedMeters:
    """Serials of the wireless meters that may join."""

    def __init__(self, _: Gateway) -> None:
        self.serials: list[str] = []

    def add(self, body: object) -> None:
        """Manual 6.3.39."""
        new = [serial for serial in _serials(body) if serial not in self.serials]
        if len(self.serials) + len(new) > MAX_PERMITTED:
            raise invalid("meters")
        self.serials += new

    def remove(self, body: object) -> None:
        """Manual 6.3.40."""
        gone = _serials(body)
        if not set(gone) <= set(self.serials):
            raise invalid("meters")
        self.serials = [serial for serial in self.serials if serial not in gone]


def _serials(body: object) -> list[str]:
    sent = check_tags(body, ["meters"])["meters"]
    if not isinstance(sent, list) or not sent or len(sent) > MAX_PERMITTED:
        raise invalid("meters")
    for serial in sent:
        if not isinstance(serial, str) or not 0 < len(serial) <= _LONGEST_SERIAL or " " in serial:
            raise invalid("meters")
    if len(set(sent)) < len(sent):
        raise invalid("meters")
    return sent


def _configured(set_: Callable[[Configuration, object], None]) -> Answer:
    return done(lambda call: set_(call.gateway.part(Configuration), call.body))


def _set_ip(call: Call) -> Reply:
    configuration = call.gateway.part(Configuration)
    where = configuration.set_ip(call.body)
    if where:
        call.gateway.part(EventLog).add(_IP_CHANGED)
        call.leave(configuration.moving_s, where)
    return SUCCESS


def _reboot(call: Call) -> Reply:
    nothing(call.body)
    call.gateway.part(EventLog).add(REBOOT)
    call.leave(call.gateway.part(Configuration).restarting_s, "")
    return {"status": "Rebooting..."}


def _permitted(call: Call) -> Reply:
    return {"meters": list(call.gateway.part(PermittedMeters).serials)}


RESOURCES: tuple[Resource, ...] = (
    resource("POST", "/configuration/ip", _set_ip, of_admin=True),
    resource("POST", "/configuration/eqbus", _configured(Configuration.set_eqbus), of_admin=True),
    resource("POST", "/configuration/mbus-wired", _configured(Configuration.set_mbus), of_admin=True),
    resource("POST", "/configuration/mbus-ir", _configured(Configuration.set_mbus_ir), of_admin=True),
    resource("POST", "/gateway/reboot", _reboot, of_admin=True),
    resource("GET", "/permittedmeters", _permitted),
    resource(
        "PUT",
        "/permittedmeters",
        done(lambda call: call.gateway.part(PermittedMeters).add(call.body)),
        of_admin=True,
    ),
    resource(
        "DELETE",
        "/permittedmeters",
        done(lambda call: call.gateway.part(PermittedMeters).remove(call.body)),
        of_admin=True,
    ),
)
