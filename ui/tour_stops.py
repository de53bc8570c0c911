"""The stops of the tour: a gateway commissioned from its first login to a verified meter, then the live plots."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.commission.receipt import Outcome
from app.model.device import parse_address
from app.model.errors import AppError
from ui.demo import device
from ui.pages.device import DevicePage
from ui.stage import StageError, appear, dialog, enter, photograph, press, until, with_few_colours, write
from ui.tour_g13 import MAIN, WATCHED_S, gateway_stops, meter_stops
from ui.tour_ingecon import ingecon_stops
from ui.tour_recordings import recording_stops
from ui.tour_site import site_stops
from ui.tour_smartmac import smartmac_stops
from ui.tour_whatwatt import whatwatt_network_stops
from ui.tour_whatwatt_pages import FED_BY_ITS_METER, troubled_stops, whatwatt_stops

if TYPE_CHECKING:
    from ui.window import Window
    from ui.workbench import Handle

OTHER_THEMES = ("dark", "contrast")
THEME_WORDS = {"dark": "in the dark theme", "contrast": "in high contrast, for sunlight"}
NEW_PASSWORD = "kept in the cabinet"  # noqa: S105 – the demo's, shown in the documentation


def _reading(shown: QWidget) -> bool:
    """Is it still being read? Whatever reads says so in its last line."""
    return bool(getattr(shown, "reading", False)) or str(getattr(shown, "state", "")).startswith("Reading")


class _AllTaken(Exception):
    """Ends the walk."""


class Tour:
    """Walks one window in one theme, and keeps what it saw as (file name, caption).

    With names in `only` it takes no other pictures, and ends after the last of them. `patience` is the share of the
    usual time, above 0 and at most 1, for which live pages fill before their picture.
    """

    def __init__(
        self,
        window: Window,
        folder: Path,
        theme: str = "light",
        only: frozenset[str] = frozenset(),
        patience: float = 1.0,
    ) -> None:
        self.window = window
        self._folder = folder
        self._theme = theme
        self._only = only
        self._patience = patience
        self.pictures: list[tuple[str, str]] = []

    async def walk(self) -> None:
        """All stops, in the order of an installer's day.

        Raises:
            StageError: a page did not come to where it was expected, or a picture that was asked for is none.
        """
        self.window.set_theme(self._theme)
        try:
            await self._walk()
        except _AllTaken:
            return
        if missing := self._only - {name for name, _ in self.pictures}:
            raise StageError(f"no picture is called {', '.join(sorted(missing))}")

    async def _walk(self) -> None:
        self.window.tasks.spawn(self.window, self.window.bench.browse())
        gateway, reader = await self._found()
        await self._first_login(gateway)
        await gateway_stops(self, self.window.page(gateway))
        await meter_stops(self, gateway)
        await self._reader(reader)
        await smartmac_stops(self)
        await ingecon_stops(self)
        await site_stops(self)
        await self._trouble()
        await self._themes(gateway)

    async def picture(self, name: str, caption: str) -> None:
        # Two turns of the loop: what was read is in the form, and the form is laid out.
        for _ in range(3):
            await asyncio.sleep(0.05)
        if any(name == known for known, _ in self.pictures):
            raise StageError(f"two pictures are called {name}")
        if self._only and name not in self._only:
            return
        with_few_colours(photograph(self.window)).save(str(self._folder / f"{name}.png"))
        self.pictures.append((name, caption))
        if len(self.pictures) == len(self._only):
            raise _AllTaken

    async def in_other_themes(self, name: str, caption: str, themes: Sequence[str] = OTHER_THEMES) -> None:
        """The same again, dark and in high contrast; a walk that wears one of them all the way has it already."""
        if self._theme == "light":
            for key in themes:
                self.window.set_theme(key)
                await self.picture(f"{name}-{key}", f"{caption} {THEME_WORDS[key]}.")
            self.window.set_theme("light")

    async def watch(self, seconds: float) -> None:
        """Let a live page fill."""
        await asyncio.sleep(seconds * self._patience)

    def clear_toasts(self) -> None:
        for toast in self.window.toasts.shown:
            toast.dismiss()

    async def _found(self) -> tuple[Handle, Handle]:
        gateway = await until("the gateway", lambda: device(self.window, "g13"))
        reader = await until("a whatwatt", self._on_usb)
        self.window.tree.view.expandAll()
        await self.picture("found", "Devices appear by themselves: announced by mDNS, or found by a sweep.")
        return gateway, reader

    def _on_usb(self) -> Handle | None:
        """The whatwatt that files can be fetched from in good time."""
        found = (h for h in self.window.bench.handles.values() if h.vendor is not None and h.vendor.key == "whatwatt")
        return next((handle for handle in found if handle.row.id != FED_BY_ITS_METER), None)

    async def _first_login(self, gateway: Handle) -> None:
        window = self.window
        node = window.model.node_of(gateway)
        assert node is not None
        window.tree.select(node)
        await self.picture("connect", "A device that was found: one button connects it.")
        press(window, "connect.connect")
        shown = await dialog(window, "certificate")
        await self.picture("certificate", "Its certificate is shown once, and pinned when it is accepted.")
        press(shown, "certificate.accept")
        shown = await dialog(window, "login")
        write(shown, "login.password", "admin")
        await self.picture("login", "The login. The dialog says where the password is kept.")
        press(shown, "login.accept")
        shown = await dialog(window, "password")
        write(shown, "password.new", NEW_PASSWORD)
        write(shown, "password.again", NEW_PASSWORD)
        await self.picture("new-password", "The gateway wants its default password replaced first.")
        press(shown, "password.accept")
        await until(
            "the gateway's page", lambda: gateway.session and window.pages.currentWidget() is window.page(gateway)
        )

    async def open(self, page: DevicePage, key: str) -> QWidget:
        """Open a section, an archive or an action, and wait until it has read."""
        self.clear_toasts()
        shown = page.open(key)
        await asyncio.sleep(0.05)
        await until(f"{key} read", lambda: not _reading(shown))
        return shown

    async def show(self, page: DevicePage, key: str, caption: str = "") -> QWidget:
        """Open it and take a picture, named after it and, unless `caption` says more, captioned by its title."""
        shown = await self.open(page, key)
        await self.picture(key.partition(".")[2].replace("_", "-") or key, caption or f"{shown.accessibleName()}.")
        return shown

    async def sent(self, page: DevicePage, key: str) -> None:
        """Send, by way of the preview, and insist that it was verified."""
        session = page.session
        where = (key, session.target(session.vendor.section(key), page.meter))
        before = session.receipts.get(where)
        await appear(page, f"{key}.preview")
        press(page, f"{key}.preview")
        preview = await dialog(self.window, f"{key}.preview_dialog")
        await self.picture(f"{key.split('.')[1]}-preview", "The preview: what changes, what is erased, what is sent.")
        press(preview, f"{key}.preview_dialog.send")
        await until(f"{key} sent", lambda: session.receipts.get(where) is not before)
        receipt = session.receipts[where]
        if receipt.outcome is not Outcome.VERIFIED:
            raise StageError(f"{key}: {receipt.outcome.value} {receipt.message}")

    async def _reader(self, reader: Handle) -> None:
        window = self.window
        await window.connect_device(reader)
        page = window.page(reader)
        await whatwatt_network_stops(self, page)
        await whatwatt_stops(self, page)
        page.open("live")
        await self.watch(WATCHED_S)
        await self.picture("live", "Live: power, voltage and current of every phase from the event stream.")
        await recording_stops(self, page.open("live"))
        handles = window.bench.handles.values()
        weak = next(handle for handle in handles if handle.row.id == FED_BY_ITS_METER)
        await window.connect_device(weak)
        await troubled_stops(self, window.page(weak))

    async def _trouble(self) -> None:
        window = self.window
        window.ask_address()
        shown = await dialog(window, "address")
        write(shown, "address.address", "192.168.1.12")
        await self.picture("add-address", "A device is added by its address.")
        press(shown, "address.reject")
        window.ask_sweep()
        shown = await dialog(window, "sweep")
        await self.picture("sweep", "A range of addresses is searched for devices that do not announce themselves.")
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
        await self.picture("unreachable", "What went wrong, and what to do about it.")
        window.bench.inventory.remove(row.key)
        self.clear_toasts()
        window.show_about()
        await dialog(window, "about")
        await self.picture("about", "About, with the licences of everything inside.")
        for open_dialog in [await dialog(window, "about")]:
            open_dialog.reject()

    async def _themes(self, gateway: Handle) -> None:
        window = self.window
        node = window.model.node_of(gateway, MAIN)
        assert node is not None
        window.tree.select(node)
        page = window.page(gateway, MAIN)
        page.open("g13.ratios")
        enter(page, "g13.ratios.ct_numerator", 250)
        await self.in_other_themes("theme", "A form with a change")
        reader = self._on_usb()
        assert reader is not None
        live = window.model.node_of(reader)
        assert live is not None
        window.tree.select(live)
        window.page(reader).open("live")
        await self.watch(4.0)
        await self.in_other_themes("live", "The live plots", ("contrast",))
