"""What must not be shown of a request: values under secret names, however deep in its body they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

STRUCK = "…"
"""In place of a secret."""


def strike(value: Any, names: Collection[str]) -> Any:
    """The value with everything under these names struck out. `names` are in lower case; keys may be in any."""
    if isinstance(value, dict):
        return {key: STRUCK if str(key).lower() in names else strike(inner, names) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [strike(inner, names) for inner in value]
    return value


def texts_under(value: Any, names: Collection[str], *, named: bool = False) -> Iterator[str]:
    """The texts and numbers under these names, as texts: what a device may repeat. `names` are in lower case.

    With `named` the value itself stands under such a name already: then all that is in it is secret.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_under(inner, names, named=named or str(key).lower() in names)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_under(inner, names, named=named)
    elif named and value not in ("", None) and not isinstance(value, bool):
        yield str(value)
