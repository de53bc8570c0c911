"""What only the demo's window has: devices that connect by themselves, and a menu that lets them fail."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.model.device import Address, Credentials
from app.model.errors import AppError
from app.simulators.process import KnownFault, SimulatedDevice, SimulatorProcess

from .dialogs import Question, answered
from .handle import Handle, State
from .window import Window

MENU = "demo"
FIRST_LOGIN = "g13"
"""The family that an installer logs in to by hand."""


class DemoSite(QObject):
    """Belongs to the demo's window. Devices are told apart by their addresses."""

    def __init__(self, window: Window, simulators: SimulatorProcess) -> None:
        super().__init__(window)
        self._window = window
        self.simulators = simulators
        self._begun: set[int] = set()
        self._menus: dict[SimulatedDevice, QMenu] = {}
        self._actions: dict[tuple[SimulatedDevice, str], QAction] = {}
        self._make_menu()
        window.bench.added.connect(self._connect)
        window.bench.changed.connect(self._connect)

    def _connect(self, handle: Handle) -> None:
        """Connect a device of the demo once, when it is known what it is."""
        known = handle.vendor is not None and handle.vendor.key != FIRST_LOGIN
        if known and handle.state is State.FOUND and handle.row.key not in self._begun and self._simulated(handle):
            self._begun.add(handle.row.key)
            work = self._window.bench.open(handle, _NobodyToAsk())
            self._window.tasks.spawn(self._window, work, failed=lambda _: None)

    def _simulated(self, handle: Handle) -> SimulatedDevice | None:
        return next((one for one in self.simulators.devices if one.url == handle.row.address.url), None)

    # The menu.

    def _make_menu(self) -> None:
        bar = self._window.menuBar()
        menu = QMenu("D&emo", bar)
        menu.setObjectName(MENU)
        bar.insertMenu(bar.actions()[-1], menu)
        for number, device in enumerate(self.simulators.devices, start=1):
            faults = menu.addMenu(device.vendor)
            faults.setObjectName(f"{MENU}.{number}")
            self._menus[device] = faults
            for fault in device.faults:
                self._add(faults, f"{MENU}.{number}.{fault.key}", device, fault)
        menu.addSeparator()
        mend = menu.addAction("&Everything works again")
        mend.setObjectName(f"{MENU}.mend")
        mend.triggered.connect(lambda: self._do(None, "", begin=False))
        logins = menu.addAction("&Logins…")
        logins.setObjectName(f"{MENU}.logins")
        logins.triggered.connect(lambda: self._window.tasks.spawn(self._window, self._show_logins()))
        menu.aboutToShow.connect(self._freshen)

    def _add(self, menu: QMenu, name: str, device: SimulatedDevice, fault: KnownFault) -> None:
        action = menu.addAction(fault.title[:1].upper() + fault.title[1:])
        action.setObjectName(name)
        action.setCheckable(True)
        action.triggered.connect(lambda checked: self._do(device, fault.key, begin=checked))
        self._actions[device, fault.key] = action

    def _freshen(self) -> None:
        """Call the devices as the tree does, and tick what is wrong now: a restart is over by itself."""
        for device, name in self._names().items():
            self._menus[device].setTitle(name.replace("&", "&&"))
        self._window.tasks.spawn(self._window, self._ticked())

    def _names(self) -> dict[SimulatedDevice, str]:
        names = {handle.row.address.url: handle.name for handle in self._window.bench.handles.values()}
        return {device: names.get(device.url, device.vendor) for device in self.simulators.devices}

    async def _show_logins(self) -> None:
        shown = Question(self._window, f"{MENU}.logins_dialog", "Logins of the demo", "Close")
        shown.reject_button.hide()
        for device, name in self._names().items():
            secret = "PIN" if device.vendor == "smartmac" else "password"
            login = f"user {device.user}, {secret} {device.password}" if device.user else "no login"
            shown.say(f"{name}: {login}")
        shown.say(
            "The gateway wants a new password at the first login. Its main meter has transformers of 100/5.", "hint"
        )
        await answered(shown)

    def _do(self, device: SimulatedDevice | None, key: str, *, begin: bool) -> None:
        self._window.tasks.spawn(self._window, self._done(device, key, begin=begin))

    async def _done(self, device: SimulatedDevice | None, key: str, *, begin: bool) -> None:
        try:
            if device is not None and begin:
                await self.simulators.fault(device, key)
            else:
                await self.simulators.mend(device, key)
        finally:
            await self._ticked()

    async def _ticked(self) -> None:
        wrong: Mapping[SimulatedDevice, tuple[str, ...]] = await self.simulators.wrong()
        for (device, key), action in self._actions.items():
            action.setChecked(key in wrong[device])


class _NobodyToAsk:
    """The demo's devices connect with what is known beforehand, or not at all."""

    async def accept_certificate(self, _address: Address, _shown: object, _error: AppError) -> bool:
        """None is accepted unseen."""
        return False

    async def login(self, _address: Address, _user: str, _error: AppError) -> Credentials | None:
        """There is no other login."""
        return None

    async def new_password(self, _address: Address, _user: str, _error: AppError) -> str | None:
        """No password is chosen for the installer."""
        return None
