"""The wireless meters that may join (manual 6.3.38 to 6.3.40)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Problem, Section, Step
from app.vendors.g13.client import G13Client, encode
from app.vendors.g13.models import Whole
from app.vendors.g13.tables import MAX_PERMITTED, MAX_UPDATE_BYTES

from .basics import SERIAL

_PATH = "/permittedmeters"


class PermittedReply(msgspec.Struct, frozen=True):
    """GET /permittedmeters (manual 6.3.38): serial numbers."""

    meters: tuple[Whole | str, ...] = ()


class PermittedMeter(msgspec.Struct, frozen=True):
    """One wireless meter, as a row."""

    serial: Annotated[
        str,
        Field(
            "Serial number",
            max_length=SERIAL,
            pattern=r"\S+",
            pattern_help="not empty, no spaces",
            help="As printed on the meter.",
            manual="6.3.39",
        ),
    ]


class Permitted(msgspec.Struct, frozen=True):
    """All wireless meters that the gateway lets in."""

    meters: Annotated[
        tuple[PermittedMeter, ...],
        Field(
            "Wireless meters",
            max_rows=MAX_PERMITTED,
            row_key="serial",
            help="A wireless meter that is not in this list cannot join the gateway.",
            manual="6.3.38",
        ),
    ]


async def _read(client: G13Client, _: str) -> Permitted:
    reply = await client.get(_PATH, PermittedReply)
    return Permitted(tuple(PermittedMeter(str(serial)) for serial in reply.meters))


def _plan(before: Permitted, after: Permitted, _: str) -> list[Step]:
    """As few requests as 512 bytes allow; those that are gone first, to make room."""
    old, new = _serials(before), _serials(after)
    return [
        *_steps("DELETE", "Permit no more", [serial for serial in old if serial not in new]),
        *_steps("PUT", "Permit", [serial for serial in new if serial not in old]),
    ]


def _serials(value: Permitted) -> dict[str, None]:
    """In their order, each once."""
    return dict.fromkeys(meter.serial for meter in value.meters)


def _steps(method: str, verb: str, serials: list[str]) -> list[Step]:
    steps = []
    for batch in _batches(serials):
        count = f"{len(batch)} wireless {'meter' if len(batch) == 1 else 'meters'}"
        steps.append(Step(f"{verb}: {count}", method, _PATH, _body(batch), ("meters",)))
    return steps


def _batches(serials: Iterable[str]) -> Iterable[list[str]]:
    batch: list[str] = []
    for serial in serials:
        if batch and len(encode(_body([*batch, serial]))) > MAX_UPDATE_BYTES:
            yield batch
            batch = []
        batch.append(serial)
    if batch:
        yield batch


def _body(serials: list[str]) -> dict[str, object]:
    return {"meters": serials}


def _problems(value: Permitted) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for index, meter in enumerate(value.meters):
        if meter.serial in seen:
            problems.append(Problem(f"meters[{index}].serial", f"Meter {meter.serial} stands in the list twice."))
        seen.add(meter.serial)
    return problems


def _erases(before: Permitted, after: Permitted) -> tuple[str, ...]:
    kept = _serials(after)
    return tuple(f"the permission of wireless meter {serial}" for serial in _serials(before) if serial not in kept)


def _summary(value: Permitted) -> str:
    return f"{len(value.meters)} of {MAX_PERMITTED} meters"


PERMITTED = Section(
    key="g13.permitted",
    title="Wireless meters",
    model=Permitted,
    read=_read,
    plan=_plan,
    problems=_problems,
    erases=_erases,
    summary=_summary,
    group="Gateway",
    icon="wifi",
    help="Which wireless meters may join the gateway. Needs a gateway administrator.",
    manual="6.3.38 to 6.3.40",
    resources=("GET /permittedmeters", "PUT /permittedmeters", "DELETE /permittedmeters"),
)

SECTIONS: tuple[AnySection, ...] = (PERMITTED,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
