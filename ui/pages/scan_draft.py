"""The found meters and the draft that registers them: what each row of the scan page shows, and what its edits do."""

from __future__ import annotations

from typing import Any

import msgspec

from app.commission.checking import problems_of
from app.commission.draft import Draft
from app.commission.session import DeviceSession
from app.model.scan import ScannedMeter
from app.model.section import AnySection, Problem

from .scan_results import Found, Standing

TABLE = "meters"
DEFAULT_NAME = "Meter "
TOLD_APART_BY = 6


class RegistrationDraft:
    """Found meters beside the draft of the section that registers meters.

    Rows of that section have `serial`, `alias`, `location`, `bus` and `address`. A meter that was found stays until
    the next scan finds it registered.
    """

    def __init__(self, session: DeviceSession) -> None:
        self.session = session
        self.section: AnySection = session.vendor.section(session.vendor.meters_section)
        self._found: dict[str, ScannedMeter] = {}
        self._typed: dict[str, tuple[str, str]] = {}
        self._last_location = ""

    @property
    def draft(self) -> Draft[Any] | None:
        """The draft; None until the section was read."""
        return self.session.draft(self.section, "")

    @property
    def found(self) -> tuple[ScannedMeter, ...]:
        """The meters that were found, in the order in which they were."""
        return tuple(self._found.values())

    def begin_scan(self) -> None:
        """Keep of the last scan only what is not registered yet."""
        registered = self._registered()
        self._found = {serial: meter for serial, meter in self._found.items() if serial not in registered}

    def take(self, meters: tuple[ScannedMeter, ...]) -> None:
        """Meters that answered: new ones come at the end, known ones may have another address."""
        for meter in meters:
            self._found[meter.serial] = meter

    def _registered(self) -> dict[str, Any]:
        """The rows on the device, by serial."""
        return {row.serial: row for row in getattr(self.draft.base, TABLE)} if self.draft else {}

    def _wanted(self) -> dict[str, Any]:
        """The rows of the draft, by serial."""
        return {row.serial: row for row in getattr(self.draft.value, TABLE)} if self.draft else {}

    def rows(self) -> list[Found]:
        """What to show."""
        registered, wanted = self._registered(), self._wanted()
        wrong = self._problems(wanted)
        return [self._row(meter, registered, wanted, wrong) for meter in self._found.values()]

    def _row(
        self, meter: ScannedMeter, registered: dict[str, Any], wanted: dict[str, Any], wrong: dict[str, str]
    ) -> Found:
        where = f"{meter.bus} {meter.address}".strip()
        row = registered.get(meter.serial)
        if row is not None:
            return Found(meter.serial, where, row.alias, row.location, Standing.REGISTERED)
        row = wanted.get(meter.serial)
        if row is not None:
            return Found(meter.serial, where, row.alias, row.location, Standing.ADDED, wrong.get(meter.serial, ""))
        alias, location = self._entered(meter.serial)
        return Found(meter.serial, where, alias, location, Standing.NEW, self.problem(meter.serial))

    def _entered(self, serial: str) -> tuple[str, str]:
        """What was typed for a meter; before that its serial as a name, and the location of the one added last."""
        return self._typed.get(serial) or (self._default_name(serial), self._default_location())

    def _default_name(self, serial: str) -> str:
        # The end of a serial number tells meters apart, not its beginning.
        return DEFAULT_NAME + serial[-TOLD_APART_BY:]

    def _default_location(self) -> str:
        if self._last_location:
            return self._last_location
        places = [row.location for row in self._registered().values()]
        return places[-1] if places else ""

    def enter(self, serial: str, alias: str, location: str) -> None:
        """Name and location of a meter were typed; one that is added already changes in the draft."""
        self._typed[serial] = (alias, location)
        if self.draft is not None and serial in self._wanted():
            rows = tuple(
                msgspec.structs.replace(row, alias=alias, location=location) if row.serial == serial else row
                for row in getattr(self.draft.value, TABLE)
            )
            self.draft.set(TABLE, rows)
            self._last_location = location

    def problem(self, serial: str) -> str:
        """What stands against adding a meter as it was typed; empty when nothing does."""
        if self.draft is None or serial in self._wanted():
            return ""
        rows = {**self._wanted(), serial: self._new_row(serial)}
        return self._problems(rows).get(serial, "")

    def _problems(self, rows: dict[str, Any]) -> dict[str, str]:
        """The first problem of each row, by serial."""
        if self.draft is None:
            return {}
        value = msgspec.structs.replace(self.draft.value, **{TABLE: tuple(rows.values())})
        serials = list(rows)
        found: dict[str, str] = {}
        for problem in problems_of(self.section, value):
            index = _row_index(problem)
            if index is not None and index < len(serials) and not problem.warning:
                found.setdefault(serials[index], problem.message)
        return found

    def _new_row(self, serial: str) -> Any:
        row = self.section.field(TABLE).row
        assert row is not None, "the table of meters is declared with its row"
        meter = self._found[serial]
        alias, location = self._entered(serial)
        return row(serial=serial, alias=alias, location=location, bus=meter.bus, address=meter.address)

    def add(self, serial: str) -> bool:
        """Put a found meter into the draft. False when its name or location is not allowed, or it is there."""
        if self.draft is None or serial in self._wanted() or self.problem(serial):
            return False
        row = self._new_row(serial)
        self._last_location = row.location
        self.draft.set(TABLE, (*getattr(self.draft.value, TABLE), row))
        return True

    def remove(self, serial: str) -> None:
        """Take a meter that was added out of the draft again."""
        if self.draft is not None:
            rows = getattr(self.draft.value, TABLE)
            self._typed[serial] = next(((r.alias, r.location) for r in rows if r.serial == serial), ("", ""))
            self.draft.set(TABLE, tuple(row for row in rows if row.serial != serial))

    def unsent(self) -> int:
        """How many meters the sending would register, rename or delete."""
        registered, wanted = self._registered(), self._wanted()
        return sum(registered.get(serial) != wanted.get(serial) for serial in dict.fromkeys((*registered, *wanted)))

    def wrong(self) -> int:
        """How many problems stand against sending."""
        return sum(not problem.warning for problem in self.draft.problems()) if self.draft else 0


def _row_index(problem: Problem) -> int | None:
    table, _, rest = problem.field.partition("[")
    number = rest.partition("]")[0]
    return int(number) if table == TABLE and number.isdigit() else None
