"""One request that a device's manual documents, for the table of what the program covers."""

from __future__ import annotations

import msgspec


class Resource(msgspec.Struct, frozen=True):
    """A documented request. `name` is method and path as the manual writes them, such as 'GET /meters/<serial>/power'.

    `capability` is what a meter must offer for it, as the vendor names it; empty where nothing is needed. `used_by`
    names what uses it beyond the declarations of sections, archives, actions and feeds: the login, the scan.
    """

    number: int
    name: str
    title: str
    manual: str
    capability: str = ""
    used_by: tuple[str, ...] = ()
