"""What a command keeps: its sendings in the site's journal, and its own draft as long as it is not settled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from app.commission.records import DraftStore, OperationRecord, StoredDraft
from app.model.section import Change, Step


class CommandDrafts:
    """The site's drafts as a command sees them: its arguments are its whole draft.

    A draft that the window has kept is neither sent along nor replaced. Without a `site` nothing is kept.
    """

    def __init__(self, site: DraftStore | None) -> None:
        self._site = site
        self._own: set[tuple[str, str, str]] = set()

    def save(self, device: str, target: str, section: str, base: object, value: object) -> None:
        """Keep the command's draft where no other one stands."""
        place = (device, target, section)
        if self._site is None or (place not in self._own and self._site.load(*place) is not None):
            return
        self._own.add(place)
        self._site.save(device, target, section, base, value)

    def load(self, device: str, target: str, section: str) -> StoredDraft | None:
        """None: a command begins with what the device has."""
        return None

    def drop(self, device: str, target: str, section: str) -> None:
        """Forget the command's own draft."""
        if self._site is not None and (device, target, section) in self._own:
            self._site.drop(device, target, section)

    def all(self) -> tuple[StoredDraft, ...]:
        """Every draft of the site."""
        return () if self._site is None else self._site.all()


class NoJournal:
    """The journal of a verb that sends nothing, so that looking at a device opens no site file."""

    def begin(
        self,
        device: str,
        target: str,
        section: str,
        changes: Sequence[Change],
        steps: Sequence[Step],
        erases: Sequence[str],
    ) -> NoReturn:
        """Never called.

        Raises:
            RuntimeError: a verb that was declared to send nothing sends.
        """
        raise RuntimeError(f"{section} is being sent without a journal")

    def operations(self, limit: int = 100) -> tuple[OperationRecord, ...]:
        """None."""
        return ()

    def unfinished(self) -> tuple[OperationRecord, ...]:
        """None."""
        return ()

    def settle(self, operation_id: str, outcome: str, receipt: object = None) -> None:
        """There is nothing to settle."""
