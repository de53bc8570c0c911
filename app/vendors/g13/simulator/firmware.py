"""New firmware for the simulated gateway and its meters (manual 6.3.24 to 6.3.27).

Decided here, the manual being silent: an image begins with a line that says for whom it is and one with its version,
and ends with a checksum; what is sent is kept whatever it is, and found out only when it is to be taken over. A
gateway that was given a wrong image restarts all the same, with its old version. Without an image both updates are
refused with 400, and so is a second update of meters while one runs.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from app.vendors.g13.simulator.calls import SUCCESS, Call, Reply, Resource, UploadedForm, resource
from app.vendors.g13.simulator.gateway import Gateway
from app.vendors.g13.simulator.gateway_log import EventLog
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal, check_tags, invalid

GATEWAY_MARK, METER_MARK = b"G13FW", b"EMFW"
MOST_METERS = 10
WRITING_S = 2.0
"""So long the gateway writes its own firmware before it restarts."""
METER_S = 1.0
"""So long one meter takes."""
PENDING, GOOD, BAD = "pending", "success", "failed"
NOT_INITIATED, IN_PROGRESS, COMPLETED = 0, 1, 2

UPLOAD_COMPLETE, UPLOAD_FAIL = 15, 16
UPGRADE_START, UPGRADE_COMPLETE, UPGRADE_FAIL = 17, 18, 19
METER_START, METER_COMPLETE, METER_FAIL = 20, 21, 22

_CHECKSUM = 4
_VERSION = re.compile(rb"[A-Z]\d{1,3}(?:\.\d{1,3}){3}")
_FIELD = re.compile(
    rb'content-disposition: *form-data;[ \r\n\t]*name="image";[ \r\n\t]*filename="([^"\r\n]+)"', re.IGNORECASE
)


def gateway_image(version: str, size: int = 20_000) -> bytes:
    """An image for the gateway, such as 'G1.5.0.0', of about that many bytes."""
    return _image(GATEWAY_MARK, version, size)


def meter_image(version: str, size: int = 20_000) -> bytes:
    """An image for meters, such as 'B2.15.0.0', of about that many bytes."""
    return _image(METER_MARK, version, size)


def _image(mark: bytes, version: str, size: int) -> bytes:
    head = mark + b"\n" + version.encode("ascii") + b"\n"
    body = head + bytes(number * 31 % 256 for number in range(max(0, size - len(head) - _CHECKSUM)))
    return body + zlib.crc32(body).to_bytes(_CHECKSUM)


def version_in(image: bytes, mark: bytes) -> str:
    """The version of an image for these devices; empty when it is none, or not whole."""
    body, checksum = image[:-_CHECKSUM], image[-_CHECKSUM:]
    lines = body.split(b"\n", 2)
    if zlib.crc32(body).to_bytes(_CHECKSUM) != checksum or len(lines) < 3 or lines[0] != mark:
        return ""
    return lines[1].decode("ascii") if _VERSION.fullmatch(lines[1]) else ""


@dataclass
class _Turn:
    """One meter of an update: from when to when it is its turn."""

    meter: SimulatedMeter
    begins_s: float
    ends_s: float
    state: str = PENDING
    begun: bool = False


class FirmwareStore:
    """The one image that the gateway keeps, and the updates that run from it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.image: bytes | None = None
        self.image_name = ""
        self._own_until_s: float | None = None
        self._turns: list[_Turn] = []

    @property
    def _log(self) -> EventLog:
        return self._gateway.part(EventLog)

    def take(self, form: UploadedForm) -> None:
        """Keep what was sent in place of the image before, even when it broke off."""
        self.advance()
        if self._running():
            raise Refusal(400, "firmware update in progress.")
        found = _FIELD.search(form.body[:2000])
        if found is None:
            self._log.add(UPLOAD_FAIL)
            raise Refusal(400, "missing name and key tag in JSON .")
        content = form.body.partition(b"\r\n\r\n")[2]
        end = content.rfind(b"\r\n--" + form.boundary)
        self.image = content[:end] if end >= 0 else content
        self.image_name = found[1].decode("ascii", "replace")
        whole = form.whole and end >= 0 and bool(self.image)
        self._log.add(UPLOAD_COMPLETE if whole else UPLOAD_FAIL)
        if not whole:
            raise Refusal(400, "image is incomplete.")

    def renew_gateway(self) -> float:
        """Begin to write the gateway's own firmware; returns for how long it will be gone."""
        self.advance()
        self._require_image()
        self._log.add(UPGRADE_START)
        self._own_until_s = self._gateway.now() + WRITING_S
        return WRITING_S

    def renew_meters(self, serials: list[str]) -> None:
        """Begin to renew these meters, one after the other."""
        self.advance()
        self._require_image()
        begin_s = self._gateway.now()
        self._turns = [
            _Turn(self._gateway.registered[serial].meter, begin_s + number * METER_S, begin_s + (number + 1) * METER_S)
            for number, serial in enumerate(serials)
        ]

    def _require_image(self) -> None:
        if self.image is None:
            raise Refusal(400, "firmware image not found.")
        if self._running():
            raise Refusal(400, "firmware update in progress.")

    def _running(self) -> bool:
        return self._own_until_s is not None or any(turn.state == PENDING for turn in self._turns)

    def status(self) -> Reply:
        """Manual 6.3.24."""
        self.advance()
        devices = [{"serial": turn.meter.serial, "status": turn.state} for turn in self._turns]
        complete = NOT_INITIATED if not devices else IN_PROGRESS if self._running() else COMPLETED
        return {"devices": devices, "firmwareupdatecomplete": complete}

    def advance(self) -> None:
        """Bring everything up to the present moment."""
        now_s = self._gateway.now()
        if self._own_until_s is not None and now_s >= self._own_until_s:
            self._own_until_s = None
            version = version_in(self.image or b"", GATEWAY_MARK)
            self._gateway.firmware = version or self._gateway.firmware
            self._log.add(UPGRADE_COMPLETE if version else UPGRADE_FAIL)
            # What it has taken over is not kept; nor does an image survive the restart.
            self.image = None
        for turn in self._turns:
            self._advance(turn, now_s)

    def _advance(self, turn: _Turn, now_s: float) -> None:
        if not turn.begun and now_s >= turn.begins_s:
            turn.begun = True
            self._log.add(METER_START)
        if turn.state != PENDING or now_s < turn.ends_s:
            return
        version = version_in(self.image or b"", METER_MARK)
        if version and self._gateway.answers(turn.meter):
            turn.meter.firmware = version
            turn.state = GOOD
        else:
            turn.state = BAD
        self._log.add(METER_COMPLETE if turn.state == GOOD else METER_FAIL)


