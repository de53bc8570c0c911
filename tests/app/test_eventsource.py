"""The event-stream rules of the WHATWG, byte for byte, however the bytes are cut into packets."""

from __future__ import annotations

import itertools
import random
import re
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest

from app.model.errors import BadReply
from app.net.eventsource import Event, EventParser

BOM = b"\xef\xbb\xbf"


def message(data: str, id: str = "", type: str = "message") -> Event:
    """An event as the device meant it."""
    return Event(type, data, id)


# Those with a name of the form 'format-…' cover what the test of that name does in web-platform-tests, eventsource/.
VECTORS: dict[str, tuple[bytes, list[Event]]] = {
    "nothing": (b"", []),
    "one event": (b"data: a\n\n", [message("a")]),
    "event-data": (b"data:msg\ndata:msg\n\ndata:\n\ndata:end\n\n", [message("msg\nmsg"), message(""), message("end")]),
    "format-bom": (BOM + b"data:1\n\n" + BOM + b"data:2\n\ndata:3\n\n", [message("1"), message("3")]),
    "format-bom-2": (BOM + BOM + b"data:1\n\ndata:2\n\ndata:3\n\n", [message("2"), message("3")]),
    "half a BOM": (b"\xef\xbbdata:1\n\ndata:2\n\n", [message("2")]),
    "BOM and nothing else": (BOM + b"\n\n", []),
    "format-comments": (
        b"data:1\n:\r:" + b"c" * 3000 + b"\rdata:2\r\n:\0\r:data:no\ndata:3\r:" + b"c" * 3000 + b"\ndata:4\n\n",
        [message("1\n2\n3\n4")],
    ),
    "format-data-before-final-empty-line": (b"retry:1000\ndata:test1\n\nid:test\ndata:test2", [message("test1")]),
    "an unfinished block whose last line is whole": (b"data:a\n\nid:9\nevent:x\ndata:b\n", [message("a")]),
    "format-field-data": (b"data:\n\ndata\ndata\n\ndata:test\n\n", [message(""), message("\n"), message("test")]),
    "format-field-event": (b"event:test\ndata:x\n\ndata:y\n\n", [message("x", type="test"), message("y")]),
    "format-field-event-empty": (b"event: \ndata:data\n\n", [message("data")]),
    "the last of several types": (b"event:a\nevent:b\ndata:x\n\n", [message("x", type="b")]),
    "a type without data is forgotten": (b"event:test\n\ndata:x\n\n", [message("x")]),
    "format-field-id": (b"id: 5\ndata:a\n\ndata:b\n\n", [message("a", "5"), message("b", "5")]),
    "format-field-id-2": (
        b"id\ndata:hello\n\nid:1\ndata:a\n\ndata:b\n\nid\ndata:c\n\ndata:d\n\n",
        [message("hello"), message("a", "1"), message("b", "1"), message("c"), message("d")],
    ),
    "an id without data counts": (b"id:7\n\ndata:x\n\n", [message("x", "7")]),
    "an id with NUL is ignored": (b"id:1\ndata:a\n\nid:2\x003\ndata:b\n\n", [message("a", "1"), message("b", "1")]),
    "an id in other letters": ("id:…\ndata:x\n\n".encode(), [message("x", "…")]),
    "format-field-parsing": (
        b"data:\0\rDATA:no\ndata:  7\ndata\0:no\r\0data:no\ndat-a:no\rdata:8\ndata_no\r\n data:no\ndata:\rdata:9\n\n",
        [message("\0\n 7\n8\n\n9")],
    ),
    "format-field-unknown": (
        b"data:230\nvolts:no\n data\nno colon here\ndata\n:note\ndata:231\n\n",
        [message("230\n\n231")],
    ),
    "format-leading-space": (b"data:\ttest\rdata: \ndata:test\n\n", [message("\ttest\n\ntest")]),
    "format-newlines": (b"data:test\r\ndata\ndata:test\r\n\r\n", [message("test\n\ntest")]),
    "lines that end in CR alone": (b"data:a\r\rdata:b\r\r", [message("a"), message("b")]),
    "CRLF throughout": (b"data:a\r\n\r\ndata:b\r\n\r\n", [message("a"), message("b")]),
    "LF CR is two line ends": (b"data:a\n\rdata:b\n\r", [message("a"), message("b")]),
    "format-null-character": (b"data:\0\n\n\n\n", [message("\0")]),
    "format-utf-8": ("data:ok…\n\n".encode(), [message("ok…")]),
    "four bytes a letter": ("data:⚡😀\n\n".encode(), [message("⚡😀")]),
    "what is no UTF-8 is replaced": (b"data:\xff \xc3\n\n", [message("\ufffd \ufffd")]),
    "a letter cut by a line end": (b"data:\xe2\x82\ndata:\xac\n\n", [message("\ufffd\n\ufffd")]),
    "overlong, surrogate, out of range": (
        b"data:\xc0\x80|\xed\xa0\x80|\xf5\x80\x80\x80\n\n",
        [message("\ufffd\ufffd|\ufffd\ufffd\ufffd|\ufffd\ufffd\ufffd\ufffd")],
    ),
    "separators of text that end no line": (
        "data:a\u2028b\x0bc\x0cd\x85e\x1cf\n\n".encode(),
        [message("a\u2028b\x0bc\x0cd\x85e\x1cf")],
    ),
    "a colon in the value": (b'data: {"P_In":0.036}\n\n', [message('{"P_In":0.036}')]),
    "only blank lines": (b"\n\r\n\r\n\n", []),
    "whatwatt": (b'event: live\ndata: {"V_P1":230}\n\n', [message('{"V_P1":230}', type="live")]),
    "two event names of INGECON EMS": (
        b"event:/ems/sse/phases\ndata:1\n\nevent:/ems/sse/stream\ndata:2\n\ndata:3\n\n",
        [message("1", type="/ems/sse/phases"), message("2", type="/ems/sse/stream"), message("3")],
    ),
}
each_vector = pytest.mark.parametrize(("stream", "expected"), VECTORS.values(), ids=VECTORS.keys())


