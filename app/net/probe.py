"""Asking an unknown address once: no credentials, whatever certificate it shows."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from app.model.device import Address
from app.model.errors import AnswerLost, DeviceSilent
from app.model.vendor import Answer

from .exchange import CONNECT_S, Cleanup, fail, lower_names
from .tls import Profile, context, ssl_cause, wants_legacy

if TYPE_CHECKING:
    import httpx

PROBE_BYTES = 64 * 1024
HANG_UP_S = 0.2


async def probe(address: Address, path: str, *, timeout_s: float = 3.0) -> Answer:
    """Ask an unknown address once, without credentials and whatever certificate it shows.

    Raises:
        DeviceUnreachable, TlsRefused, DeviceSilent, AnswerLost, BadReply: nobody there, or nothing that we can read.
    """
    try:
        async with asyncio.timeout(timeout_s):
            try:
                return await _probe(address, path, Profile.MODERN)
            except AnswerLost:
                # Devices with two sockets hang up on a third while an earlier one is still closing.
                await asyncio.sleep(HANG_UP_S)
                return await _probe(address, path, Profile.MODERN)
    except TimeoutError as error:
        raise DeviceSilent(f"{address} does not answer within {timeout_s:g} s.") from error


async def _probe(address: Address, path: str, profile: Profile) -> Answer:
    import httpx

    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=address.url,
                verify=context(profile),
                trust_env=False,
                timeout=httpx.Timeout(None, connect=CONNECT_S),
                headers={
                    # Some servers hide an event stream from those who do not ask for one.
                    "Accept": "application/json, text/event-stream;q=0.9, */*;q=0.5",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                    "User-Agent": "Wattwright",
                },
            )
        )
        try:
            request = client.build_request("GET", path, extensions={"trace": Cleanup().trace})
            response = await client.send(request, stream=True)
            return Answer(response.status_code, lower_names(response.headers), await _beginning(response))
        except httpx.HTTPError as error:
            cause = ssl_cause(error)
            if cause is None or profile is Profile.LEGACY or not wants_legacy(cause):
                fail(error, address, "GET", path)
    return await _probe(address, path, Profile.LEGACY)


async def _beginning(response: httpx.Response) -> bytes:
    """As much of a body as it takes to recognise a device; a stream without end is cut here.

    Of an event stream nothing: it has told what it is, and its next event may be long in coming.
    """
    received = b""
    try:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return b""
        async for chunk in response.aiter_bytes():
            received += chunk
            if len(received) >= PROBE_BYTES:
                break
    finally:
        await response.aclose()
    return received[:PROBE_BYTES]
