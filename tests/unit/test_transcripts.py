"""Transcripts as tools write them, and as somebody hostile would: read strictly, in bounded time."""

import time
from contextlib import suppress

import pytest

from tocsin.incidents.transcript_text import LONGEST_MS, MOST_CUES, Cue, cues_of, decoded, length_of
from tocsin.kernel.errors import Invalid

TEAMS = """WEBVTT

NOTE made by a tool --
STYLE

8f1c/12-0
00:00:03.300 --> 00:00:07.120 align:start position:0%
<v Ana Silva>The pool is <i>full</i> &amp; we
restart it</v>

01:02:03.004 --> 01:02:04.000
<v.loud Ben Okafor>Done</v> <v Ana Silva>Thanks</v>
"""
ZOOM = """WEBVTT

1
00:00:01.000 --> 00:00:02.000
Ana Silva: Is it 12:30 there?

2
00:00:02.500 --> 00:00:04.000
Ben Okafor: https://example.org: no
"""
SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>we</i> {\\an8}restart <script>alert(1)</script>\r\n\r\n2\r\n00:00:03,000 --> 00:00:03,000\r\nNote: done\r\n\r\n3\r\n00:00:04,000 --> 00:00:05,000\r\nyes\r\n"
MEET = "Call about checkout\nAttendees: Ana, Ben\n\n00:05:00\n\nAna Silva: first\nBen Okafor: second\nand more\n\n00:10:00\nAna Silva: third\n"
OTTER = "Ana Silva   0:07\nNote: we restart\nand go on\n\nBen Okafor  1:02:03\nyes\n"


def test_voices_of_webvtt() -> None:
    assert cues_of(TEAMS) == (
        Cue(3300, 7120, "Ana Silva", "The pool is full & we restart it"),
        Cue(3_723_004, 3_724_000, "Ben Okafor", "Done"),
        Cue(3_723_004, 3_724_000, "Ana Silva", "Thanks"),
    )


def test_names_before_a_colon() -> None:
    assert [(c.speaker, c.text) for c in cues_of(ZOOM)] == [
        ("Ana Silva", "Is it 12:30 there?"), ("Ben Okafor", "https://example.org: no"),
    ]  # fmt: skip


def test_srt_and_a_colon_that_is_a_colon() -> None:
    assert [(c.starts_ms, c.speaker, c.text) for c in cues_of(decoded(SRT.encode("utf-16")))] == [
        (1000, "", "we restart <script>alert(1)</script>"), (3000, "", "Note: done"), (4000, "", "yes"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line", ["[00:07:12] {}", "00:07:12 {}", "(7:12) {}", "00:07:12.000 - {}", "\u202a[07:12] {}"]
)
def test_lines_with_a_time_in_front(line: str) -> None:
    assert cues_of(f"A title\n{line.format('Ana Silva: words')}\nthat go on") == (
        Cue(432_000, None, "Ana Silva", "words that go on"),
    )


def test_times_on_lines_of_their_own() -> None:
    assert [(c.starts_ms // 1000, c.speaker, c.text) for c in cues_of(MEET)] == [
        (300, "Ana Silva", "first"), (300, "Ben Okafor", "second and more"), (600, "Ana Silva", "third"),
    ]  # fmt: skip
    assert [(c.starts_ms // 1000, c.speaker, c.text) for c in cues_of(OTTER)] == [
        (7, "Ana Silva", "Note: we restart and go on"), (3723, "Ben Okafor", "yes"),
    ]  # fmt: skip


def test_names_from_right_to_left_and_names_that_turn_the_line_around() -> None:
    cues = cues_of(
        "[0:01] שרה כהן: שלום\n[0:02] مريم: مرحبا\n[0:03] 田中\uff1aはい\n[0:04] Ana\u202e\u2066 Silva: hi"
    )
    assert [c.speaker for c in cues] == ["שרה כהן", "مريم", "田中", "Ana Silva"]


def test_lines_overlap_and_come_in_any_order() -> None:
    cues = cues_of(
        "WEBVTT\n\n00:05.000 --> 00:09.000\nb\n\n00:01.000 --> 00:20.000\na\n\n00:05.000 --> 00:06.000\nc\n"
    )
    assert [c.text for c in cues] == ["a", "b", "c"]
    assert length_of(cues) == 20_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "No line with a time"), ("WEBVTT\n\n", "No line with a time"), ("words and words", "No line with a time"),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\nx", "Line 3: there is no such time"), ("WEBVTT\n\nsoon --> later\nx", "Line 3 is no pair"),
        ("WEBVTT\n\n00:05.000 --> 00:04.000\nx", "Line 3 ends before"), ("[00:61:00] Ana: x", "Line 1: there is no such time"),
        ("25:00:00 x", "more than 24 hours"), ("WEBVTT\n\n00:01.000 --> 99:00:00.000\nx", "more than 24 hours"),
        ("[0:01] " + "x" * 5001, "Line 1 is too long"), ("x\n" * 300 + "[0:01] x", "No time in the first"),
        ("\n".join(f"[0:01] Speaker {n}: x" for n in range(501)), "more than 500 speakers"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        cues_of(text)
    assert refused.value.field == "file"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\xd8", b"\x00\x01\x80\xff", b"x" * 5_000_001])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        decoded(data)


def test_fifty_thousand_lines_fit_and_one_more_does_not() -> None:
    lines = [f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02} Ana: x" for n in range(MOST_CUES)]
    found = cues_of("\n".join(lines))
    assert len(found) == MOST_CUES
    assert length_of(found) < LONGEST_MS
    with pytest.raises(Invalid, match="50,000 lines fit"):
        cues_of("\n".join([*lines, "0:01 Ana: x"]))


@pytest.mark.parametrize(
    "text",
    [
        "<v " * 1_600_000, "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v " * 1_600_000, "WEBVTT\n\n00:01.000 -->" + " " * 4_000_000,
        "0:01\n" + "a" * 100 + " " * 4_000_000, "0:01 " + "&" * 4_000_000, "0:01 a" + ": " * 2_000_000, "0:01\n" * 390_000,
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<" * 4_000_000, "WEBVTT\n\n00:01.000 --> 00:02.000\n<v " + "a" * 4_000_000,
        " " * 4_000_000 + "0:01", "a\n\n" * 1_600_000, "0:01\n" + "a b 0:0\n\n" * 500_000, "\x1b]" * 2_000_000,
    ],
)  # fmt: skip
def test_nothing_takes_long(text: str) -> None:
    began = time.process_time()
    with suppress(Invalid):
        cues_of(decoded(text.encode()))
    assert time.process_time() - began < 8