def read(chunks: Iterable[bytes], parser: EventParser | None = None) -> list[Event]:
    """All events of a stream that comes in these pieces."""
    parser = parser or EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def cut(stream: bytes, chance: random.Random) -> Iterator[bytes]:
    """The stream in random pieces, empty ones among them."""
    places = sorted(chance.choices(range(len(stream) + 1), k=chance.randint(1, 12)))
    return (stream[start:end] for start, end in itertools.pairwise([0, *places, len(stream)]))


@each_vector
def test_a_stream_in_one_piece(stream: bytes, expected: list[Event]) -> None:
    assert read([stream]) == expected


@each_vector
def test_a_stream_byte_by_byte(stream: bytes, expected: list[Event]) -> None:
    assert read(stream[i : i + 1] for i in range(len(stream))) == expected


@each_vector
def test_a_stream_cut_in_two_at_every_place(stream: bytes, expected: list[Event]) -> None:
    for place in range(len(stream) + 1):
        assert read([stream[:place], stream[place:]]) == expected, place


@each_vector
def test_a_stream_in_random_pieces(stream: bytes, expected: list[Event]) -> None:
    chance = random.Random(1)
    for _ in range(100):
        assert read(cut(stream, chance)) == expected


def by_the_letter(stream: bytes) -> tuple[list[Event], str, float | None]:
    """The rules once more, word for word and slowly: text, lines, fields. For whole streams only."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    *lines, _unfinished = re.split("\r\n|\r|\n", text)
    events, data, type_, id_, last_id, retry = [], "", "", "", "", None
    for line in lines:
        if line == "":
            last_id = id_
            if data != "":
                events.append(Event(type_ or "message", data[:-1], last_id))
            data = type_ = ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data += value + "\n"
        elif name == "event":
            type_ = value
        elif name == "id" and "\0" not in value:
            id_ = value
        elif name == "retry" and re.fullmatch("[0-9]+", value):
            retry = int(value) / 1000
    return events, last_id, retry


def test_random_streams_are_read_as_the_rules_say_word_for_word() -> None:
    chance = random.Random(2)
    words = [b"data", b"event", b"id", b"retry", b":", b": ", b" ", b"\n", b"\r", b"\r\n", b"\n\n", BOM, b"\0", b"5"]
    words += [b"x", b"\xff", b"\xe2\x82", "€".encode(), b"data:1\n", b"id:2\n", b"event:e\r", b"retry:30\r\n", b":c\n"]
    seen = 0
    for _ in range(3000):
        stream = b"".join(chance.choices(words, k=chance.randint(0, 40)))
        parser = EventParser()
        events = read(cut(stream, chance), parser)
        assert (events, parser.last_event_id, parser.retry_s) == by_the_letter(stream), stream
        seen += len(events)
    assert seen > 500


def test_an_event_is_given_with_the_line_end_that_completes_it() -> None:
    parser = EventParser()
    assert parser.feed(b"data:a\r\n\r") == [message("a")]
    assert parser.feed(b"\n") == []
    assert parser.feed(b"data:b\r\n\r\n") == [message("b")]


@pytest.mark.parametrize(
    ("line", "retry_s"),
    [
        (b"retry:1000", 1.0),
        (b"retry: 250", 0.25),
        (b"retry:0", 0.0),
        (b"retry:000", 0.0),
        (b"retry", 2.0),
        (b"retry:", 2.0),
        (b"retry:1000x", 2.0),
        (b"retry:-1", 2.0),
        (b"retry:1.5", 2.0),
        (b"retry:  3", 2.0),
        ("retry:٣".encode(), 2.0),
        (b"Retry:1000", 2.0),
    ],
)
def test_retry_is_digits_only(line: bytes, retry_s: float) -> None:
    parser = EventParser()
    parser.feed(b"retry:2000\n" + line + b"\n")
    assert parser.retry_s == retry_s


def test_a_retry_of_thousands_of_digits_is_long_and_no_failure() -> None:
    parser = EventParser()
    parser.feed(b"retry:" + b"9" * 5000 + b"\n")
    assert parser.retry_s is not None
    assert parser.retry_s > 1e8


def test_a_new_connection_drops_what_the_old_one_left_unfinished() -> None:
    parser = EventParser()
    parser.feed(b"retry:3000\nid:1\ndata:a\n\nid:2\nevent:x\ndata:b\ndata:half\r")
    parser.restart()
    assert (parser.last_event_id, parser.retry_s) == ("1", 3.0)
    assert parser.feed(b"\n" + BOM + b"data:c\n\ndata:d\n\n") == [message("d", "1")]
    parser.restart()
    assert parser.feed(BOM + b"data:e\n\n") == [message("e", "1")]


LIMITS: dict[str, tuple[bytes, str]] = {
    "a line of data": (b"data:" + b"x" * 16 + b"\n", "a line of more than 20 bytes"),
    "a comment": (b":" + b"x" * 20 + b"\n", "a line of more than 20 bytes"),
    "a line that is far too long": (b"x" * 200 + b"\r\n", "a line of more than 20 bytes"),
    "a first line with a BOM": (BOM + b"data:" + b"x" * 13 + b"\n", "a line of more than 20 bytes"),
    "a line, and the next as well": (b"data:" + b"x" * 16 + b"\n" + b"y" * 40 + b"\n", "a line of more than 20 bytes"),
    "a line after data that was fine": (b"data:1\n" + b"data:" + b"x" * 16 + b"\n", "a line of more than 20 bytes"),
    "data after a line that was not": (b"data:" + b"x" * 16 + b"\ndata:1\n", "a line of more than 20 bytes"),
    "an event of many lines": (b"data:123456789\n" * 4, "an event of more than 30 bytes"),
    "an event of many empty lines": (b"data\n" * 31, "an event of more than 30 bytes"),
    "an event, then a line": (b"data\n" * 31 + b"y" * 40 + b"\n", "an event of more than 30 bytes"),
}
"""Events that break a limit, without the blank line that ends them."""


@pytest.mark.parametrize(("spoiled", "named"), LIMITS.values(), ids=LIMITS.keys())
def test_an_event_that_is_too_long_is_left_out_and_told_once_and_the_stream_goes_on(spoiled: bytes, named: str) -> None:
    chance = random.Random(3)
    before = b"" if spoiled.startswith(BOM) else b"id:1\ndata:a\n\n"
    stream = (
        before + b"event:x\nid:2\n" * bool(before) + spoiled + b"retry:7000\n\ndata:c\n\n" + spoiled + b"\n\ndata:d\n\n"
    )
    one_by_one = [stream[i : i + 1] for i in range(len(stream))]
    for chunks in ([stream], one_by_one, *(list(cut(stream, chance)) for _ in range(50))):
        said: list[BadReply] = []
        parser = EventParser(max_line=20, max_event=30, on_spoiled=said.append)
        given = read(chunks, parser)
        last = "2" if before else ""
        assert given == [message("a", "1")] * bool(before) + [message("c", last), message("d", last)]
        assert [named in error.message for error in said] == [True, True]
        assert parser.retry_s == 7.0


def test_memory_stays_bounded_in_an_event_that_does_not_end() -> None:
    parser = EventParser(max_line=1000, max_event=1000, max_skipped=10_000_000)
    tracemalloc.start()
    try:
        for _ in range(900):
            assert parser.feed(b"x" * 10_000) == []
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
    assert parser.feed(b"\n\ndata:a\n\n") == [message("a")]


@pytest.mark.parametrize("endless", [b"x" * 50, b"data:12345678\n" * 5, b":" + b"x" * 30 + b"\n"])
def test_an_event_that_never_ends_is_no_event_stream(endless: bytes) -> None:
    parser = EventParser(max_line=20, max_event=30, max_skipped=500)
    assert parser.feed(b"data:a\n\n" + endless * 20) == [message("a")]
    for _ in range(2):
        with pytest.raises(BadReply, match="did not end within 500 bytes"):
            parser.feed(b"\n\ndata:b\n\n")
    parser.restart()
    assert parser.feed(b"data:c\n\n") == [message("c")]


def test_events_that_are_too_long_one_after_the_other_are_all_left_out() -> None:
    parser = EventParser(max_line=20, max_event=30, max_skipped=500)
    assert read([(b"x" * 100 + b"\n\n") * 50 + b"data:a\n\n"], parser) == [message("a")]


def test_up_to_the_limits_everything_is_read() -> None:
    parser = EventParser(max_line=20, max_event=30)
    stream = BOM + b"data:" + b"x" * 12 + b"\n\ndata:" + b"x" * 15 + b"\ndata:" + b"y" * 13 + b"\n\n"
    assert read([stream], parser) == [message("x" * 12), message("x" * 15 + "\n" + "y" * 13)]
    assert read([stream[3:]], parser) == read([stream[3:9], stream[9:]], parser)


def test_the_limits_count_for_each_event_anew() -> None:
    parser = EventParser(max_line=20, max_event=30)
    assert len(read([b"data:123456789\ndata:123456789\n\n"] * 50, parser)) == 50


def test_comments_without_end_and_fields_without_data_are_not_collected() -> None:
    parser = EventParser(max_line=20, max_event=30)
    for _ in range(1000):
        assert parser.feed(b":keep alive\nevent:x\nid:1\nunknown\n") == []
    assert parser.feed(b"data:a\n\n") == [message("a", "1", "x")]
