"""Amounts of data and of time in words, in the user's way to write numbers."""

from __future__ import annotations

from PySide6.QtCore import QLocale


def size_words(count: float) -> str:
    """Bytes in words: '636 KB'. A kilobyte has 1000 bytes, as the pace has it."""
    locale = QLocale()
    if count < 1000:
        return "1 byte" if round(count) == 1 else f"{locale.toString(round(count))} bytes"
    if count < 1_000_000:
        return f"{locale.toString(count / 1000, 'f', 0)} KB"
    return f"{locale.toString(count / 1_000_000, 'f', 1)} MB"


def time_words(seconds: float) -> str:
    """A time in words: '1 min 46 s'."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
