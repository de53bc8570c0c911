"""An inverter's pages: its documented values by model, its codes with their bits, and everything as it came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from app.model.field import Field
from app.model.section import AnySection, Problem, Section
from app.net.lenient import text_of
from app.vendors.ingecon.client import INVERTER, IngeconClient
from app.vendors.ingecon.codes import bit_words, bits, code_words, hexadecimal, is_set
from app.vendors.ingecon.forms import member, model
from app.vendors.ingecon.tables import MODELS, Model, Value, by_name, plain
from app.vendors.ingecon.wire import InverterAnswer, Item, known

RESOURCE = "POST /inverter/properties/read/1"
GROUP = "Inverter"
NOT_READ = "not read"
NOTHING = "nothing"


class Other(msgspec.Struct, frozen=True):
    """A value that the manual does not list for this model."""

    name: Annotated[str, Field("Name", help="As the inverter calls it", read_only=True)] = ""
    value: Annotated[str, Field("Value", read_only=True)] = ""


class Row(msgspec.Struct, frozen=True):
    """One row of the inverter's answer."""

    name: Annotated[str, Field("Name", help="As the inverter calls it", read_only=True)] = ""
    value: Annotated[str, Field("Value", read_only=True)] = ""
    unit: Annotated[str, Field("Unit", read_only=True)] = ""
    label: Annotated[str, Field("What it is", read_only=True)] = ""


class Answer(msgspec.Struct, frozen=True):
    """The whole answer."""

    firmware: Annotated[str, Field("Firmware", manual="3.2", read_only=True)] = ""
    node: Annotated[str, Field("Modbus node", manual="3.2", read_only=True)] = ""
    can: Annotated[str, Field("CAN identifier", help="-1: none", manual="3.2", read_only=True)] = ""
    connection: Annotated[str, Field("Connection", manual="3.2", read_only=True)] = ""
    rows: Annotated[tuple[Row, ...], Field("Values", manual="2.1", read_only=True)] = ()


class Code(msgspec.Struct, frozen=True):
    """One code."""

    label: Annotated[str, Field("Code", read_only=True)] = ""
    code: Annotated[str, Field("Hexadecimal", read_only=True)] = ""
    bits: Annotated[str, Field("Set bits", help="Bit 0 is the lowest", read_only=True)] = ""
    document: Annotated[str, Field("Explained in", help="The maker's document", read_only=True)] = ""
    name: Annotated[str, Field("Name", help="As the inverter calls it", read_only=True)] = ""


class Bit(msgspec.Struct, frozen=True):
    """One bit of a code that is set, or one word that the inverter lists beside a code."""

    label: Annotated[str, Field("Code", read_only=True)] = ""
    bit: Annotated[str, Field("Bit", help="Bit 0 is the lowest", read_only=True)] = ""
    meaning: Annotated[str, Field("Meaning", read_only=True)] = ""


class Codes(msgspec.Struct, frozen=True):
    """The codes of an inverter, and each bit of them that is set."""

    codes: Annotated[tuple[Code, ...], Field("Codes", manual="3.1", read_only=True)] = ()
    bits: Annotated[
        tuple[Bit, ...],
        Field("What is set", help="Every set bit, and what the inverter lists beside a code", read_only=True),
    ] = ()


_OTHERS = Annotated[
    tuple[Other, ...], Field("Further values", help="What the manual does not list for this model", read_only=True)
]
_UNREAD = Annotated[
    str, Field("Not read", help="What the inverter says it could not read (success: false)", read_only=True)
]


def shown(item: Item) -> str:
    """An item's value as text: with the digits that the inverter gives it, a code with its bits."""
    if item.failed:
        return NOT_READ
    if item.flags:
        return code_words(item)
    value = known(item.number)
    if value is None:
        return text_of(item.value)
    return f"{value:.{item.digits}f}" if item.digits is not None else f"{value:g}"


def values_model(of: Model) -> type[msgspec.Struct]:
    """The model of a section with all documented values of an inverter."""
    members = [member(value, of.manual) for value in of.values]
    return model(
        of.key.capitalize(),
        f"The values of an {of.title}.",
        [*members, ("others", _OTHERS, ()), ("unread", _UNREAD, NOTHING)],
    )


def read_values(of: Model, made: type[msgspec.Struct], answer: InverterAnswer) -> msgspec.Struct:
    """The documented values of an answer, and what it has besides."""
    documented = by_name(of.values)
    items = answer.named()
    found: dict[str, Any] = {}
    for name, item in items.items():
        value = documented.get(name)
        if value is not None and not item.failed:
            found[value.key] = known(item.number) if value.number else code_words(item) or text_of(item.value)
    others = tuple(Other(item.name, shown(item)) for name, item in items.items() if name not in documented)
    unread = ", ".join(item.name for item in items.values() if item.failed) or NOTHING
    return made(**found, others=others, unread=unread)


