"""From the window to a device and back: connecting, coming back after a loss, hanging up, forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.model.errors import AppError, DeviceUnreachable
from ui.handle import Handle, State

if TYPE_CHECKING:
    from app.commission.connect import Questions
    from ui.window import Window


class Contact:
    """The sessions of one window."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._reopening: set[int] = set()

    @property
    def _questions(self) -> Questions:
        """Who answers what only the installer can: dialogs, unless the window was given somebody else."""
        if self._window.questions is None:
            from ui.dialogs import Asking

            self._window.questions = Asking(self._window, self._window.bench.passwords)
        return self._window.questions

    def connect(self, handle: Handle) -> None:
        """Connect, unless that was done or begun already."""
        if handle.session is None and handle.state is not State.CONNECTING:
            self._window.tasks.spawn(self._window, self.connected(handle), failed=lambda _: None)

    def connect_here(self, handles: Sequence[Handle]) -> None:
        """Connect these one after the other, without leaving the page that is shown."""
        self._window.tasks.spawn(self._window, self._connected_here(tuple(handles)))

    async def _connected_here(self, handles: Sequence[Handle]) -> None:
        for handle in handles:
            if handle.session is None and handle.state is not State.CONNECTING:
                try:
                    await self._window.bench.open(handle, self._questions)
                except AppError as error:
                    # One that fails is told, and stands in the tree with its reason; the others go on.
                    self._window.toasts.tell(error)

    async def connected(self, handle: Handle) -> None:
        """Connect, and show the page, unless another was chosen meanwhile. A failure stays on the card.

        Raises:
            AppError: as the device or the installer decided.
        """
        window = self._window
        window.select(handle)
        session = await window.bench.open(handle, self._questions)
        answered = window.bench.handle_of(session)
        if answered is not None and window.shown in (handle, answered, None):
            window.select(answered)

    def reconnect(self, handle: Handle) -> None:
        """Ask again whatever stands between an open session and its device."""
        if handle.state is State.LOST and handle.row.key not in self._reopening:
            self._reopening.add(handle.row.key)
            self._window.tasks.spawn(self._window, self._reopen(handle), failed=lambda _: None)

    async def _reopen(self, handle: Handle) -> None:
        window, account = self._window, _account(handle)
        try:
            await window.bench.reopen(handle, self._questions)
        finally:
            self._reopening.discard(handle.row.key)
        if _account(handle) != account and not window.busy(handle):
            # What another account may see and change is another: nothing that is shown holds any longer.
            window.drop_pages(handle)
            if handle is window.shown:
                window.show_node(window.tree.current())
        elif handle is window.shown:
            window.refresh_shown()

    def follow(self, handle: Handle) -> None:
        """A device that was lost may answer at another address: then its card says so, and connects there."""
        window = self._window
        if handle.session is None or handle.state is not State.LOST or not handle.moved or window.busy(handle):
            return
        reason = DeviceUnreachable(
            f"It is no longer at {handle.session.address}, but at {handle.row.address}.",
            hint="Connect again. Drafts are kept.",
        )
        window.tasks.spawn(window, self._hang_up(handle, reason))

    def disconnect(self, handle: Handle) -> None:
        """Hang up, unless something must not be cut off."""
        window = self._window
        if handle.session is not None and not window.refused(window.busy(handle)):
            window.tasks.spawn(window, self._hang_up(handle))

    async def _hang_up(self, handle: Handle, reason: AppError | None = None) -> None:
        window = self._window
        window.drop_pages(handle)
        await window.bench.disconnect(handle, reason)
        if handle is window.shown:
            window.show_node(window.model.node_of(handle))

    def forget(self, handle: Handle) -> None:
        """Take a device out of the site; asked about first where drafts go with it."""
        self._window.tasks.spawn(self._window, self._forget(handle))

    async def _forget(self, handle: Handle) -> None:
        from ui.dialogs import ForgetDialog, answered

        window = self._window
        drafts = window.bench.drafts(handle.key)
        if not drafts or await answered(ForgetDialog(window, handle.name, drafts)):
            await window.bench.forget(handle)


def _account(handle: Handle) -> str:
    """Who is logged in there."""
    login = handle.session.client.credentials if handle.session is not None else None
    return login.user if login is not None else ""
