"""New firmware for the gateway and for its meters (manual 4.3, 6.3.24 to 6.3.27)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import msgspec

from app.model.errors import AnswerLost, BadReply, DeviceFailed, DeviceRefused, DeviceUnreachable, NotFound
from app.model.firmware import FAILED, PENDING, Firmware, Image, Installing, TargetState
from app.model.job import Progress
from app.model.section import Step
from app.net.upload import File, Upload
from app.vendors.g13.client import G13Client

MOST_METERS = 10
LARGEST = 16 * 1024 * 1024
"""The manual names no limit; its own example has 1.5 MB."""
UPLOAD = "/firmware"
STATUS = "/meters/firmwareupdatestatus"
METERS_PATH = "/meters/firmware"
OTHER_METERS_PATH = "/meterfirmware"
"""The manual's text; its examples say the other."""

POLL_S = 1.0
SETTLING_S = 3.0
"""Just after the start the gateway may still tell of the update before."""
MISSES = 5
"""Questions in a row that may stay without an answer while the gateway is busy."""
PATIENCE_S = 30 * 60.0
"""An update of meters in which nothing changes for that long is given up."""
BACK_S = 240.0
"""A gateway that writes its own firmware may be gone for that long."""
UNSEEN_S = 60.0
"""A gateway that answers all that time, with its old version, has not taken the image."""
PROBE_S = 4.0
NOT_YET, UNDERWAY, COMPLETE = 0, 1, 2


class MeterUpdate(msgspec.Struct, frozen=True):
    """How far one meter is: pending, success or failed (manual 6.3.24)."""

    serial: str = ""
    status: str = ""


class UpdateStatus(msgspec.Struct, frozen=True):
    """How far an update of meters is; 0 not begun, 1 under way, 2 complete (manual 6.3.24)."""

    devices: tuple[MeterUpdate, ...] = ()
    firmwareupdatecomplete: int = NOT_YET


async def _upload(client: G13Client, image: Image) -> AsyncGenerator[Progress, None]:
    """Send the image (manual 6.3.25). The gateway keeps one; from here on the one before is gone.

    Raises:
        AnswerLost: it may hold a part of the image.
        AccessDenied, DeviceRefused: not a gateway administrator; no image.
    """
    # A gateway that refuses a long body hangs up in its middle, and its reason is lost: ask about the right before.
    with suppress(DeviceRefused, BadReply):
        await client.get(STATUS, UpdateStatus)
    upload = Upload(client.http, UPLOAD, File("image", image.name, image.content))
    async with aclosing(upload.progress()) as sending:
        async for sent in sending:
            written = sent.done == sent.total
            yield Progress(sent.done, sent.total, "The gateway checks it" if written else "Sending")
    if upload.reply is not None:
        await client.judged("POST", UPLOAD, upload.reply, client.http.concealer(None))


async def _install(client: G13Client, meters: tuple[str, ...]) -> AsyncGenerator[Installing, None]:
    following = _install_meters(client, meters) if meters else _install_gateway(client)
    async with aclosing(following):
        async for look in following:
            yield look


async def _install_gateway(client: G13Client) -> AsyncGenerator[Installing, None]:
    """Let the gateway take over the image (manual 6.3.26), and wait until it is back.

    Raises:
        DeviceUnreachable: it does not come back.
    """
    before = await client.about()
    # It may have restarted before its answer was out: whether it did, its version tells.
    with suppress(AnswerLost):
        await client.update("PUT", UPLOAD, None)
    began = time.monotonic()
    gone = False
    while (waited := time.monotonic() - began) < BACK_S:
        words = "The gateway restarts" if gone else "The gateway writes its firmware"
        yield Installing(Progress(0, 0, f"{words} ({waited:.0f} s)", cancellable=False))
        await asyncio.sleep(POLL_S)
        try:
            async with asyncio.timeout(PROBE_S):
                now = await client.about()
        except (TimeoutError, DeviceUnreachable, BadReply, DeviceFailed):
            gone = True
            continue
        if gone or now.firmwareversion != before.firmwareversion or waited > UNSEEN_S:
            await client.login()
            yield Installing(Progress(1, 1, "The gateway is back", cancellable=False))
            return
    raise DeviceUnreachable(
        f"The gateway did not come back within {BACK_S / 60:.0f} minutes.",
        hint="Do not cut its power yet: wait some minutes more, then connect again. After that switch it off and on.",
    )


