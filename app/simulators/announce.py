"""Announces simulators over mDNS as the real devices do, confined to 127.0.0.1."""

from __future__ import annotations

import asyncio
import socket
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
    _announcing: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    @classmethod
    def start(cls) -> Self:
        """Open the sockets."""
        # Loaded here: a demo without announcements does without zeroconf.
        from zeroconf import IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        return cls(AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only))

    async def publish(self, name: str, port: int, properties: dict[str, str]) -> None:
        """Announce `name` as an HTTP service at 127.0.0.1:`port` with this TXT record.

        That takes a moment, which is not waited for. Where another process announces one of this name, as a second
        demo does, this one gets a number behind its name.
        """
        from zeroconf import ServiceInfo

        service = ServiceInfo(
            SERVICE_TYPE,
            f"{name}.{SERVICE_TYPE}",
            addresses=[socket.inet_aton("127.0.0.1")],
            port=port,
            properties=properties,
            server=f"{name}.local.",
        )
        self._services[port] = service
        self._announcing[port] = asyncio.create_task(self._announce(service), name=f"announcement of {name}")

    async def withdraw(self, port: int) -> None:
        """Say goodbye for what is announced at this port, if anything is."""
        service = self._services.pop(port, None)
        if service is None:
            return
        await self._hush(port)
        if self.zeroconf.zeroconf.registry.async_get_info_name(service.key) is not None:
            await (await self.zeroconf.async_unregister_service(service))

    async def stop(self) -> None:
        """Say goodbye for the rest and close the sockets."""
        for port in tuple(self._announcing):
            await self._hush(port)
        await self.zeroconf.async_close()

    async def _announce(self, service: ServiceInfo) -> None:
        """Look whether the name is free, then announce it, repeatedly."""
        await (await self.zeroconf.async_register_service(service, allow_name_change=True))

    async def _hush(self, port: int) -> None:
        """Announce no further what is not announced to the end."""
        announcing = self._announcing.pop(port)
        announcing.cancel()
        with suppress(asyncio.CancelledError):
            await announcing
