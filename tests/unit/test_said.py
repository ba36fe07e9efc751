"""Rules of words: who is addressed, what is one emoji, what a terminal adds, what people look for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tocsin.app  # noqa: F401 - the composition root imports every package, and so registers every kind
from tocsin.chatops.times import time_passed
from tocsin.incidents.kind_groups import GROUPS, group_of, kinds_in
from tocsin.incidents.output import shortened
from tocsin.incidents.said_model import may_have_happened, mentions_in, one_emoji, plain
from tocsin.incidents.search import tsquery

ANA, BEN = UUID(int=1), UUID(int=2)
KNOWN = {
    "ana": [ANA],
    "ana silva": [ANA],
    "ben okafor": [BEN],
    "payments": [ANA, BEN],
    "im": [],
    "o'neil": [BEN],
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@ana look", ["ana"]),
        ("@Ana Silva, look", ["Ana Silva"]),
        ("@Ana Silva-Ramos", ["Ana"]),
        ("(@ben okafor) and @Payments.", ["ben okafor", "Payments"]),
        ("@im", ["im"]),
        ("@O'Neil's turn @o'neil", ["o'neil"]),
        ("@ana @Ana @ANA", ["ana"]),
        ("mail ana@ana.example, @@ana, /@ana", []),
        ("`@ana` and\n```\n@ben okafor\n```", []),
        ("```\n@ana never closed", []),
        ("@anabel @ben", []),
        ("@", []),
    ],
)
def test_who_is_addressed(text: str, words: list[str]) -> None:
    assert [m.words for m in mentions_in(text, KNOWN)] == words


def test_a_role_that_nobody_holds_is_addressed_all_the_same() -> None:
    (mention,) = mentions_in("@im?", KNOWN)
    assert mention.people == ()


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "🇩🇪", "👩‍💻", "1️⃣", "✅", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👨‍👩‍👧‍👦", "™"])
def test_one_emoji(emoji: str) -> None:
    assert one_emoji(f" {emoji} ") == emoji


@pytest.mark.parametrize(
    "text", ["", "a", "1", "👍👍", "👍a", "🇩", "\u200d", "\ufe0f", "👍\u202e", "ok 👍", "<b>"]
)
def test_no_emoji(text: str) -> None:
    assert one_emoji(text) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07prompt", "prompt"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("10 %\r20 %\r100 %\ndone", "100 %\ndone"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("a\tb\x00\x07\x7f\x9b31mc", "a\tbc"),
        ("\u202eabc", "\u202eabc"),
    ],
)
def test_text_of_a_terminal(text: str, read: str) -> None:
    assert plain(text) == read


@given(st.text())
def test_nothing_unreadable_is_left(text: str) -> None:
    once = plain(text)
    assert all(c in "\n\t" or ord(c) >= 32 for c in once)
    assert plain(once) == once


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("redis", "'redis':*"),
        ("redis cluster", "'redis' & 'cluster':*"),
        ("red* cluster", "'red*':* & 'cluster':*"),
        ('"redis cluster" slow', "'redis cluster' & 'slow':*"),
        ('"never closed', "'never closed'"),
        ("a b2", "'a' & 'b2':*"),
        ("it's \\ '", "'it s':*"),
        ("!!! & | :* <->", ""),
        ("", ""),
        ("x\x00y", "'xy':*"),
        (" ".join(["word"] * 50), " & ".join(["'word'"] * 11 + ["'word':*"])),
    ],
)
def test_what_people_look_for(words: str, query: str) -> None:
    assert tsquery(words) == query


def test_when_something_may_have_happened() -> None:
    declared = datetime(2026, 11, 27, 3, tzinfo=UTC)
    now = declared + timedelta(hours=1)
    assert may_have_happened(declared - timedelta(minutes=10), declared, now)
    assert may_have_happened(now + timedelta(minutes=1), declared, now), "a clock may be a little wrong"
    assert not may_have_happened(now + timedelta(hours=1), declared, now)
    assert not may_have_happened(declared - timedelta(days=31), declared, now)


def test_long_output_keeps_both_ends() -> None:
    assert shortened("short") == "short"
    text = shortened("a" + "x" * 300_000 + "z")
    assert (text[0], text[-1]) == ("a", "z")
    assert "200,002 characters left out" in text


def test_every_kind_has_its_group() -> None:
    assert group_of("message") == "said"
    assert group_of("severity_changed") == "state"
    assert group_of("alert_linked") == "alerts"
    assert group_of("hypothesis_stated") == "decisions"
    assert kinds_in("") is None
    assert kinds_in("nothing") == []
    assert "role_taken" in (kinds_in("people, message") or [])
    assert set(GROUPS) >= {"said", "decisions", "updates", "state", "people", "alerts"}


@pytest.mark.parametrize(
    ("now", "typed", "at"),
    [
        ("2026-11-27T03:12:40", "03:12", "2026-11-27T03:12:00"), ("2026-11-27T03:12:40", "03:13", "2026-11-27T03:12:40"),
        ("2026-11-27T03:12:40", "03:14", "2026-11-27T03:12:40"), ("2026-11-27T03:12:40", "03:15", "2026-11-26T03:15:00"),
        ("2026-11-27T23:59:30", "00:00", "2026-11-27T23:59:30"), ("2026-11-27T23:59:30", "00:02", "2026-11-27T00:02:00"),
        ("2026-11-27T00:00:30", "23:59", "2026-11-26T23:59:00"), ("2026-11-27T00:00:30", "00:01", "2026-11-27T00:00:30"),
        ("2026-11-27T03:12:40", "2026-11-27 03:13", "2026-11-27T03:12:40"),
        ("2026-11-27T03:12:40", "2026-11-27 04:00", "2026-11-27T04:00:00"),
        ("2026-11-27T03:12:40", "2026-11-20 04:00", "2026-11-20T04:00:00"),
        # The night when clocks go forward, and the one when they go back.
        ("2026-03-29T03:00:30", "03:01", "2026-03-29T03:00:30"), ("2026-10-25T04:00:30", "04:01", "2026-10-25T04:00:30"),
    ],
)  # fmt: skip
def test_a_time_of_day_is_the_last_one_and_a_watch_may_be_ahead(now: str, typed: str, at: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    moments = [datetime.fromisoformat(text).replace(tzinfo=berlin) for text in (now, at)]
    date, _, time = typed.rpartition(" ")
    hour, minute = map(int, time.split(":"))
    found = time_passed(moments[0].astimezone(UTC), "Europe/Berlin", date or None, hour, minute)
    assert found.astimezone(UTC) == moments[1].astimezone(UTC)


def test_a_time_that_is_none_is_refused() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    for date, hour, minute in ((None, 25, 10), (None, 12, 61), ("2026-02-30", 1, 1)):
        with pytest.raises(ValueError, match=r"must be in|out of range"):
            time_passed(now, "UTC", date, hour, minute)
