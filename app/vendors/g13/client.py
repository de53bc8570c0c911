"""The G13 gateway's JSON interface: one request at a time, Basic authentication, its ways of saying no."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote

import msgspec

from app.model.device import Credentials, Identity, Meter
from app.model.errors import (
    AccessDenied,
    AnswerLost,
    AppError,
    BadReply,
    DeviceFailed,
    DeviceRefused,
    InvalidValue,
    NotFound,
    PasswordChangeRequired,
    TooLong,
    UsageError,
)
from app.model.section import Step
from app.model.support import Capabilities
from app.net.client import DeviceClient, Reply
from app.net.lenient import JsonReader, convert

from .models import (
    About,
    AssociationObjects,
    DemandConfiguration,
    Gateway,
    GatewayTime,
    MeterInfo,
    Meters,
    ScanResult,
    Status,
)
from .tables import MAX_UPDATE_BYTES, bus_name, capabilities_from_bits, meter_state

T = TypeVar("T")

Values = dict[str, dict[str, tuple[float | str | None, str | None]]]
"""Group, quantity, then value and unit. What has no unit may come with null (manual 6.3.60)."""

ALTERNATIVES = {
    "/power": "/powers",
    "/seasonprofiles": "/seasons",
    "/energy/conversionfactor": "/conversionfactor",
}
"""Ends of paths that the manual writes in two ways; the second is tried on a 404 and then kept."""

MAX_USER = 16
MAX_PASSWORD = 32
VIEW_ONLY = "view only"
NO_ACCESS = "no access"
LONGEST_WORDS = 500
RESERVED = frozenset({"", ".", "..", "scanned", "firmware", "firmwareupdatestatus"})
"""What stands under /meters beside the meters, and what leads out of it: no serials."""
LONGEST_STATUS = 1000
"""A longer answer is no status message: it is not looked through for one."""
RESERVED_USERS = frozenset({"", ".", ".."})
OWN_ACCOUNT = "/users/<user>"
"""The path of a step for the account in use, whoever that is: the name is filled in when it is sent."""
LONGEST_SERIAL = 64
"""The manual says 17 characters; what is much longer is no serial and fits into no request line."""

_NAMED_TAG = re.compile(r"(?:missing|invalid|unknown) ([\w-]+)(?: and [\w-]+)*(?: tag)? in JSON", re.IGNORECASE)
_ABORTED = re.compile(r"\baborted\b", re.IGNORECASE)
"""A request of several parts that broke off: what came before stands, whatever the code says (manual 6.1)."""
_LINK = re.compile(r"/lasterror/\d+")


class G13Client:
    """Speaks with one gateway. Every method raises `AppError` when the gateway cannot be asked or says no."""

    def __init__(self, http: DeviceClient) -> None:
        self.http = http
        self._reader = JsonReader(str(http.address))
        self._paths: dict[str, str] = {}
        self.ways: dict[str, int] = {}
        """Which of several ways to write a path this gateway knows, by topic; remembered once one has worked."""
        self._logged_in = False
        self._own_id = ""

    # What the rest of the program asks of every vendor's connection.

    async def identity(self) -> Identity:
        """Log in, then ask who it is (manual 6.3.1, 6.3.2, 6.3.9).

        Raises:
            PasswordChangeRequired: the user still has the password that an administrator gave.
        """
        await self.login()
        about, gateway = await self.about(), await self.gateway()
        self._own_id = gateway.serial or str(about.serial)
        return Identity(
            vendor="g13",
            id=self._own_id,
            model=about.model or "G13 energy meter gateway",
            name=gateway.alias,
            location=gateway.location,
            firmware=about.firmwareversion,
            facts=(("Interface", f"JSON API {about.jsonapiversion}"), ("TLS", self.http.profile.label)),
        )

    async def meters(self) -> tuple[Meter, ...]:
        """The registered meters (manual 6.3.31)."""
        listing = await self.registered()
        return tuple(
            Meter(
                serial=meter.serial,
                alias=meter.alias,
                location=place.location,
                bus=bus_name(meter.protocol),
                address=str(meter.address),
                state=meter_state(meter.status),
            )
            for place in listing.locations
            for meter in place.meters
        )

    async def capabilities(self, target: str) -> Capabilities:
        """What a meter offers, by its 256 bits, and whether this account may configure it (manual 6.3.30).

        For the gateway itself the interface has no such question: everything is offered, and a 403 tells.
        """
        if target in ("", self._own_id):
            return Capabilities()
        try:
            known = await self.association(target)
        except NotFound:
            # Firmware without the question: everything is tried, and a refusal tells.
            return Capabilities()
        may_write = known.role.strip().lower() not in (VIEW_ONLY, NO_ACCESS)
        reason = "" if may_write else f"This account may only look at this meter ({known.role.strip()})."
        # A meter that says nothing of itself is not one that can do nothing: then everything is tried.
        offered = capabilities_from_bits(known.bits) if known.bits else None
        return Capabilities(offered, may_write, reason)

    async def perform(self, step: Step) -> None:
        """Send one step of a plan."""
        if step.path == OWN_ACCOUNT:
            await self._renew_own_password(step)
        else:
            await self.update(step.method, step.path, step.body, secret=step.secret)

    async def aclose(self) -> None:
        """End the session on the gateway (manual 6.3.3), and hang up."""
        try:
            if self._logged_in:
                self._logged_in = False
                # A gateway that is gone or restarting has ended the session by itself.
                with contextlib.suppress(AppError):
                    await self.http.request("POST", "/logout", timeout_s=3)
        finally:
            await self.http.aclose()

    # The resources.

    async def login(self) -> None:
        """Open a session (manual 6.3.2)."""
        await self._checked("POST", "/login")
        self._logged_in = True

    async def change_password(self, user: str, old: str, new: str) -> None:
        """Replace the password that the gateway wants changed, and go on with the new one (manual 6.3.2).

        Raises:
            InvalidValue: user name over 16 or password over 32 characters, or the same password again.
            LoginFailed: the old password is wrong.
            AnswerLost, BadReply: it is not known which of the two passwords holds.

        Whatever is raised, the login in use is the one from before.
        """
        if not new:
            raise InvalidValue("password", "The new password is empty.")
        if not new.isprintable():
            raise InvalidValue("password", "The new password holds characters that cannot be typed again.")
        if new == old:
            raise InvalidValue("password", "The new password is the old one.", hint="Choose another.")
        if len(new) > MAX_PASSWORD:
            raise InvalidValue(
                "password", f"The new password has {len(new)} characters, at most {MAX_PASSWORD} are allowed."
            )
        if len(user) > MAX_USER:
            raise InvalidValue("user", f"The user name has {len(user)} characters, at most {MAX_USER} are allowed.")
        going_on = self.http.credentials
        try:
            await self.http.login(Credentials(user, old))
            await self.update("POST", "/login", {"name": user, "oldkey": old, "key": new}, secret=("oldkey", "key"))
            going_on = Credentials(user, new)
        except (AnswerLost, BadReply) as error:
            error.hint = "The new password may hold already: log in with it, and with the old one if it is refused."
            raise
        finally:
            await self.http.login(going_on)

    async def _renew_own_password(self, step: Step) -> None:
        """Replace the password of the account in use, and go on with the new one (manual 6.3.18).

        Raises:
            AnswerLost, BadReply: it is not known which of the two passwords holds; the login stays the old one.
        """
        login = self.http.credentials
        if login is None or step.body is None:
            raise UsageError("Nobody is logged in: there is no password of one's own to change.")
        try:
            await self.update(step.method, user_path(login.user), {"name": login.user, **step.body}, secret=step.secret)
        except (AnswerLost, BadReply) as error:
            error.hint = "The new password may hold already: log in with it, and with the old one if it is refused."
            raise
        await self.http.login(Credentials(login.user, str(step.body["key"])))

    async def about(self) -> About:
        """Versions of the gateway (manual 6.3.1)."""
        return await self.get("/about", About)

    async def gateway(self) -> Gateway:
        """Alias, location and serial (manual 6.3.9)."""
        return await self.get("/gateway", Gateway)

    async def gateway_time(self) -> GatewayTime:
        """The gateway's clock (manual 6.3.11)."""
        return await self.get("/gateway/datetime", GatewayTime)

    async def registered(self) -> Meters:
        """Registered meters by location (manual 6.3.31)."""
        return await self.get("/meters", Meters)

    async def scanned(self) -> ScanResult:
        """What the last or the running scan has found (manual 6.3.35)."""
        return await self.get("/meters/scanned", ScanResult)

    async def association(self, serial: str) -> AssociationObjects:
        """Capability bits and role (manual 6.3.30)."""
        return await self.get(meter_path(serial, "associationobjects"), AssociationObjects)

    async def meter_info(self, serial: str) -> MeterInfo:
        """Who made a meter, its ratios, factors and outages (manual 6.3.43)."""
        return await self.get(meter_path(serial, "info"), MeterInfo)

    async def instrument(self, serial: str) -> Values:
        """Voltage, current, angles of every line, as [value, unit] (manual 6.3.60)."""
        return await self.get(meter_path(serial, "instrument"), Values)

    async def power(self, serial: str) -> Values:
        """Active, reactive and apparent power of every line, as [value, unit] (manual 6.3.59)."""
        return await self.get(meter_path(serial, "power"), Values)

    async def demand_configuration(self, serial: str) -> DemandConfiguration:
        """Demand channels and intervals (manual 6.3.78)."""
        return await self.get(meter_path(serial, "demand/configuration"), DemandConfiguration)

    # How requests go out and answers come back.

    async def get(self, path: str, kind: type[T]) -> T:
        """GET a resource. A path that the manual writes in two ways is tried in both."""
        return convert(await self._either_way("GET", path), kind)

    async def fetch(self, path: str, read: Callable[[bytes], Awaitable[T]], *, timeout_s: float) -> T:
        """GET an answer that may be long: `read` decodes it in its own way, off the loop; else like `get`."""
        reply = await self.http.request("GET", path, timeout_s=timeout_s)
        hide = self.http.concealer(None)
        if reply.status != 200:
            raise self._refusal(reply, path, hide)
        if len(reply.body) <= LONGEST_STATUS and b'"status"' in reply.body and self._says_error(reply):
            raise self._refusal(reply, path, hide)
        try:
            return await read(reply.body)
        except BadReply as error:
            failed = error
        raise await self._explained(reply, path, failed, hide)

    def _says_error(self, reply: Reply) -> bool:
        """Whether a 200 is a status message that says no."""
        with contextlib.suppress(BadReply):
            return convert(self._reader.decode(reply.body), Status).status.lower() == "error"
        return False

    async def ask(self, path: str, body: dict[str, object], kind: type[T]) -> T:
        """POST that changes nothing and is answered with values (manual 6.3.16); at most 512 bytes go out.

        Raises:
            TooLong: the body would be longer; nothing was sent.
        """
        return convert(await self._checked("POST", path, _fitting("POST", path, body)), kind)

    async def update(
        self, method: str, path: str, body: dict[str, object] | None, *, secret: tuple[str, ...] = ()
    ) -> None:
        """POST, PUT or DELETE; at most 512 bytes go out (manual 6.1).

        Raises:
            TooLong: the body would be longer; nothing was sent.
        """
        await self._either_way(method, path, None if body is None else _fitting(method, path, body), secret)

    async def _either_way(
        self, method: str, path: str, content: bytes | None = None, secret: tuple[str, ...] = ()
    ) -> object:
        """A request whose path may be written in two ways. What a gateway does not know, it has not done either."""
        end = next((end for end in ALTERNATIVES if path.endswith(end)), "")
        head = path.removesuffix(end)
        try:
            return await self._checked(method, head + self._paths.get(end, end), content, secret)
        except NotFound:
            if not end or end in self._paths:
                raise
        document = await self._checked(method, head + ALTERNATIVES[end], content, secret)
        self._paths[end] = ALTERNATIVES[end]
        return document

    async def _checked(
        self, method: str, path: str, content: bytes | None = None, secret: tuple[str, ...] = ()
    ) -> object:
        reply = await self.http.request(method, path, body=content, secret=secret)
        return await self.judged(method, path, reply, self.http.concealer(content, secret))

    async def judged(self, method: str, path: str, reply: Reply, hide: Callable[[str], str]) -> object:
        """The document of a good answer; `hide` strikes secrets out of the gateway's words.

        Raises:
            AppError: the gateway said no, or something that cannot be read.
        """
        if reply.status != 200:
            raise self._refusal(reply, path, hide)
        if not reply.body.strip() and method != "GET":
            return {}
        failed: BadReply | None = None
        document: object = None
        try:
            document = self._reader.decode(reply.body)
        except BadReply as error:
            failed = error
        if failed is not None:
            # Not as its cause: that quotes the answer, in which a gateway may repeat what it was sent.
            raise await self._explained(reply, path, failed, hide)
        if isinstance(document, dict) and str(document.get("status", "")).lower() == "error":
            raise self._refusal(reply, path, hide)
        return document

    async def _explained(self, reply: Reply, path: str, error: BadReply, hide: Callable[[str], str]) -> BadReply:
        """A 200 that does not parse: the gateway keeps the reason under /lasterror (manual 6.3.91)."""
        found = _LINK.search(reply.headers.get("link", ""))
        text = ""
        if found is not None:
            with contextlib.suppress(AppError):
                answer = await self.http.request("GET", found[0], timeout_s=5)
                text = _words(convert(self._reader.decode(answer.body), Status).des) if answer.status == 200 else ""
        if not text:
            return BadReply(hide(f"{path}: {error.message}"), hint=error.hint, details=self.http.recorder.last())
        return BadReply(
            f"The gateway could not finish its answer to {path}: {hide(text)}",
            hint="Check that the meter is powered and its bus is connected, then refresh.",
            details=self.http.recorder.last(),
        )

    def _refusal(self, reply: Reply, path: str, hide: Callable[[str], str]) -> AppError:
        """What a status message or code means (manual 6.1, 6.3.2)."""
        text = hide(_description(reply, self._reader))
        details = self.http.recorder.last()
        is_json = "json" in reply.headers.get("content-type", "") or reply.body.lstrip().startswith(b"{")
        if reply.status == 403 and not is_json and "reset password" in text.lower():
            return PasswordChangeRequired("The gateway wants a new password for this user before anything else.")
        if reply.status == 403 or "DENIED" in text.upper():
            return AccessDenied(
                f"The gateway refuses {path}: {text or 'access denied'}.",
                hint=_who_may(path),
                details=details,
            )
        if reply.status == 404:
            return NotFound(f"The gateway does not know {path}: {text or 'not found'}.", status=404, details=details)
        if reply.status >= 500 or _ABORTED.search(text):
            return DeviceFailed(
                f"The gateway could not do {path}: {text or f'HTTP {reply.status}'}.",
                status=reply.status,
                details=details,
            )
        tag = _NAMED_TAG.search(text)
        return DeviceRefused(
            f"The gateway refuses {path}: {text or f'HTTP {reply.status}'}.",
            status=reply.status,
            field=tag[1] if tag else "",
            details=details,
        )


