"""Where a device that is looked for announces itself meanwhile: heard by mDNS for as long as the search goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from app.discovery.mdns import Browser
from app.discovery.sighting import Sighting
from app.model.device import Address
from app.model.vendor import Vendor

log = logging.getLogger(__name__)


@asynccontextmanager
async def announcements(
    vendor: Vendor, id: str, scheme: str, interfaces: Sequence[str] | None
) -> AsyncGenerator[list[Address], None]:
    """The addresses that a device of this id announces, in the order of hearing; the list grows meanwhile.

    An announcement proves nothing: whoever uses an address asks there. `interfaces` are the computer's own IPv4
    addresses to listen at; None is all of them, empty is nowhere.
    """
    places: list[Address] = []
    if (interfaces is not None and not interfaces) or not vendor.mdns_type or vendor.mdns_matches is None:
        yield places
        return
    listening = asyncio.create_task(_listen(vendor, id, scheme, interfaces, places), name="mdns of a lost device")
    try:
        yield places
    finally:
        listening.cancel()
        # Not by awaiting it: that would swallow our own cancelling, and put a trouble of mDNS, which is only one of
        # the ways, in the place of what the search has found.
        await asyncio.wait((listening,))
        if not listening.cancelled() and (error := listening.exception()) is not None:
            log.error("mDNS was of no help in the search", exc_info=error)


async def _listen(
    vendor: Vendor, id: str, scheme: str, interfaces: Sequence[str] | None, places: list[Address]
) -> None:
    async with Browser((vendor.mdns_type,), interfaces=interfaces) as browser:
        async for sighting in browser:
            if not sighting.gone and _may_be(vendor, id, sighting):
                places.extend(Address(host, sighting.port, scheme) for host in sighting.addresses)


def _may_be(vendor: Vendor, id: str, sighting: Sighting) -> bool:
    """Is it one of that family, and does it not say that it is another device?"""
    said = sighting.txt.get("id", "")
    known = vendor.mdns_matches is not None and vendor.mdns_matches(sighting.name, sighting.txt)
    return known and (not id or not said or said.casefold() == id.casefold())
