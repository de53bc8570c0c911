"""The stops of the tour: a gateway commissioned from its first login to a verified meter, then the live plots."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from app.commission.receipt import Outcome
from app.model.device import parse_address
from app.model.errors import AppError
from ui.demo import device
from ui.pages.device import DevicePage
from ui.stage import StageError, appear, dialog, enter, named, photograph, press, until, write

if TYPE_CHECKING:
    from ui.window import Window
    from ui.workbench import Handle

NEW_PASSWORD = "kept in the cabinet"  # noqa: S105 – the demo's, shown in the documentation
MAIN = "ABB01EM000014501"
WATCHED_S = 12.0
QUANTITIES = (93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 69, 72, 75, 70, 73, 76)
"""Power, voltage and current of every phase: what a demand of 50 channels is used for."""


class Tour:
    """Walks one window, and keeps what it saw as (file name, caption)."""

    def __init__(self, window: Window, folder: Path) -> None:
        self._window = window
        self._folder = folder
        self.pictures: list[tuple[str, str]] = []

    async def walk(self) -> None:
        """All stops, in the order of an installer's day."""
        self._window.tasks.spawn(self._window, self._window.bench.browse())
        gateway, reader = await self._found()
        await self._first_login(gateway)
        page = self._window.page(gateway)
        await self._gateway_pages(page)
        await self._scan(page)
        await self._meter(gateway)
        await self._reader(reader)
        await self._trouble()
        await self._themes(gateway)

    async def _picture(self, name: str, caption: str) -> None:
        # Two turns of the loop: what was read is in the form, and the form is laid out.
        for _ in range(3):
            await asyncio.sleep(0.05)
        number = f"{len(self.pictures) + 1:02d}-{name}"
        photograph(self._window).save(str(self._folder / f"{number}.png"))
        self.pictures.append((number, caption))

    def _clear_toasts(self) -> None:
        for toast in self._window.toasts.shown:
            toast.dismiss()

    async def _found(self) -> tuple[Handle, Handle]:
        gateway = await until("the gateway", lambda: device(self._window, "g13"))
        reader = await until("a whatwatt", lambda: device(self._window, "whatwatt"))
        self._window.tree.view.expandAll()
        await self._picture("found", "Devices appear by themselves: announced by mDNS, or found by a sweep.")
        return gateway, reader

    async def _first_login(self, gateway: Handle) -> None:
        window = self._window
        node = window.model.node_of(gateway)
        assert node is not None
        window.tree.select(node)
        await self._picture("connect", "A device that was found: one button connects it.")
        press(window, "connect.connect")
        shown = await dialog(window, "certificate")
        await self._picture("certificate", "Its certificate is shown once, and pinned when it is accepted.")
        press(shown, "certificate.accept")
        shown = await dialog(window, "login")
        write(shown, "login.password", "admin")
        await self._picture("login", "The login. The dialog says where the password is kept.")
        press(shown, "login.accept")
        shown = await dialog(window, "password")
        write(shown, "password.new", NEW_PASSWORD)
        write(shown, "password.again", NEW_PASSWORD)
        await self._picture("new-password", "The gateway wants its default password replaced first.")
        press(shown, "password.accept")
        await until(
            "the gateway's page", lambda: gateway.session and window.pages.currentWidget() is window.page(gateway)
        )

    async def _open(self, page: DevicePage, key: str) -> None:
        self._clear_toasts()
        page.open(key)
        session = page.session
        section = session.vendor.section(key)
        await until(f"{key} read", lambda: session.live(section, page.meter))
        await appear(page, f"{key}.reload")

    async def _gateway_pages(self, page: DevicePage) -> None:
        await self._open(page, "g13.about")
        await self._picture("about-gateway", "About the gateway: everything its own About page says.")
        await self._open(page, "g13.name")
        enter(page, "g13.name.alias", "Workshop gateway")
        enter(page, "g13.name.location", "Building 2, cellar")
        await self._picture("draft", "Every change is a draft first: marked, counted, and kept when the page is left.")
        await self._sent(page, "g13.name")
        await self._picture("verified", "Sent, read back, verified.")
        await self._open(page, "g13.clock")
        await appear(page, "g13.clock.now")
        press(page, "g13.clock.now")
        await self._picture("clock", "The gateway's clock, set from this computer at the moment of sending.")
        await self._sent(page, "g13.clock")
        await self._open(page, "g13.meters")
        await self._picture("registration", "The registered meters, with names and locations.")

    async def _sent(self, page: DevicePage, key: str) -> None:
        """Send, by way of the preview, and insist that it was verified."""
        session = page.session
        where = (key, session.target(session.vendor.section(key), page.meter))
        before = session.receipts.get(where)
        await appear(page, f"{key}.preview")
        press(page, f"{key}.preview")
        preview = await dialog(self._window, f"{key}.preview_dialog")
        await self._picture(f"{key.split('.')[1]}-preview", "The preview: what changes, what is erased, what is sent.")
        press(preview, f"{key}.preview_dialog.send")
        await until(f"{key} sent", lambda: session.receipts.get(where) is not before)
        receipt = session.receipts[where]
        if receipt.outcome is not Outcome.VERIFIED:
            raise StageError(f"{key}: {receipt.outcome.value} {receipt.message}")

    async def _scan(self, page: DevicePage) -> None:
        scan = page.open("scan")
        for bus in ("mbus", "mbus-ir"):
            box = named(scan, f"g13.scan.{bus}")
            box.setChecked(True)  # type: ignore[attr-defined]
        await self._picture("scan", "The device scan on EQ bus, M-Bus and M-Bus IR.")
        press(scan, "g13.scan.start")
        await until("meters found", lambda: scan.found_count() >= 2)  # type: ignore[attr-defined]
        await self._picture("scanning", "Meters appear while the scan runs.")
        await until("the end of the scan", lambda: not scan.scanning(), 60)  # type: ignore[attr-defined]
        press(scan, "g13.scan.add-all")
        await self._picture("scanned", "Found meters get a name and a location. Nothing changes before it is sent.")
        before = page.session.receipts.get(
            ("g13.meters", page.session.target(page.session.vendor.section("g13.meters"), ""))
        )
        press(scan, "g13.scan.send")
        key = ("g13.meters", page.session.identity.id if page.session.identity else "")
        await until("the meters registered", lambda: page.session.receipts.get(key) not in (None, before))
        await until("the meters in the tree", lambda: len(page.session.meters) > 3)
        await self._picture("registered", "The meters are registered, read back, and stand in the tree.")

    async def _meter(self, gateway: Handle) -> None:
        window = self._window
        node = window.model.node_of(gateway, MAIN)
        assert node is not None
        window.tree.select(node)
        page = window.page(gateway, MAIN)
        await self._open(page, "g13.info")
        await until("the type in words", lambda: page.described is not None)
        await self._picture("meter", "A meter, its type spelled out.")
        await self._open(page, "g13.ratios")
        enter(page, "g13.ratios.ct_numerator", 0)
        await self._picture("limit", "A wrong value says what is allowed, before anything is sent.")
        enter(page, "g13.ratios.ct_numerator", 100)
        enter(page, "g13.ratios.ct_denominator", 5)
        await self._picture("ratios", "The CT ratio, with what it does to power and energy.")
        await self._sent(page, "g13.ratios")
        await self._picture("ratios-verified", "Sent, read back, verified.")
        await self._open(page, "g13.demand")
        row = page.session.vendor.section("g13.demand").field("channels").row
        assert row is not None
        kinds = ("Max", "Max sliding", "Min")
        channels = [row(quantity, kind, 1) for kind in kinds for quantity in QUANTITIES][:50]
        enter(page, "g13.demand.channels", tuple(channels))
        enter(page, "g13.demand.period", "weekly")
        await self._picture("demand", "Demand: up to 50 channels in a table that is filled, copied and pasted.")
        await self._sent(page, "g13.demand")
        await self._picture("demand-verified", "All channels are on the meter.")
        await self._lesser_meter(gateway)

    async def _lesser_meter(self, gateway: Handle) -> None:
        window = self._window
        assert gateway.session is not None
        for meter in gateway.session.meters:
            page = window.page(gateway, meter.serial)
            section = gateway.session.vendor.section("g13.demand")
            if (await gateway.session.support(section, meter.serial)).readable:
                continue
            node = window.model.node_of(gateway, meter.serial)
            assert node is not None
            window.tree.select(node)
            await until("the type in words", lambda page=page: page.described is not None)
            page.open(section.key)
            await self._picture("not-supported", "What a smaller meter does not offer is greyed, with the reason.")
            return

    async def _reader(self, reader: Handle) -> None:
        window = self._window
        await window.connect_device(reader)
        page = window.page(reader)
        for key in page.keys():  # noqa: SIM118 – the page's sections
            if key == "live":
                continue
            await self._open(page, key)
            await self._picture(key.replace(".", "-").replace("_", "-"), page.session.vendor.section(key).title)
        page.open("live")
        await asyncio.sleep(WATCHED_S)
        await self._picture("live", "Live: power, voltage and current of every phase from the event stream.")

    async def _trouble(self) -> None:
        window = self._window
        window.ask_address()
        shown = await dialog(window, "address")
        write(shown, "address.address", "192.168.1.12")
        await self._picture("add-address", "A device is added by its address.")
        press(shown, "address.reject")
        window.ask_sweep()
        shown = await dialog(window, "sweep")
        await self._picture("sweep", "A range of addresses is searched for devices that do not announce themselves.")
        press(shown, "sweep.reject")
        row = window.bench.inventory.add(
            parse_address("https://127.0.0.1:9")[0], vendor="g13", name="Unplugged gateway"
        )
        handle = window.bench.handles[row.key]
        node = window.model.node_of(handle)
        assert node is not None
        window.tree.select(node)
        try:
            await window.connect_device(handle)
        except AppError as error:
            window.toasts.tell(error)
        await self._picture("unreachable", "What went wrong, and what to do about it.")
        window.bench.inventory.remove(row.key)
        self._clear_toasts()
        window.show_about()
        await dialog(window, "about")
        await self._picture("about", "About, with the licences of everything inside.")
        for open_dialog in [await dialog(window, "about")]:
            open_dialog.reject()

    async def _themes(self, gateway: Handle) -> None:
        window = self._window
        node = window.model.node_of(gateway, MAIN)
        assert node is not None
        window.tree.select(node)
        page = window.page(gateway, MAIN)
        page.open("g13.ratios")
        enter(page, "g13.ratios.ct_numerator", 250)
        for key, title in (("dark", "The dark theme."), ("contrast", "High contrast, for sunlight.")):
            window.set_theme(key)
            await self._picture(f"theme-{key}", title)
        reader = device(window, "whatwatt")
        assert reader is not None
        live = window.model.node_of(reader)
        assert live is not None
        window.tree.select(live)
        window.page(reader).open("live")
        await asyncio.sleep(4)
        await self._picture("live-contrast", "The live plots in high contrast.")
        window.set_theme("light")