def _who_may(path: str) -> str:
    """Whose account is not refused (manual 4.5.3)."""
    _, first, second, *more = (*path.split("/"), "")
    if first == "meters" and second not in RESERVED and any(more):
        return "This needs an account with Configure access to this meter, and a type of meter that offers it."
    return "This needs a gateway administrator: log in as one, or ask one for the right."


def meter_path(serial: str, resource: str = "") -> str:
    """The path of a meter's resource. Serials come from devices: nothing in them may reach another resource.

    Raises:
        UsageError: this can be no serial.
    """
    if serial in RESERVED or len(serial) > LONGEST_SERIAL or not serial.isprintable():
        raise UsageError(
            f"{serial[:LONGEST_SERIAL]!r} is no serial number of a meter; nothing was asked.",
            hint="Look up the serial number on the meter itself.",
        )
    path = f"/meters/{quote(serial, safe='')}"
    return f"{path}/{resource}" if resource else path


def user_path(name: str, resource: str = "") -> str:
    """The path of a user's resource. Names come from devices too: nothing in them may reach another resource.

    Raises:
        UsageError: this can be no user name.
    """
    if name in RESERVED_USERS or len(name) > LONGEST_SERIAL or not name.isprintable():
        raise UsageError(f"{name[:LONGEST_SERIAL]!r} is no name of a user; nothing was asked.")
    path = f"/users/{quote(name, safe='')}"
    return f"{path}/{resource}" if resource else path


def _fitting(method: str, path: str, body: dict[str, object]) -> bytes:
    """The body as it goes out, if the gateway reads that much."""
    content = encode(body)
    if len(content) > MAX_UPDATE_BYTES:
        raise TooLong(
            f"{method} {path} would send {len(content)} bytes; the gateway reads at most {MAX_UPDATE_BYTES}.",
            hint="Shorten names, or use fewer entries.",
        )
    return content


def encode(body: dict[str, object]) -> bytes:
    """Compact JSON, as it counts towards the 512 bytes."""
    return msgspec.json.encode(body)


def _description(reply: Reply, reader: JsonReader) -> str:
    """The gateway's own words: `des` of a status message, or the text of a page."""
    try:
        message = convert(reader.decode(reply.body), Status)
    except BadReply:
        text = re.sub(r"<[^>]*>", " ", reply.text())
        return _words(text)
    return _words(message.des or message.status)


def _words(text: str) -> str:
    """A device's text on one line, of bounded length, without its full stop."""
    return " ".join(text[:LONGEST_WORDS].split()).rstrip(".")
