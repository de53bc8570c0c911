"""The state of a simulated G13: itself, its accounts, its meters and the running scan. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from app.vendors.g13.simulator.clock import DeviceClock, Now, read_moment
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.g13.simulator.event_log import ALIAS_CHANGED, CLOCK_SET, DEVICE_ADDED, DEVICE_DELETED, EventLog
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import NO_ANSWER, Refusal, check_tags, invalid, text_of
from app.vendors.g13.simulator.scan import ScanUnderway, begin_scan, read_scan
from app.vendors.g13.simulator.users import Role, User, Users
from app.vendors.g13.tables import MAX_SCANNED, Bus

T = TypeVar("T")

LONGEST_ALIAS = 21
LONGEST_LOCATION = 51
_MAX_DELETED = 15
_SETTLING_S = 3.0
"""A meter just registered is 'registered' for this long, before the gateway has talked to it and calls it online."""


@dataclass
class Registration:
    """A meter that the gateway serves."""

    meter: SimulatedMeter
    alias: str
    location: str
    since_s: float


class Gateway:
    """A gateway with meters on its buses.

    `now` is the simulation's time. `scan_s` is how long a scan spends on one address. `meters` are all meters
    that are wired to it; which are registered is another matter.
    """

    def __init__(
        self,
        serial: str,
        meters: Sequence[SimulatedMeter],
        *,
        now: Now,
        users: Users | None = None,
        scan_s: float = 0.15,
        clock_drift_s: float = 0.0,
        clock_is_set: bool = True,
    ) -> None:
        self.serial = serial
        self.firmware = "G1.4.2.0"
        self.alias = "Gateway"
        self.location = "All locations"
        self.users = users or Users(serial)
        self.meters = list(meters)
        self.clock = DeviceClock(now, drift_s=clock_drift_s, is_set=clock_is_set)
        self.eqbus_baud_rate = 500_000
        self.scan_s = scan_s
        self.registered: dict[str, Registration] = {}
        self.scanned: dict[str, int] = {}
        """Serial of each found meter that waits to be added, and the token of the scan that found it."""
        self.errors: dict[int, str] = {}
        self._scan: ScanUnderway | None = None
        self.now = now
        self._parts: dict[Any, Any] = {}

    def part(self, kind: Callable[[Gateway], T]) -> T:
        """A part of the gateway with a state of its own, such as its event log; made when it is first asked for."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        return cast(T, self._parts[kind])

    def wired(self, serial: str) -> SimulatedMeter:
        """The meter of that serial, registered or not.

        Raises:
            KeyError: none is wired to this gateway.
        """
        for meter in self.meters:
            if meter.serial == serial:
                return meter
        raise KeyError(serial)

    def answers(self, meter: SimulatedMeter) -> bool:
        """Whether the gateway reaches a meter now: it has power, and its bus the right baud rate."""
        return meter.powered and (meter.bus is not Bus.EQBUS or meter.baud_rate == self.eqbus_baud_rate)

    def meter_for(self, serial: str, user: User) -> SimulatedMeter:
        """A registered meter that this user may see.

        Raises:
            Refusal: 404 when it is not registered, 403 when the user has no access.
        """
        if serial not in self.registered:
            raise Refusal(404, "URI not found.")
        if self.users.role(user, serial) is Role.NONE:
            raise Refusal(403, "Forbidden. Access Denied")
        return self.registered[serial].meter

    def reach(self, meter: SimulatedMeter, failure: int) -> None:
        """Talk to a meter. `failure` is the HTTP code under which this resource reports a silent one."""
        if not self.answers(meter):
            raise Refusal(failure, NO_ANSWER)

    def fail_later(self, description: str) -> int:
        """Note an error that the client can ask for by the number returned (manual 6.3.91)."""
        number = len(self.errors) + 1
        self.errors[number] = description
        return number

    def about(self) -> dict[str, Any]:
        """Manual 6.3.1."""
        return {
            "cosemversion": 6,
            "firmwareversion": self.firmware,
            "hardwareversion": "G13_R2",
            "model": "G13 100-100",
            "jsonapiversion": "1.0",
            "logicaldevicename": self.serial,
            "releasedate": "2013-06-11T09:12:40",
            "serial": int(self.serial[-6:]),
        }

    def description(self) -> dict[str, str]:
        """Manual 6.3.9."""
        return {"alias": self.alias, "location": self.location, "serial": self.serial}

    def describe(self, body: object) -> None:
        """Set alias and location (manual 6.3.10)."""
        sent = check_tags(body, ["serial", "alias", "location"])
        if sent["serial"] != self.serial:
            raise invalid("serial")
        alias, location = text_of(sent, "alias", LONGEST_ALIAS), text_of(sent, "location", LONGEST_LOCATION)
        if alias != self.alias:
            self.part(EventLog).add(ALIAS_CHANGED)
        self.alias, self.location = alias, location

    def set_clock(self, body: object) -> None:
        """Set the gateway's clock (manual 6.3.12)."""
        moment = read_moment(check_tags(body, ["datetime"])["datetime"])
        if moment is None:
            raise invalid("datetime")
        self.clock.set(moment)
        self.part(EventLog).add(CLOCK_SET)

    def meter_list(self, user: User) -> dict[str, Any]:
        """The registered meters that this user may see, by location (manual 6.3.31)."""
        locations: dict[str, list[dict[str, Any]]] = {}
        for serial, registration in self.registered.items():
            if self.users.role(user, serial) is Role.NONE:
                continue
            meter = registration.meter
            locations.setdefault(registration.location, []).append(
                {
                    "alias": registration.alias,
                    "serial": serial,
                    "protocol": str(meter.bus.value),
                    "address": str(meter.address),
                    "status": self._state(registration),
                }
            )
        return {
            **self.description(),
            "locations": [
                {"location": location, "serial": " ", "meters": meters} for location, meters in locations.items()
            ],
        }

    def _state(self, registration: Registration) -> int:
        if not self.answers(registration.meter):
            return -1
        return 1 if self.now() - registration.since_s >= _SETTLING_S else 0

    def register(self, body: object) -> None:
        """Take a scanned meter into service (manual 6.3.33); it leaves the list of scanned ones."""
        self._show_finds()
        serial, alias, location = _registration_of(body)
        if serial not in self.scanned:
            raise invalid("serial")
        del self.scanned[serial]
        self.registered[serial] = Registration(self.wired(serial), alias, location, self.now())
        self.part(EventLog).add(DEVICE_ADDED)

    def rename(self, serial: str, body: object) -> None:
        """Change a registered meter's alias and location (manual 6.3.32)."""
        named, alias, location = _registration_of(body)
        if named != serial:
            raise invalid("serial")
        registration = self.registered[serial]
        registration.alias, registration.location = alias, location

    def unregister(self, serial: str, body: object) -> None:
        """Take a meter out of service (manual 6.3.34)."""
        named, _, _ = _registration_of(body)
        if named != serial:
            raise invalid("serial")
        del self.registered[serial]
        self.part(EventLog).add(DEVICE_DELETED)

    def start_scan(self, body: object, token: str) -> None:
        """Begin a scan (manual 6.3.36); only one at a time. Registered meters are not looked for."""
        number, scans = read_scan(body, token)
        if self._scanning():
            raise Refusal(400, "scan in progress.")
        self._show_finds()
        candidates = [meter for meter in self.meters if meter.serial not in self.registered]
        self._scan = begin_scan(number, scans, candidates, self.now(), self.scan_s)

    def scan_result(self) -> dict[str, Any]:
        """What was found so far (manual 6.3.35); 1 is complete, 2 in progress."""
        self._show_finds()
        found = [(self.wired(serial), token) for serial, token in self.scanned.items()]
        return {
            "scanresult": [
                {"token": token, "serial": m.serial, "protocol": str(m.bus.value), "address": str(m.address)}
                for m, token in found
            ],
            "scancomplete": 2 if self._scanning() else 1,
        }

    def forget_scanned(self, body: object) -> dict[str, Any]:
        """Delete meters from the list of scanned ones (manual 6.3.37); without a body all of them."""
        self._show_finds()
        if body is None:
            self.scanned.clear()
            return {"status": "success"}
        entries = check_tags(body, ["deletescanned"])["deletescanned"]
        if not isinstance(entries, list) or len(entries) > _MAX_DELETED:
            raise invalid("deletescanned")
        serials = [check_tags(entry, ["serial"])["serial"] for entry in entries]
        return {
            "deletescanned": [
                {"serial": serial, "status": -1 if self.scanned.pop(serial, None) is None else 1} for serial in serials
            ]
        }

    def _scanning(self) -> bool:
        return self._scan is not None and self.now() < self._scan.ends_s

    def _show_finds(self) -> None:
        """Put on the list what the running scan has come across by now."""
        scan = self._scan
        if scan is None:
            return
        now_s = self.now()
        for at_s, meter in scan.finds:
            room = sum(token == scan.token for token in self.scanned.values()) < MAX_SCANNED
            if at_s <= now_s and room and self.answers(meter) and meter.serial not in self.registered:
                self.scanned[meter.serial] = scan.token
        later = tuple((at_s, meter) for at_s, meter in scan.finds if at_s > now_s)
        self._scan = ScanUnderway(scan.token, later, scan.ends_s)

    def configuration(self) -> dict[str, Any]:
        """Manual 6.3.4."""
        return self.part(Configuration).reply()


def _registration_of(body: object) -> tuple[str, str, str]:
    sent = check_tags(body, ["alias", "location", "serial"])
    serial = sent["serial"]
    if not isinstance(serial, str):
        raise invalid("serial")
    return serial, text_of(sent, "alias", LONGEST_ALIAS), text_of(sent, "location", LONGEST_LOCATION)
