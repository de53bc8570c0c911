"""Firmware as the simulated device takes it: a form with one file, which begins with a mark and its version."""

from __future__ import annotations

LARGEST_FIRMWARE = 8 * 1024 * 1024
FIRMWARE_MARK = b"\xe9whatwatt "


def firmware_image(version: str, size: int = 20_000) -> bytes:
    """A file that the simulated device takes for its firmware."""
    return FIRMWARE_MARK + version.encode() + b"\n" + bytes(size)


def version_of(image: bytes) -> str | None:
    """The version that an image brings; None of what is no image for this device."""
    if not image.startswith(FIRMWARE_MARK) or len(image) > LARGEST_FIRMWARE:
        return None
    return image.removeprefix(FIRMWARE_MARK).partition(b"\n")[0].decode("ascii", "replace")


def file_of(kind: str, body: bytes) -> bytes | None:
    """The content of the form's field 'file'; None when there is no such form."""
    name, _, boundary = kind.partition("boundary=")
    if not name.lower().startswith("multipart/form-data") or not boundary:
        return None
    mark = b"--" + boundary.strip('"').encode("latin-1")
    for part in body.split(mark)[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        if blank and b'name="file"' in head:
            return content.removesuffix(b"\r\n") or None
    return None
