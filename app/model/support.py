"""What a device offers to the account in use, and what follows for a section, an archive or an action."""

from __future__ import annotations

import msgspec


class Capabilities(msgspec.Struct, frozen=True):
    """What a device or meter offers to the account in use.

    `offered` None means that it is not known: then everything is tried. `may_write` is false for an account
    that may only look, and `reason` says so in words.
    """

    offered: frozenset[str] | None = None
    may_write: bool = True
    reason: str = ""


class Support(msgspec.Struct, frozen=True):
    """Whether a section can be read and written here, and if not, why, in words."""

    readable: bool
    writable: bool
    reason: str = ""


def support_of(
    title: str,
    capabilities: Capabilities,
    needs_read: tuple[str, ...],
    needs_write: tuple[str, ...],
    *,
    settable: bool,
) -> Support:
    """Whether something called `title` that needs these capabilities can be read, and written if `settable`.

    A need may name several capabilities of which one is enough: 'reset A | reset B'.
    """
    offered = capabilities.offered
    if offered is not None:
        missing = _missing(needs_read, offered)
        if missing:
            return Support(
                False, False, f"This type of meter has no {_within_a_sentence(title)} (it lacks: {missing})."
            )
    if not settable:
        return Support(True, False, "")
    if not capabilities.may_write:
        return Support(True, False, capabilities.reason or "This account may only look.")
    if offered is not None:
        missing = _missing(needs_write, offered)
        if missing:
            return Support(True, False, f"This type of meter cannot be set so (it lacks: {missing}).")
    return Support(True, True, "")


def _within_a_sentence(title: str) -> str:
    """A title with a small letter at its beginning, unless its first word is an abbreviation: I/O, M-Bus, CO2."""
    first = title.split(" ", 1)[0]
    return title if any(sign.isupper() for sign in first[1:]) else f"{title[:1].lower()}{title[1:]}"


def _missing(needs: tuple[str, ...], offered: frozenset[str]) -> str:
    """The needs that are not met, in words."""
    return ", ".join(need for need in needs if offered.isdisjoint(need.split(" | ")))
