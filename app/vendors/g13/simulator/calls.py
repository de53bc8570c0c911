"""What every resource of the simulated gateway is made of: a request that passed the gate, and its usual courses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.routing import compile_path

from app.vendors.g13.simulator.gateway import Gateway
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import check_tags, denied
from app.vendors.g13.simulator.users import Role, User

T = TypeVar("T")

Reply = Mapping[str, Any]

SUCCESS: Reply = {"status": "success"}
FAILED = 500
FAILED_STORED = 502
"""What the resources of stored values answer when a meter is silent."""


def _stays(_seconds: float, _host: str = "") -> None:
    """Where nothing can unplug the device."""


class Encoded(dict[str, Any]):
    """A reply whose JSON is at hand already: tens of thousands of rows are not written anew for every request."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content


@dataclass(frozen=True)
class UploadedForm:
    """A form with a file as it came. `whole` is false when the client left before its end."""

    boundary: bytes
    body: bytes
    whole: bool


@dataclass(frozen=True)
class Call:
    """One request that has passed the gate: who asks what.

    `body` is the parsed JSON, None where there was none, an `UploadedForm` where the resource takes files.
    """

    gateway: Gateway
    user: User
    places: Mapping[str, str]
    body: object
    leave: Callable[[float, str], None] = _stays
    """leave(seconds, host): after this answer, be gone from the network for so long; come back at `host` if given."""

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
    """A method and path; `of_admin` is for gateway administrators only, `takes_file` for a form of any length."""

    method: str
    path: re.Pattern[str]
    answer: Answer
    of_admin: bool
    takes_file: bool = False


def resource(method: str, path: str, answer: Answer, *, of_admin: bool = False, takes_file: bool = False) -> Resource:
    return Resource(method, compile_path(path)[0], answer, of_admin, takes_file)


def done(work: Callable[[Call], None]) -> Answer:
    def answer(call: Call) -> Reply:
        work(call)
        return SUCCESS

    return answer


def of_meter(read: Callable[[SimulatedMeter], Reply], failure: int = FAILED) -> Answer:
    def answer(call: Call) -> Reply:
        meter = call.meter
        call.gateway.reach(meter, failure)
        return read(meter)

    return answer


def to_meter(read: Callable[[object], T], write: Callable[[SimulatedMeter, T], None], failure: int = FAILED) -> Answer:
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


def nothing(body: object) -> None:
    if body is not None:
        check_tags(body, [])
