"""A site of all four families for tests of its live page: real sockets, logins answered by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.commission.derived import SubMetering
from app.model.device import Address, Credentials
from app.simulators.host import Running, SimulatorHost
from app.vendors.g13.simulator import G13Simulator
from app.vendors.ingecon.simulator import IngeconSimulator, Kind
from app.vendors.smartmac.simulator import SmartMacSimulator
from app.vendors.whatwatt.simulator import WhatwattSimulator
from tests.ui.conftest import until
from tests.ui.test_window import opened
from ui.handle import Handle
from ui.pages.site import SitePage
from ui.pages.site_choice import SiteChoice
from ui.pages.site_live import SiteLivePage
from ui.window import Window

PASSWORD = "cabinet 7"
KITCHEN = "Kitchen"
PLANT = "EMS with storage"
G13, WHATWATT, SMARTMAC, EMS = range(4)
METER = "1728053249"
"""The smart-MAC has no name: it is called by its id."""


class Installer:
    """Knows every login, by the port that asks."""

    def __init__(self) -> None:
        self.logins: dict[str, Credentials] = {}

    async def accept_certificate(self, *_: object) -> bool:
        return True

    async def login(self, address: Address, *_: object) -> Credentials | None:
        return self.logins.get(address.netloc)

    async def new_password(self, *_: object) -> str | None:
        return None


@contextmanager
def devices() -> Iterator[SimulatorHost]:
    """A G13 with two meters, a whatwatt, a smart-MAC and an EMS, in this order."""
    gateway = G13Simulator.demo(0)
    admin = gateway.gateway.users.by_name["admin"]
    admin.password, admin.must_reset = PASSWORD, False
    reader = WhatwattSimulator(name=KITCHEN, interval_s=0.1)
    plant = IngeconSimulator(Kind.EMS_STORAGE, interval_s=0.1, serial="404000000000")
    with SimulatorHost([gateway, reader, SmartMacSimulator(extended=True), plant]) as host:
        yield host


@dataclass
class OnSite:
    """The window on the page of the site, with every device in the tree and some of them connected."""

    host: SimulatorHost
    running: list[Running]
    window: Window
    handles: list[Handle]

    @property
    def page(self) -> SitePage:
        return self.window.site_page()

    @property
    def live(self) -> SiteLivePage:
        return self.page.live

    @property
    def choice(self) -> SiteChoice:
        assert isinstance(self.live.list, SiteChoice)
        return self.live.list

    @property
    def plots(self) -> Any:
        assert self.live.plots is not None
        return self.live.plots

    async def connect(self, *which: int) -> None:
        for place in which:
            assert self.window.questions is not None
            await self.window.bench.open(self.handles[place], self.window.questions)

    def names(self) -> list[list[str]]:
        return [[curve.name for curve in plot.curves] for plot in self.plots.plots]

    def readings(self, title: str) -> int:
        return next((s.ring.readings for s in self.live._shown if s.channel.title == title), 0)

    def row(self, title: str) -> list[str]:
        return next(row for row in self.rows() if row[0] == title)

    def rows(self) -> list[list[str]]:
        model = self.live.values.model()
        return [
            [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
            for row in range(model.rowCount())
        ]

    def site_sums(self) -> tuple[SubMetering, ...]:
        return self.window.bench.site.sums.all()

    def listed(self) -> list[str]:
        tree = self.choice.tree
        return [tree.topLevelItem(place).text(0) for place in range(tree.topLevelItemCount())]


@asynccontextmanager
async def on_site(host: SimulatorHost, folder: Path, *connected: int) -> AsyncIterator[OnSite]:
    """Open a window on a site with all devices, connect those, and go to the page of the site."""
    installer = Installer()
    async with opened(folder, questions=installer) as window:
        at = OnSite(host, list(host.running), window, [])
        for running, login in zip(
            host.running,
            (("admin", PASSWORD), ("", ""), (str(host[SMARTMAC].simulator.id), "012345"), ("installer", "installer")),  # type: ignore[attr-defined]
            strict=True,
        ):
            handle = await window.bench.add_address(running.url)
            installer.logins[handle.row.address.netloc] = Credentials(*login)
            at.handles.append(handle)
        await at.connect(*connected)
        window.show_site()
        await until(lambda: at.live.plots is not None)
        yield at
