"""Reading from a device's TLS connection: everything that has come at once, and nothing of it lost."""

from __future__ import annotations

import ssl
from collections import deque
from pathlib import Path
from typing import Any

import httpcore
import pytest

from app.model.archive import Query
from app.net.transport import EagerStream
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session

ROOM = 100
LONGEST_RECORD = 1024
"""The simulator writes chunks of a few hundred bytes, as the device does, each a record of its own."""


class Records:
    """A TLS connection on which these records have come; an error stands for what OpenSSL says in their place."""

    def __init__(self, *records: bytes | ssl.SSLError) -> None:
        self.left = deque(records)

    def read(self, room: int) -> bytes:
        if not self.left:
            raise ssl.SSLWantReadError
        record = self.left.popleft()
        if isinstance(record, ssl.SSLError):
            raise record
        if len(record) > room:
            self.left.appendleft(record[room:])
        return record[:room]


class Inner(httpcore.AsyncNetworkStream):
    """httpcore's own stream over such a connection: one record at a time."""

    def __init__(self, records: Records | None) -> None:
        self._records = records
        self.reads = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.reads += 1
        return self._records.read(max_bytes) if self._records else b"plain"

    def get_extra_info(self, info: str) -> Any:
        return self._records if info == "ssl_object" else None


def test_all_records_that_have_come_are_read_at_once(run: Run[bytes]) -> None:
    inner = Inner(Records(b"one ", b"two ", b"three"))
    assert run(EagerStream(inner).read(ROOM)) == b"one two three"
    assert inner.reads == 1


def test_no_more_is_read_than_was_asked_for(run: Run[bytes]) -> None:
    records = Records(b"one ", b"two ", b"three")
    assert run(EagerStream(Inner(records)).read(6)) == b"one tw"
    assert list(records.left) == [b"o ", b"three"]


def test_what_came_before_a_broken_record_is_read_and_then_the_break_is_told(run: Run[bytes]) -> None:
    stream = EagerStream(Inner(Records(b"good", ssl.SSLError(1, "bad record mac"), b"never")))
    assert run(stream.read(ROOM)) == b"good"
    with pytest.raises(httpcore.ReadError, match="bad record mac"):
        run(stream.read(ROOM))


def test_the_end_of_the_connection_is_told_after_the_last_record(run: Run[bytes]) -> None:
    stream = EagerStream(Inner(Records(b"last", ssl.SSLZeroReturnError(6, "closed"), b"")))
    assert run(stream.read(ROOM)) == b"last"
    assert run(stream.read(ROOM)) == b""


def test_without_tls_a_read_is_a_read(run: Run[bytes]) -> None:
    inner = Inner(None)
    assert run(EagerStream(inner).read(ROOM)) == b"plain"
    assert inner.reads == 1


def test_a_session_reads_its_device_like_that(run: Run[None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx has no argument for it: should another version of httpx not take it, this tells."""
    read, lengths = EagerStream.read, []

    async def measured(stream: EagerStream, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await read(stream, max_bytes, timeout)
        lengths.append(len(data))
        return data

    async def ask(device: Gateway) -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            lengths.clear()
            await opened.records(opened.vendor.archive("g13.stored_profiles"), MAIN, Query())

    monkeypatch.setattr(EagerStream, "read", measured)
    with gateway() as device:
        run(ask(device))
    assert max(lengths) > LONGEST_RECORD
