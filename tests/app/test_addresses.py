"""Addresses as people type them: what no network can have is refused while it is typed, and not by a crash later."""

from __future__ import annotations

import pytest

from app.model.device import parse_address
from app.model.errors import UsageError


@pytest.mark.parametrize("text", ["meter..local", "x" * 64 + ".local", "http://.local", "1.2.3.4.5", "a b", ""])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        parse_address(text)


@pytest.mark.parametrize("host", ["meter.local", "meter.local.", "zähler.local", "my_meter", "192.168.1.12", "::1"])
def test_names_and_addresses_of_all_kinds_are_taken(host: str) -> None:
    assert parse_address(f"http://[{host}]" if ":" in host else host)[0].host == host
