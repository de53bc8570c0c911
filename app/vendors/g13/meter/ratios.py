"""The ratios of current and voltage transformers (manual 5.1.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.tables import MAX_RATIO


class Ratios(msgspec.Struct, frozen=True):
    """Transformer ratios: 100/5 is numerator 100, denominator 5."""

    ct_numerator: Annotated[
        int,
        Field(
            "CT numerator",
            minimum=1,
            maximum=MAX_RATIO,
            help="Primary current of the current transformers.",
            manual="6.3.48",
        ),
    ]
    ct_denominator: Annotated[
        int,
        Field(
            "CT denominator", minimum=1, maximum=MAX_RATIO, help="Secondary current, usually 5 or 1.", manual="6.3.48"
        ),
    ]
    vt_numerator: Annotated[
        int,
        Field(
            "VT numerator",
            minimum=1,
            maximum=MAX_RATIO,
            help="Primary voltage; 1 without voltage transformers.",
            manual="6.3.48",
        ),
    ]
    vt_denominator: Annotated[
        int,
        Field(
            "VT denominator",
            minimum=1,
            maximum=MAX_RATIO,
            help="Secondary voltage; 1 without voltage transformers.",
            manual="6.3.48",
        ),
    ]


async def _read_ratios(client: G13Client, serial: str) -> Ratios:
    ratio = (await client.meter_info(serial)).ratio
    return Ratios(ratio.ctnum, ratio.ctdenum, ratio.vtnum, ratio.vtdenum)


_RATIO_TAGS = {
    "ct_numerator": "ctnum",
    "ct_denominator": "ctdenum",
    "vt_numerator": "vtnum",
    "vt_denominator": "vtdenum",
}


def _plan_ratios(before: Ratios, after: Ratios, serial: str) -> list[Step]:
    changed = tuple(name for name in _RATIO_TAGS if getattr(before, name) != getattr(after, name))
    # All four tags, as strings: so the manual shows it.
    body: dict[str, object] = {tag: str(getattr(after, name)) for name, tag in _RATIO_TAGS.items()}
    return [Step("Set the transformer ratios", "POST", meter_path(serial, "transformersettings"), body, changed)]


def _ratio_summary(value: Ratios) -> str:
    if min(value.ct_numerator, value.ct_denominator, value.vt_numerator, value.vt_denominator) < 1:
        return ""
    current = value.ct_numerator / value.ct_denominator
    voltage = value.vt_numerator / value.vt_denominator
    return f"Current × {current:g}, voltage × {voltage:g}: power and energy × {current * voltage:g}"


def _ratio_problems(value: Ratios) -> list[Problem]:
    if value.ct_numerator < value.ct_denominator:
        return [
            Problem("ct_numerator", "The CT ratio is below 1: are numerator and denominator swapped?", warning=True)
        ]
    return []


RATIOS = Section(
    key="g13.ratios",
    title="Transformer ratios",
    model=Ratios,
    read=_read_ratios,
    plan=_plan_ratios,
    problems=_ratio_problems,
    tags={tag: name for name, tag in _RATIO_TAGS.items()},
    summary=_ratio_summary,
    scope=Scope.METER,
    group="Settings",
    icon="ratio",
    help="What is printed on the current and voltage transformers. Every value of the meter is multiplied by it.",
    manual="5.1.1, 6.3.48",
    needs_read=("read TRAFO_CT_RATIO_NUMERATOR",),
    needs_write=("configure TRAFO_CT_RATIO_NUMERATOR",),
    resources=("GET /meters/<serial>/info", "POST /meters/<serial>/transformersettings"),
)

SECTIONS: tuple[AnySection, ...] = (RATIOS,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