def _about(call: Call) -> Reply:
    call.gateway.part(FirmwareStore).advance()
    return call.gateway.about()


def _status(call: Call) -> Reply:
    return call.gateway.part(FirmwareStore).status()


def _upload(call: Call) -> Reply:
    if not isinstance(call.body, UploadedForm):
        raise Refusal(400, "missing name and key tag in JSON .")
    call.gateway.part(FirmwareStore).take(call.body)
    return SUCCESS


def _renew_gateway(call: Call) -> Reply:
    call.leave(call.gateway.part(FirmwareStore).renew_gateway(), "")
    return SUCCESS


def _renew_meters(call: Call) -> Reply:
    serials = check_tags(call.body, ["meters"])["meters"]
    if not isinstance(serials, list) or not 1 <= len(serials) <= MOST_METERS:
        raise invalid("meters")
    if not all(isinstance(serial, str) and serial in call.gateway.registered for serial in serials):
        raise invalid("meters")
    if len(set(serials)) != len(serials):
        raise invalid("meters")
    call.gateway.part(FirmwareStore).renew_meters(serials)
    return SUCCESS


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/about", _about),
    resource("GET", "/meters/firmwareupdatestatus", _status, of_admin=True),
    resource("POST", "/firmware", _upload, of_admin=True, takes_file=True),
    resource("PUT", "/firmware", _renew_gateway, of_admin=True),
    resource("PUT", "/meters/firmware", _renew_meters, of_admin=True),
)
