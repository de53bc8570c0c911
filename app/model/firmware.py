"""How a family's firmware is renewed: an image goes to the device, then the device or its meters take it over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from .job import Progress


class Image(msgspec.Struct, frozen=True):
    """A firmware file in memory. `sha256` is in hexadecimal. `name` is the file's own name, without a path."""

    name: str
    content: bytes
    sha256: str


class Target(msgspec.Struct, frozen=True):
    """Who shall get new firmware: the device itself (`meter` empty) or a meter behind it; `version` is what it has."""

    meter: str
    title: str
    version: str = ""


class TargetState(msgspec.Struct, frozen=True):
    """How far one target is, in the device's own word: pending, success, failed."""

    meter: str
    state: str


class Installing(msgspec.Struct, frozen=True):
    """One look at an installation that runs."""

    progress: Progress
    targets: tuple[TargetState, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Firmware:
    """What the program knows of renewing a family's firmware.

    `upload(client, image)` sends the image and tells how far it is; it can be given up. `install(client, meters)` makes
    the device itself (`meters` empty) or these meters take it over and ends when all have ended; it cannot be given
    up, and raises an `AppError` when it does not end well. `most` is how many meters may be renewed together.
    `version(client, meter)` asks which version a target has now.
    """

    upload: Callable[[Any, Image], AsyncIterator[Progress]]
    install: Callable[[Any, tuple[str, ...]], AsyncIterator[Installing]]
    version: Callable[[Any, str], Awaitable[str]]
    of_meters: bool = False
    most: int = 1
    largest: int = 64 * 1024 * 1024
    help: str = ""
    manual: str = ""
    resources: tuple[str, ...] = ()
