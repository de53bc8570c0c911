"""Finding devices: by mDNS, by a sweep over addresses, by one address, and one list of all that was found.

Here are the two rules that all ways share: which addresses belong to a site, and how text from strangers is
made harmless. Importing this package loads neither zeroconf nor ifaddr: `mdns` does when it first browses.
"""

from __future__ import annotations

import ipaddress
import unicodedata

LOCAL_NETWORKS = tuple(
    ipaddress.IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)
"""Private (RFC 1918), link-local and loopback. Narrower than `is_private`, which counts test ranges and more."""


def is_local(address: ipaddress.IPv4Address) -> bool:
    """Does the address belong to a private, link-local or loopback range?"""
    return any(address in network for network in LOCAL_NETWORKS)


def plain_text(text: str, limit: int) -> str:
    """One line of at most `limit` characters, without control characters, bidirectional overrides and their like."""
    # Cut first: the rest costs time for every character, and strangers choose the length.
    shown = "".join(
        " " if character.isspace() else character
        for character in text[: 8 * limit]
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    line = " ".join(shown.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