async def _install_meters(client: G13Client, meters: tuple[str, ...]) -> AsyncGenerator[Installing, None]:
    """Let meters take over the image (manual 6.3.27), and watch until each has ended (manual 6.3.24).

    Raises:
        DeviceFailed: it does not begin, or does not end.
        DeviceUnreachable, BadReply: several questions in a row failed.
    """
    body: dict[str, object] = {"meters": list(meters)}
    try:
        await client.update("PUT", METERS_PATH, body)
    except NotFound:
        await client.update("PUT", OTHER_METERS_PATH, body)
    began = news = time.monotonic()
    seen = tuple(TargetState(serial, PENDING) for serial in meters)
    misses, begun = 0, False
    yield _look(seen)
    while True:
        await asyncio.sleep(POLL_S)
        try:
            status = await client.get(STATUS, UpdateStatus)
        except (DeviceUnreachable, BadReply, DeviceFailed):
            # The gateway goes on, whether we watch or not.
            misses += 1
            if misses > MISSES:
                raise
            continue
        misses = 0
        states = {device.serial: device.status.strip().lower() for device in status.devices}
        looked = tuple(TargetState(serial, states.get(serial, PENDING)) for serial in meters)
        if looked != seen:
            news, seen = time.monotonic(), looked
        yield _look(seen)
        settled = time.monotonic() - began > SETTLING_S
        begun = begun or status.firmwareupdatecomplete == UNDERWAY
        if status.firmwareupdatecomplete == COMPLETE and (begun or settled):
            return
        if status.firmwareupdatecomplete == NOT_YET and settled:
            raise DeviceFailed("The gateway took the request and did not begin.", hint="Send the file again.")
        if time.monotonic() - news > PATIENCE_S:
            raise DeviceFailed(
                f"The update does not end: nothing new for {PATIENCE_S / 60:.0f} minutes.",
                hint="Look at the meters' displays, and restart the gateway.",
            )


def _look(states: tuple[TargetState, ...]) -> Installing:
    ended = [state for state in states if state.state != PENDING]
    failed = sum(state.state == FAILED for state in states)
    text = f"{len(ended)} of {len(states)} meters done" + (f", {failed} failed" if failed else "")
    return Installing(Progress(len(ended), len(states), text, cancellable=False), states)


async def _version(client: G13Client, meter: str) -> str:
    if not meter:
        return (await client.about()).firmwareversion
    return (await client.meter_info(meter)).manufacturing.firmwareversion


def _upload_step(image: Image) -> Step:
    body = {"file": image.name, "bytes": image.size, "sha256": image.sha256}
    return Step(f"Upload firmware {image.name}", "POST", UPLOAD, body)


def _install_step(meters: tuple[str, ...]) -> Step:
    if not meters:
        return Step("Install firmware on the gateway", "PUT", UPLOAD)
    return Step("Install firmware on meters", "PUT", METERS_PATH, {"meters": list(meters)})


def _warning(meters: tuple[str, ...]) -> str:
    if not meters:
        return (
            "The gateway writes the file into its memory and restarts. For some minutes it answers nobody: no values, "
            "no logs from it. Its settings stay. Do not cut its power before it is back."
        )
    count = "The meter is" if len(meters) == 1 else f"The {len(meters)} meters are"
    return (
        f"{count} renewed one after the other. Each restarts and shows no values meanwhile. Export stored values first "
        "if you need them. Do not cut the power of gateway or meters before all are done."
    )


FIRMWARE = Firmware(
    key="g13.firmware",
    title="Firmware",
    upload=_upload,
    install=_install,
    upload_step=_upload_step,
    install_step=_install_step,
    version=_version,
    warning=_warning,
    of_meters=True,
    most=MOST_METERS,
    largest=LARGEST,
    help="The maker's file goes to the gateway, then it or its meters take it over. Needs a gateway administrator.",
    manual="4.3, 6.3.24 to 6.3.27",
    resources=(
        "GET /meters/firmwareupdatestatus",
        "POST /firmware",
        "PUT /firmware",
        "PUT /meters/firmware",
    ),
)
