"""The device families that the program knows. The only module that imports the vendors."""

from __future__ import annotations

from app.model.errors import UsageError
from app.model.vendor import Vendor
from app.vendors.g13.vendor import G13
from app.vendors.ingecon.vendor import INGECON
from app.vendors.smartmac.vendor import SMARTMAC
from app.vendors.whatwatt.vendor import WHATWATT

VENDORS: tuple[Vendor, ...] = (G13, WHATWATT, SMARTMAC, INGECON)


def vendor(key: str) -> Vendor:
    """The family of that key.

    Raises:
        UsageError: there is none.
    """
    for known in VENDORS:
        if known.key == key:
            return known
    raise UsageError(f"'{key}' is no kind of device that we know.", hint=f"Known: {', '.join(v.key for v in VENDORS)}.")
