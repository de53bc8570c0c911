"""Announces a simulator over mDNS as the real device does, confined to 127.0.0.1."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from zeroconf import ServiceInfo
    from zeroconf.asyncio import AsyncZeroconf

SERVICE_TYPE = "_http._tcp.local."


@dataclass(frozen=True)
class Announcement:
    """One announced service; `withdraw` says goodbye and closes its sockets."""

    zeroconf: AsyncZeroconf
    service: ServiceInfo

    @classmethod
    async def publish(cls, name: str, port: int, properties: dict[str, str]) -> Self:
        """Announce `name` as an HTTP service at 127.0.0.1:`port` with this TXT record."""
        # Loaded here: a demo without announcements does without zeroconf.
        from zeroconf import IPVersion, ServiceInfo
        from zeroconf.asyncio import AsyncZeroconf

        service = ServiceInfo(
            SERVICE_TYPE,
            f"{name}.{SERVICE_TYPE}",
            addresses=[socket.inet_aton("127.0.0.1")],
            port=port,
            properties=properties,
            server=f"{name}.local.",
        )
        zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
        await (await zeroconf.async_register_service(service, allow_name_change=True))
        return cls(zeroconf, service)

    async def withdraw(self) -> None:
        """Say goodbye to those who listen."""
        await (await self.zeroconf.async_unregister_service(self.service))
        await self.zeroconf.async_close()
