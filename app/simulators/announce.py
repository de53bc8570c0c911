"""Announces simulators over mDNS as the real devices do, confined to 127.0.0.1."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from zeroconf import ServiceInfo
    from zeroconf.asyncio import AsyncZeroconf

SERVICE_TYPE = "_http._tcp.local."


@dataclass
class Announcer:
    """All announced services of one host, by port; for use on the host's loop only."""

    zeroconf: AsyncZeroconf
    _services: dict[int, ServiceInfo] = field(default_factory=dict)
    _broadcasts: set[asyncio.Future[None]] = field(default_factory=set)

    @classmethod
    def start(cls) -> Self:
        """Open the sockets."""
        # Loaded here: a demo without announcements does without zeroconf.
        from zeroconf import IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        return cls(AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only))

    async def publish(self, name: str, port: int, properties: dict[str, str]) -> None:
        """Announce `name` as an HTTP service at 127.0.0.1:`port` with this TXT record."""
        from zeroconf import ServiceInfo

        service = ServiceInfo(
            SERVICE_TYPE,
            f"{name}.{SERVICE_TYPE}",
            addresses=[socket.inet_aton("127.0.0.1")],
            port=port,
            properties=properties,
            server=f"{name}.local.",
        )
        # Without probing for others of this name: simulators are named by serials of their own, and probing takes long.
        self._hold(await self.zeroconf.async_register_service(service, cooperating_responders=True))
        self._services[port] = service

    async def withdraw(self, port: int) -> None:
        """Say goodbye for what is announced at this port, if anything is."""
        service = self._services.pop(port, None)
        if service is not None:
            await (await self.zeroconf.async_unregister_service(service))

    async def stop(self) -> None:
        """Say goodbye for the rest and close the sockets."""
        for broadcast in tuple(self._broadcasts):
            broadcast.cancel()
            with suppress(asyncio.CancelledError):
                await broadcast
        await self.zeroconf.async_close()

    def _hold(self, broadcast: Awaitable[None]) -> None:
        """Keep the repeated announcements, which take seconds, from being lost."""
        held = asyncio.ensure_future(broadcast)
        self._broadcasts.add(held)
        held.add_done_callback(self._broadcasts.discard)
