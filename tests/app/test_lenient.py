"""JSON as devices send it: mended where the slip is known, refused with its place where it is not."""

from __future__ import annotations

import json
import logging

import msgspec
import pytest

from app.model.errors import BadReply
from app.net.lenient import JsonReader, convert, decode


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b'{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        (b'{"a": 1,}', {"a": 1}),
        (b'{"a": [1, 2 , \r\n ], "b": {"c": 3,\n},\n}', {"a": [1, 2], "b": {"c": 3}}),
        (b'{"a": "two\r\nlines\tand a tab"}', {"a": "two\r\nlines\tand a tab"}),
        (b'{"a": "nul \x00 in it"}', {"a": "nul \x00 in it"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"name": "K\xfcche"}', {"name": "Küche"}),
        (b'{"a": "a comma, ] and \\"quotes\\",}",}', {"a": 'a comma, ] and "quotes",}'}),
        (b'{"a": "back\\\\",}', {"a": "back\\"}),
        ('{"name": "Küche\n",}'.encode(), {"name": "Küche\n"}),
    ],
)
def test_known_slips_are_mended(body: bytes, document: object) -> None:
    assert decode(body) == document


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "nothing at all"),
        (b"  \r\n", "nothing at all"),
        (b"<!DOCTYPE html><html><body>router</body></html>", "web page"),
        (b'{"report": {"id": 7, "interval": 1.0', "cut off after 36 bytes"),
        (b'{"report": {"id": 7, "name": "half a str', "cut off after 40 bytes"),
        (b'{"report": {"id": 7},', "cut off after 21 bytes"),
        (b'{"report": oops}', "at byte 1"),
        (b'{"a" 1}', "at byte 5"),
        (b'{"a": 1} and more', "at byte 10"),
        (b"[" * 200_000, "nested deeper"),
        (b"1" * 5000, "no valid JSON"),
        (b'{"a": ,}', "no valid JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(body: bytes, said: str) -> None:
    with pytest.raises(BadReply, match=said):
        decode(body)


def test_an_excerpt_shows_what_stands_there_and_nothing_unprintable() -> None:
    with pytest.raises(BadReply) as caught:
        decode(b'{"voltage": {"l1": 234\x1b[31m}}')
    assert "l1" in caught.value.message
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("cut", range(1, len('{"a": [1, "zwei\\n", {"b": null}], "c": -1.5e3}')))
def test_json_cut_anywhere_is_a_bad_reply(cut: int) -> None:
    with pytest.raises(BadReply):
        decode(b'{"a": [1, "zwei\\n", {"b": null}], "c": -1.5e3}'[:cut])


@pytest.mark.parametrize("unit", [b'\\"', b'"\\', b",", b", ", b'"', b"\\"])
def test_hostile_repetition_is_refused_without_going_over_it_again_and_again(unit: bytes) -> None:
    # In quadratic time this would take minutes.
    with pytest.raises(BadReply):
        decode(b'["' + unit * 500_000)


def test_valid_json_means_the_same_as_to_the_standard_library() -> None:
    text = json.dumps({"s": 'é "\n\\ ,]', "n": [0, -1, 1e-9, 12345678901], "deep": [[[{}]]], "e": ""})
    assert decode(text.encode()) == json.loads(text)


def test_a_sloppy_device_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "app.net.lenient")
    reader = JsonReader("http://127.0.0.1:81")
    reader.decode(b'{"fine": 1}')
    assert not caplog.records
    for _ in range(3):
        assert reader.decode(b'{"a": "x\ny",}') == {"a": "x\ny"}
    assert len(caplog.records) == 1
    assert "trailing commas" in caplog.text
    assert "raw control characters" in caplog.text
    assert "127.0.0.1:81" in caplog.text


class Demand(msgspec.Struct, frozen=True):
    level: int
    power: float = 0.0
    enabled: bool = False


class Channels(msgspec.Struct, frozen=True):
    channels: tuple[Demand, ...] = ()


def test_strings_count_as_numbers_and_extra_keys_are_skipped() -> None:
    read = convert({"channels": [{"level": "3", "power": "1.5", "enabled": "true", "new": []}], "x": 1}, Channels)
    assert read == Channels((Demand(3, 1.5, True),))


def test_null_counts_as_a_missing_key_where_it_is_no_value() -> None:
    assert convert({"channels": [{"level": 3, "power": None, "enabled": None}]}, Channels) == Channels((Demand(3),))
    assert convert({"channels": None}, Channels) == Channels()
    assert convert({"a": None, "b": 1}, dict[str, int | None]) == {"a": None, "b": 1}
    with pytest.raises(BadReply, match="level"):
        convert({"channels": [{"level": None}]}, Channels)
    with pytest.raises(BadReply, match="unexpected value"):
        convert({"channels": [None]}, Channels)


def test_a_document_of_endless_depth_is_refused_and_no_crash() -> None:
    document: object = None
    for _ in range(5000):
        document = {"channels": document}
    with pytest.raises(BadReply):
        convert(document, Channels)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"channels": [{"level": 1}, {"level": "high"}]}, r"reply\.channels\[.*\]\.level"),
        ({"channels": [{}]}, r"reply\.channels"),
        ([1, 2], "at reply"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_by_its_place(document: object, place: str) -> None:
    with pytest.raises(BadReply, match=place):
        convert(document, Channels, "reply")
    with pytest.raises(BadReply, match="unexpected value"):
        convert(document, Channels)
