"""`firmware`: sends a firmware file to a device, and lets the device or its meters take it over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from app.cli.console import Console, table
from app.cli.opening import check_meter, locate, opened
from app.cli.options import Options
from app.cli.sending import CODES
from app.commission.firmware import firmware_plain, install, read_version, upload
from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.errors import AppError, ExitCode, UsageError
from app.model.firmware import Firmware, Image, make_image
from app.model.job import Progress

EVERY_S = 2.0
"""A line about the progress at most so often."""


async def firmware(console: Console, options: Options, file: Path, meters: Sequence[str], *, yes: bool) -> ExitCode:
    """Upload, ask, install, and tell which version everyone has now."""
    chosen = tuple(meters)
    place = await locate(options)
    known = place.vendor.firmware
    if known is None:
        raise UsageError(f"{place.vendor.title}: its firmware cannot be renewed from here.")
    known.check_meters(chosen)
    image = _image_of(known, file)
    async with opened(place, options, console, records=True) as (session, _):
        for meter in chosen:
            check_meter(session, meter)
        before = await _versions(session, chosen)
        console.note(f"{image.name}: {image.size} bytes, SHA-256 {image.sha256}")
        _ask(console, known, chosen, before, yes=yes)
        receipt = await _uploaded(console, session, image)
        if receipt.outcome is Outcome.VERIFIED:
            receipt = await _installed(console, session, chosen, before)
    console.document({"file": image.name, "sha256": image.sha256, **firmware_plain(receipt)})
    console.say(*_told(receipt))
    return CODES[receipt.outcome]


def _image_of(known: Firmware, file: Path) -> Image:
    try:
        known.check_image(file.name, file.stat().st_size)
        return make_image(file.name, file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error


async def _versions(session: DeviceSession, meters: tuple[str, ...]) -> dict[str, str]:
    """What everyone has now; a meter that does not answer is left out."""
    found: dict[str, str] = {}
    for meter in meters or ("",):
        try:
            found[meter] = await read_version(session, meter)
        except AppError:
            if not meter:
                raise
    return found


def _ask(console: Console, known: Firmware, meters: tuple[str, ...], before: dict[str, str], *, yes: bool) -> None:
    """Raises UsageError when it is not to be done, or there is nobody to say so."""
    console.note(*table([(meter or "Device", before.get(meter, "does not answer")) for meter in meters or ("",)], "  "))
    if yes:
        return
    console.note(known.warning(meters))
    if not console.interactive:
        raise UsageError("Nothing was sent: nobody is here to confirm it.", hint="Use --yes to go on unasked.")
    if not console.confirm("Upload and install?"):
        raise UsageError("Nothing was sent.", hint="It was not confirmed.")


async def _uploaded(console: Console, session: DeviceSession, image: Image) -> Receipt:
    telling, receipt = _Telling(console), None
    async with aclosing(upload(session, image)) as events:
        async for event in events:
            if isinstance(event, Receipt):
                receipt = event
            else:
                telling.say("Upload", f"{event.done} of {event.total} bytes", last=event.done == event.total)
    assert receipt is not None, "the last event is the receipt"
    return receipt


async def _installed(
    console: Console, session: DeviceSession, meters: tuple[str, ...], before: dict[str, str]
) -> Receipt:
    telling, receipt = _Telling(console), None
    async with aclosing(install(session, meters, before)) as events:
        async for event in events:
            if isinstance(event, Receipt):
                receipt = event
            else:
                telling.step(event.progress)
    assert receipt is not None, "the last event is the receipt"
    return receipt


class _Telling:
    """Lines about the progress on standard error, each once, not too many."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""
        self._at = -EVERY_S

    def step(self, progress: Progress) -> None:
        self.say("Install", progress.text, last=False)

    def say(self, topic: str, text: str, *, last: bool) -> None:
        if text != self._said and (last or time.monotonic() - self._at >= EVERY_S):
            self._said, self._at = text, time.monotonic()
            self._console.note(f"{topic}: {text}")


def _told(receipt: Receipt) -> list[str]:
    rows: list[tuple[Any, ...]] = [
        (change.field or "Device", change.before or "?", "→", change.now or "?", part.outcome.value)
        for part, change in zip(receipt.parts, receipt.changes, strict=True)
    ]
    return [
        f"Firmware: {receipt.outcome.value}",
        *(table(rows, "  ") if rows else []),
        *(f"  {step.title}: {step.state.value}" for step in receipt.steps),
        *(f"  {line}" for line in (receipt.message, receipt.hint) if line),
    ]
