"""New firmware for the device (manual 5.11).

Decided here, the manual being silent: the file goes to /load as the form's 'file'; the device may restart by itself
once it has it. Where it does not, it is told to.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from app.model.errors import AnswerLost, DeviceRefused, DeviceUnreachable
from app.model.firmware import Firmware, Image, Installing
from app.model.job import Progress
from app.model.section import Step
from app.net.recorder import strike_values
from app.net.upload import File, Upload
from app.vendors.whatwatt.client import SYSTEM, WhatwattClient, refuse
from app.vendors.whatwatt.models import DeviceInfo
from app.vendors.whatwatt.places import fill
from app.vendors.whatwatt.restart import REBOOT, follow_restart

LOAD = "/load"
LARGEST = 8 * 1024 * 1024
"""The manual names no limit; its family of processors has no more memory for a program."""


async def _upload(client: WhatwattClient, image: Image) -> AsyncGenerator[Progress, None]:
    """Send the image.

    Raises:
        AnswerLost: it may hold a part of the image, or have restarted with it before its answer was out.
        DeviceRefused: it is no image for this device.
    """
    client.firmware_before = (await _info(client)).running_s
    upload = Upload(client.http, LOAD, File("file", image.name, image.content))
    async with aclosing(upload.progress()) as sending:
        async for sent in sending:
            words = "The device checks it" if sent.done == sent.total else "Sending"
            yield Progress(sent.done, sent.total, words)
    if upload.reply is not None:
        login = client.http.credentials
        words = strike_values(upload.reply.text(), (login.password,) if login else ())
        refuse(upload.reply.status, words, f"POST {LOAD}")


async def _install(client: WhatwattClient, _meters: tuple[str, ...]) -> AsyncGenerator[Installing, None]:
    """Let the device restart with what was uploaded, unless it has done so by itself.

    Raises:
        DeviceUnreachable: it does not come back.
    """
    if await _is_back(client):
        yield Installing(Progress(1, 1, "The device has restarted with it", cancellable=False))
        return
    if await _answers(client):
        # It may be about to restart by itself, before this answer is out.
        with suppress(AnswerLost):
            await client.perform(_install_step(()))
    async with aclosing(follow_restart(client, "")) as following:
        async for progress in following:
            yield Installing(progress)


async def _answers(client: WhatwattClient) -> bool:
    try:
        await client.system(fresh=True)
    except (DeviceUnreachable, DeviceRefused):
        return False
    return True


async def _is_back(client: WhatwattClient) -> bool:
    """Does it answer, and has it been running for less time than when the image was sent?"""
    try:
        now, before = (await _info(client)).running_s, client.firmware_before
    except (DeviceUnreachable, DeviceRefused):
        return False
    return now is not None and before is not None and now < before


async def _info(client: WhatwattClient) -> DeviceInfo:
    return fill(DeviceInfo, await client.system(fresh=True))


async def _version(client: WhatwattClient, _meter: str) -> str:
    return (await _info(client)).firmware or ""


def _upload_step(image: Image) -> Step:
    body = {"file": image.name, "bytes": image.size, "sha256": image.sha256}
    return Step(f"Upload firmware {image.name}", "POST", LOAD, body)


def _install_step(_meters: tuple[str, ...]) -> Step:
    return Step("Restart with the new firmware", "POST", REBOOT)


def _warning(_meters: tuple[str, ...]) -> str:
    return (
        "The device restarts with the new firmware and gives no values for a minute or two. Its settings stay. Do not "
        "cut its power before it is back; give it USB power if it is fed by the meter."
    )


FIRMWARE = Firmware(
    key="whatwatt.firmware",
    title="Firmware",
    upload=_upload,
    install=_install,
    upload_step=_upload_step,
    install_step=_install_step,
    version=_version,
    warning=_warning,
    largest=LARGEST,
    help="The maker's file goes to the device, which then restarts with it; some do so as soon as they have it.",
    manual="5.11",
    resources=(f"POST {LOAD}", f"POST {REBOOT}", f"GET {SYSTEM}"),
)