def _read(of: Model, made: type[msgspec.Struct]) -> Callable[[IngeconClient, str], Awaitable[msgspec.Struct]]:
    async def read(client: IngeconClient, _: str) -> msgspec.Struct:
        return read_values(of, made, await client.inverter())

    return read


def _problems(of: Model) -> Callable[[Any], list[Problem]]:
    def problems(values: Any) -> list[Problem]:
        unread = {plain(name) for name in values.unread.split(", ")}
        found = []
        for value in of.values:
            if plain(value.name) in unread:
                text = "The inverter could not read this: the value is missing, not zero."
                found.append(Problem(value.key, text, warning=True))
            elif _raised(value, getattr(values, value.key)):
                text = f"Bits are set; what they mean is in {value.codes}."
                found.append(Problem(value.key, text, warning=True))
        return found

    return problems


def _raised(value: Value, words: str | None) -> bool:
    """Is it an alarm or a warning that is set? Codes of state have bits in daily life."""
    return bool(value.codes and words and "InverterCode" not in value.name and not words.endswith("none"))


async def read_codes(client: IngeconClient, _: str) -> Codes:
    """Every code of the answer, documented or not."""
    answer = await client.inverter()
    documented = by_name(client.model.values) if client.model else {}
    rows: list[Code] = []
    set_bits: list[Bit] = []
    for name, item in answer.named().items():
        value = documented.get(name)
        if item.flags:
            set_bits += _set_bits(item, value)
            rows.append(
                Code(
                    label=value.label if value else item.name,
                    code=NOT_READ if item.failed else hexadecimal(item.hex),
                    bits="" if item.failed else bit_words(item),
                    document=value.codes if value else "",
                    name=item.name,
                )
            )
    return Codes(tuple(rows), tuple(set_bits))


def _set_bits(item: Item, value: Value | None) -> list[Bit]:
    """The bits by number, since only the maker's documents word them; then what the inverter itself says."""
    if item.failed:
        return []
    label = value.label if value else item.name
    meaning = f"explained in {value.codes}" if value else "not documented"
    numbered = [Bit(label, f"bit {bit}", meaning) for bit in bits(item.hex) or ()]
    return numbered + [Bit(label, "", f"{word} (the inverter's own word)") for word in item.listed]


def raised(answer: InverterAnswer) -> tuple[str, ...]:
    """The names of the alarm and warning codes that are set, as the inverter calls them."""
    return tuple(
        item.name
        for item in answer.items
        if item.flags and not item.failed and is_set(item) and not item.name.startswith("InverterCode")
    )


async def read_answer(client: IngeconClient, _: str) -> Answer:
    """Everything that the inverter sent, in its order."""
    answer = await client.inverter()
    documented = by_name(client.model.values) if client.model else {}
    rows = []
    for item in answer.items:
        value = documented.get(plain(item.name))
        rows.append(Row(item.name, shown(item), value.unit if value else "", value.label if value else ""))
    return Answer(answer.firmware, answer.node, answer.can, answer.connection, tuple(rows))


def _values_section(of: Model) -> AnySection:
    made = values_model(of)
    return Section(
        key=f"ingecon.{of.key}",
        icon="power",
        title="Values",
        model=made,
        read=_read(of, made),
        problems=_problems(of),
        described=True,
        group=GROUP,
        help=f"What an INGECON SUN {of.title} measures, with what the manual says of it.",
        manual=of.manual,
        needs_read=(of.title,),
        resources=(RESOURCE,),
    )


SECTIONS: tuple[AnySection, ...] = (
    *(_values_section(model) for model in MODELS),
    Section(
        key="ingecon.codes",
        icon="alarm",
        title="Alarms and codes",
        model=Codes,
        read=read_codes,
        group=GROUP,
        help="Alarm, warning and state codes with the bits that are set. The maker's documents tell their meaning.",
        manual="3.1, 4.1, 5.1, 6.1",
        needs_read=(INVERTER,),
        resources=(RESOURCE,),
    ),
    Section(
        key="ingecon.answer",
        icon="about",
        title="As it came",
        model=Answer,
        read=read_answer,
        group=GROUP,
        help="The inverter's whole answer, also of a model that the manual does not know.",
        manual="2.1",
        needs_read=(INVERTER,),
        resources=(RESOURCE,),
    ),
)
