"""The smoke test of the frozen program: the demo, a section over HTTPS, a stream plotted for three seconds."""

from __future__ import annotations

import sys

from ui.demo import demo_window, device
from ui.stage import until

WATCHED_S = 3.0


async def smoke() -> int:
    """Run it. Returns the exit code; a failure is raised."""
    import asyncio

    from ui.pages.live import LivePage

    async with demo_window(latency_ms=0.0) as window:
        window.questions = Unattended()
        window.tasks.spawn(window, window.bench.browse())
        gateway = await until("the gateway", lambda: device(window, "g13"))
        await window.connect_device(gateway)
        session = gateway.session
        assert session is not None
        page = window.page(gateway)
        # The second has a widget of its own, which the frozen program finds by its name only.
        for key in ("g13.name", "g13.users"):
            page.open(key)
            section = session.vendor.section(key)
            await until(f"{key} over HTTPS", lambda section=section: session.live(section, ""))  # type: ignore[misc]
        meter = await until("a whatwatt announced", lambda: device(window, "whatwatt"))
        await window.connect_device(meter)
        live = window.page(meter).open("live")
        await asyncio.sleep(WATCHED_S)
        assert isinstance(live, LivePage)
        source = await until("the stream", lambda: live.source)
        readings = source.ring.readings
        await window.shut_down()
    if readings < WATCHED_S - 1:
        sys.stderr.write(f"only {readings} readings were plotted\n")
        return 1
    sys.stdout.write(f"smoke ok: {readings} readings plotted\n")
    return 0


class Unattended:
    """Answers the questions of the demo's devices, which nobody else has."""

    async def accept_certificate(self, *_: object) -> bool:
        """The demo's own certificate."""
        return True

    async def login(self, _address: object, user: str, *_: object) -> object:
        """The gateway as delivered."""
        from app.model.device import Credentials

        return Credentials(user, "admin")

    async def new_password(self, *_: object) -> str:
        """Any other."""
        return "demo password"
