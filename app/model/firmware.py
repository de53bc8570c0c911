"""How a family's firmware is renewed: an image goes to the device, then the device or its meters take it over."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from .errors import InvalidValue
from .job import Progress
from .section import Step

PENDING, SUCCESS, FAILED = "pending", "success", "failed"
"""The words of `TargetState.state` that the program understands; any other is shown as it came."""


class Image(msgspec.Struct, frozen=True):
    """A firmware file in memory. `sha256` is in hexadecimal. `name` is the file's own name, without a path.

    `written` is when the file was last changed, by this computer's clock; None where that is not known.
    """

    name: str
    content: bytes
    sha256: str
    written: datetime | None = None

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    def __repr__(self) -> str:
        return f"Image({self.name!r}, {self.size} bytes, {self.sha256[:16]}…)"


def make_image(name: str, content: bytes, written: datetime | None = None) -> Image:
    """An image from a file's content; takes about a millisecond for each megabyte."""
    return Image(name, content, hashlib.sha256(content).hexdigest(), written)


class TargetState(msgspec.Struct, frozen=True):
    """How far one target is, in the device's own word. `meter` is empty for the device itself."""

    meter: str
    state: str

    @property
    def ended(self) -> bool:
        """Nothing more happens to it."""
        return self.state in (SUCCESS, FAILED)


class Installing(msgspec.Struct, frozen=True):
    """One look at an installation that runs."""

    progress: Progress
    targets: tuple[TargetState, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Firmware:
    """What the program knows of renewing a family's firmware.

    `upload(client, image)` sends the image and tells how far it is, in bytes; it can be given up, and the device is
    then left with a part of it. `install(client, meters)` makes the device itself (`meters` empty) or these meters take
    over what was uploaded. It yields first when the device has taken the request, then as often as there is news, and
    ends when all have ended, well or not; it raises an `AppError` when it cannot see the end. It cannot be given up.
    `upload_step(image)` and `install_step(meters)` are the two requests as the journal keeps them. `version(client,
    meter)` asks which version a target has now. `warning(meters)` says what happens meanwhile. `most` is how many
    meters may be renewed together, `largest` the size in bytes above which a file is no image.
    """

    key: str
    title: str
    upload: Callable[[Any, Image], AsyncGenerator[Progress, None]]
    install: Callable[[Any, tuple[str, ...]], AsyncGenerator[Installing, None]]
    upload_step: Callable[[Image], Step]
    install_step: Callable[[tuple[str, ...]], Step]
    version: Callable[[Any, str], Awaitable[str]]
    warning: Callable[[tuple[str, ...]], str]
    of_meters: bool = False
    most: int = 1
    largest: int = 64 * 1024 * 1024
    help: str = ""
    manual: str = ""
    resources: tuple[str, ...] = ()

    def check_image(self, name: str, size: int) -> None:
        """Could a file of that size be an image?

        Raises:
            InvalidValue: it is empty, or larger than any image.
        """
        if not size:
            raise InvalidValue("file", f"{name} is empty.", hint="Choose the firmware file of the maker.")
        if size > self.largest:
            limit = f"{self.largest // (1024 * 1024)} MiB"
            raise InvalidValue("file", f"{name} has {size} bytes, at most {limit} are allowed.", hint="Wrong file?")

    def check_meters(self, meters: tuple[str, ...]) -> None:
        """May these be renewed together?

        Raises:
            InvalidValue: too many, one twice, or meters where there are none.
        """
        if meters and not self.of_meters:
            raise InvalidValue("meters", "Only the device itself gets new firmware here.")
        if len(meters) > self.most:
            raise InvalidValue(
                "meters", f"{len(meters)} meters are chosen, at most {self.most} may be renewed together."
            )
        if len(set(meters)) != len(meters):
            raise InvalidValue("meters", "A meter is named twice.")
