"""Alarm, warning and inverter codes: hexadecimal, with the bits that are set.

The manual's own examples have set bits and yet an empty list beside them: so the bits are taken from the hexadecimal
value, bit 0 being the lowest, and what the device lists is added.
"""

from __future__ import annotations

from app.vendors.ingecon.wire import Item

LONGEST = 64
"""Hexadecimal digits; the longest documented code has 16."""


def bits(code: str) -> tuple[int, ...] | None:
    """The numbers of the bits that are set, lowest first; None for what is no hexadecimal number."""
    digits = code.strip().lower().removeprefix("0x")
    if not digits or len(digits) > LONGEST or any(digit not in "0123456789abcdef" for digit in digits):
        return None
    found = int(digits, 16)
    return tuple(bit for bit in range(found.bit_length()) if found >> bit & 1)


def hexadecimal(code: str) -> str:
    """The code as it is written: 0x0020. What is no hexadecimal number stays as it came."""
    return f"0x{code.strip().lower().removeprefix('0x').upper()}" if bits(code) is not None else code


def bit_words(item: Item) -> str:
    """The bits that are set, and what the device lists beside them: 'none', 'bit 5', 'bits 0, 1 (over voltage)'."""
    found = bits(item.hex)
    if found:
        words = f"bit {found[0]}" if len(found) == 1 else f"bits {', '.join(map(str, found))}"
    else:
        words = "none" if found is not None else ""
    listed = ", ".join(item.listed)
    return f"{words} ({listed})".strip() if listed else words


def code_words(item: Item) -> str:
    """A code in a line: '0x0020, bit 5'."""
    return ", ".join(part for part in (hexadecimal(item.hex), bit_words(item)) if part)


def is_set(item: Item) -> bool:
    """Does the code say anything?"""
    found = bits(item.hex)
    return bool(found or item.listed) or (found is None and bool(item.hex))
