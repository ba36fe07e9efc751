"""Calendars out and in: what we write, others read; what others write, hostile or not, is read or refused."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st

from tocsin.kernel.crypto import Keys
from tocsin.kernel.log import visible_path
from tocsin.kernel.redact import HIDDEN, redact
from tocsin.oncall.apart import TOO_LONG, read_calendar
from tocsin.oncall.feeds import address_of
from tocsin.oncall.ical import calendar_text, one_line, uid_of
from tocsin.oncall.icalread import BadCalendar, Occurrence, events_between
from tocsin.oncall.model import FeedShift, Somebody
from tocsin.oncall.whose import Directory

BASE = "https://tocsin.example.org"
START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
SCHEDULE, ANA, BEN = uuid4(), uuid4(), uuid4()
CHANGED = datetime(2026, 2, 1, 12, tzinfo=UTC)


def shift(start: datetime, hours: float = 8, *, name: str = "Ana Silva", schedule: str = "Payments on-call",
          who: UUID = ANA, track: int = 0) -> FeedShift:  # fmt: skip
    return FeedShift(SCHEDULE, schedule, track, who, name, start, start + timedelta(hours=hours), CHANGED, 7)


def written(*lines: str, head: str = "") -> str:
    event = "\r\n".join(lines)
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\n{head}"
        f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def read(*lines: str, head: str = "", zone: str = "UTC") -> list[Occurrence]:
    return events_between(written(*lines, head=head), zone, START, END)


def times(*lines: str, head: str = "", zone: str = "UTC") -> list[str]:
    return [
        f"{e.starts_at:%d.%m. %H:%M}-{e.ends_at:%d.%m. %H:%M}" for e in read(*lines, head=head, zone=zone)
    ]


# -- out


def test_an_event_says_what_calendars_need() -> None:
    first = shift(datetime(2026, 3, 2, 9, tzinfo=UTC))
    text = calendar_text("Payments", [first], BASE).decode()
    assert "\r\n" in text
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    plain = text.replace("\r\n ", "")
    for line in (
        "METHOD:PUBLISH", "VERSION:2.0", "X-WR-CALNAME:Payments", "X-PUBLISHED-TTL:PT1H",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "DTSTART:20260302T090000Z", "DTEND:20260302T170000Z",
        "DTSTAMP:20260201T120000Z", "LAST-MODIFIED:20260201T120000Z", "SEQUENCE:7", "TRANSP:TRANSPARENT",
        "SUMMARY:Payments on-call: Ana Silva", f"UID:{uid_of(first)}", f"URL:{BASE}/on-call/{SCHEDULE}",
    ):  # fmt: skip
        assert f"{line}\r\n" in plain
    assert f"{BASE}/on-call/{SCHEDULE}" in plain.partition("DESCRIPTION:")[2]
    assert uid_of(first).endswith("@tocsin")
    own = calendar_text("On call", [first], BASE, personal=True).decode()
    assert "SUMMARY:Payments on-call\r\n" in own


def test_an_event_keeps_its_name() -> None:
    one = shift(datetime(2026, 3, 2, 9, tzinfo=UTC))
    longer = shift(datetime(2026, 3, 2, 9, tzinfo=UTC), 99, name="Ana S.", schedule="Renamed")
    assert uid_of(one) == uid_of(longer)
    others = {
        uid_of(shift(one.starts_at, who=BEN)),
        uid_of(shift(one.starts_at, track=1)),
        uid_of(shift(END)),
    }
    assert len(others | {uid_of(one)}) == 4


HOSTILE = [
    "Ana\r\nEND:VEVENT\r\nBEGIN:VALARM", "Ana\nATTENDEE:mailto:x@example.org", "a;b,c:d\\n\\", "\u202eevil\u2066", "x" * 5000,
    "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg", "\ud800", "", "\x00\x07", "Zoë 🚨 שלום مرحبا", '";VALUE=DATE:',
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_on_their_line(name: str) -> None:
    text = calendar_text(name, [shift(START, name=name, schedule=name)], BASE).decode()
    assert text.splitlines() == text.split("\r\n")[:-1]
    calendar = icalendar.Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    assert [c.name for c in calendar.walk()] == ["VCALENDAR", "VEVENT"]
    assert event["SUMMARY"] == f"{one_line(name)}: {one_line(name)}"
    assert {"ATTENDEE", "VALARM"} & set(event) == set()
    assert not any(mark in text for mark in "\u202e\u2066\u2028")


@given(st.text(), st.text())
def test_no_name_adds_a_line(name: str, schedule: str) -> None:
    plain = calendar_text("x", [shift(START)], BASE).decode().replace("\r\n ", "")
    text = (
        calendar_text("x", [shift(START, name=name, schedule=schedule)], BASE).decode().replace("\r\n ", "")
    )
    assert [line.partition(":")[0] for line in text.splitlines()] == [
        line.partition(":")[0] for line in plain.splitlines()
    ]


moments = st.datetimes(datetime(2026, 3, 2), datetime(2026, 4, 20)).map(lambda m: m.replace(tzinfo=UTC))  # noqa: DTZ001


@given(
    st.lists(st.tuples(moments, st.sampled_from([ANA, BEN]), st.integers(0, 3)), max_size=12),
    st.text(max_size=300),
)
def test_what_we_write_is_read_back(drawn: list[tuple[datetime, UUID, int]], name: str) -> None:
    """By the libraries that others use, and by ours."""
    cuts = sorted({(m.replace(microsecond=0), who, track) for m, who, track in drawn})
    shifts = [
        FeedShift(SCHEDULE, name, track, who, name, begins, ends, CHANGED, 1)
        for (begins, who, track), (ends, _, _) in pairwise([*cuts, (END - timedelta(days=1), ANA, 0)])
        if begins < ends
    ]
    text = calendar_text(name, shifts, BASE)
    theirs = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(START, END)
    expected = sorted((uid_of(s), s.starts_at, s.ends_at) for s in shifts)
    assert sorted((str(e["UID"]), e.start, e.end) for e in theirs) == expected
    ours = events_between(text.decode(), "Asia/Tokyo", START, END)
    assert sorted((e.uid, e.starts_at, e.ends_at) for e in ours) == expected


def test_an_address_is_not_logged() -> None:
    address = address_of(Keys(b"0" * 32), BASE, ANA)
    path = address.removeprefix(BASE)
    assert visible_path(path) == f"/calendar/{HIDDEN}"
    assert redact(f"asked {address}") == f"asked {BASE}"


# -- in


def test_turns_keep_their_wall_clock() -> None:
    assert times(
        "UID:1", "DTSTART;TZID=Europe/Berlin:20260327T090000", "DTEND;TZID=Europe/Berlin:20260328T090000",
        "RRULE:FREQ=DAILY;COUNT=3",
    ) == ["27.03. 08:00-28.03. 08:00", "28.03. 08:00-29.03. 07:00", "29.03. 07:00-30.03. 07:00"]  # fmt: skip


VTIMEZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0530\r\n"
    "TZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


@pytest.mark.parametrize(
    ("lines", "head", "zone", "expected"),
    [
        (["DTSTART;VALUE=DATE:20260327"], "", "Asia/Tokyo", ["26.03. 15:00-27.03. 15:00"]),
        (["DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330"], "X-WR-TIMEZONE:Europe/Berlin\r\n", "UTC",
         ["27.03. 23:00-29.03. 22:00"]),
        (["DTSTART:20260327T090000", "DURATION:PT8H"], "", "Asia/Tokyo", ["27.03. 00:00-27.03. 08:00"]),
        (["DTSTART:20260327T090000Z", "DURATION:PT8H"], "X-WR-TIMEZONE:Nowhere\r\n", "Asia/Tokyo", ["27.03. 09:00-27.03. 17:00"]),
        (["DTSTART;TZID=Ours:20260327T090000", "DURATION:PT8H"], VTIMEZONE, "UTC", ["27.03. 03:30-27.03. 11:30"]),
        (["DTSTART;TZID=W. Europe Standard Time:20260327T090000", "DURATION:PT1H"], "", "UTC", ["27.03. 08:00-27.03. 09:00"]),
        (["DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:PT2H"], "", "UTC", ["29.03. 01:00-29.03. 02:30"]),
        (["DTSTART:20260327T090000Z", "DTEND:20260327T100000Z", "STATUS:CANCELLED"], "", "UTC", []),
        (["DTSTART:20260327T090000Z"], "", "UTC", []),
        (["DTSTART:20200327T090000Z", "DTEND:20200327T100000Z"], "", "UTC", []),
        (["DTSTART:20260301T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20260308T090000Z"], "", "UTC",
         ["01.03. 09:00-01.03. 10:00", "15.03. 09:00-15.03. 10:00"]),
        (["DTSTART:20260301T090000Z", "DURATION:PT2H\r\nRRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1",
          "RECURRENCE-ID:20260302T090000Z", "DTSTART:20260302T200000Z", "DURATION:PT1H"], "", "UTC",
         ["01.03. 09:00-01.03. 11:00", "02.03. 20:00-02.03. 21:00"]),
        (["DTSTART:20260301T090000Z", "DURATION:PT2H\r\nRRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1",
          "RECURRENCE-ID:20260302T090000Z", "DTSTART:20260302T090000Z", "DURATION:PT2H", "STATUS:CANCELLED"], "", "UTC",
         ["01.03. 09:00-01.03. 11:00"]),
        (["DTSTART:20260228T230000Z", "DTEND:20260301T030000Z"], "", "UTC", ["28.02. 23:00-01.03. 03:00"]),
    ],
)  # fmt: skip
def test_events_are_read(lines: list[str], head: str, zone: str, expected: list[str]) -> None:
    assert times("UID:1", *lines, head=head, zone=zone) == expected


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["DTSTART:20260327T090000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"], "more often than every hour"),
        (["DTSTART:20260327T090000Z", "DURATION:PT1H", "RRULE:FREQ=MINUTELY;INTERVAL=5"], "more often than every hour"),
        (["DTSTART:20260327T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5"], "more often"),
        (["DTSTART:20260327T090000Z", "DURATION:PT1H", "RRULE:FREQ=BANANA"], "is damaged"),
        (["DTSTART:20260327T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=soon"], "is damaged"),
        (["DTSTART:soon"], "is damaged"),
        (["DURATION:PT1H"], "has no start"),
        (["DTSTART:20260327T090000Z", "DTEND:20260326T090000Z"], "ends before it starts"),
        (["DTSTART;TZID=Nowhere/Land:20260327T090000", "DURATION:PT1H"], "the time zone Nowhere/Land"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(lines: list[str], sentence: str) -> None:
    with pytest.raises(BadCalendar, match=sentence) as refused:
        read("UID:1", "SUMMARY:Nights", *lines)
    assert "Nights" in str(refused.value)


def test_an_unknown_zone_of_the_whole_calendar_is_named() -> None:
    with pytest.raises(BadCalendar, match="in the time zone Nowhere"):
        read("UID:1", "DTSTART;VALUE=DATE:20260327", head="X-WR-TIMEZONE:Nowhere\r\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<!doctype html><html>", "web page"),
        ("", "not a calendar"),
        ("%PDF-1.4", "not a calendar"),
        ("BEGIN:VCALENDAR\r\nno colon here\r\nEND:VCALENDAR", "damaged"),
        ("BEGIN:VCALENDAR\r\n" + "x" * 2_000_000, "too large"),
    ],
)
def test_garbage_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadCalendar, match=sentence):
        events_between(text, "UTC", START, END)


@given(st.text())
def test_nonsense_never_breaks_the_reader(text: str) -> None:
    for whole in (f"BEGIN:VCALENDAR\r\n{text}", written("UID:1", "DTSTART:20260327T090000Z", text)):
        try:
            events_between(whole, "UTC", START, END)
        except BadCalendar as error:
            assert str(error)  # noqa: PT017 - any other error fails the test


def test_too_many_events_are_refused() -> None:
    event = "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:20260301T000000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=HOURLY\r\nEND:VEVENT\r\n"
    text = f"BEGIN:VCALENDAR\r\n{''.join(event.format(n) for n in range(14))}END:VCALENDAR"
    with pytest.raises(BadCalendar, match="more than 20,000 events"):
        events_between(text, "UTC", START, END)


async def test_reading_happens_in_a_process_of_its_own() -> None:
    text = written(
        "UID:1", "DTSTART:20260327T090000Z", "DURATION:PT1H", "SUMMARY:Ana", "ATTENDEE:mailto:Ana@example.org"
    )
    (event,) = await read_calendar(text, "UTC", START, END)
    assert (event.summary, event.attendees, event.starts_at.hour) == ("Ana", ("ana@example.org",), 9)
    with pytest.raises(BadCalendar, match="has no start"):
        await read_calendar(written("UID:1"), "UTC", START, END)


EVENT = ("UID:1", "DTSTART:20260327T090000Z", "DURATION:PT1H", "SUMMARY:Ana")


@pytest.mark.parametrize("left_out", [2, 15, 25, 60])
def test_what_was_cut_off_is_refused(left_out: int) -> None:
    """A calendar that lost its end on the way must not pass for one with fewer events."""
    with pytest.raises(BadCalendar, match=r"cut off|is damaged"):
        events_between(written(*EVENT).rstrip()[:-left_out], "UTC", START, END)


def test_parts_that_end_without_a_beginning_are_refused() -> None:
    with pytest.raises(BadCalendar, match="ends where it has not begun"):
        events_between(written(*EVENT, "END:VALARM"), "UTC", START, END)


def test_any_systems_line_ends_do() -> None:
    for ending in ("\n", "\r", "\r\n"):
        (found,) = events_between(written(*EVENT).replace("\r\n", ending), "UTC", START, END)
        assert found.summary == "Ana"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("DURATION:-PT2H",), "a length below zero"),
        (("DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=0"), "repeats every 0 times"),
    ],
)
def test_what_makes_no_sense_is_refused_unread(lines: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(BadCalendar, match=sentence):
        events_between(written("UID:1", "DTSTART:20260327T090000Z", *lines), "UTC", START, END)


async def test_a_rule_that_never_comes_ends() -> None:
    never = [f"RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR={hour}" for hour in range(24)]
    text = written("UID:1", "DTSTART:20260327T090000Z", "DURATION:PT1H", *never)
    with pytest.raises(BadCalendar, match=TOO_LONG[:30]):
        await read_calendar(text, "UTC", START, END, cpu_s=2)


# -- whose

PEOPLE = Directory([
    Somebody(ANA, "Ana Silva", "ana@example.org"), Somebody(BEN, "Ben Okafor", "ben@example.org"),
    Somebody(UUID(int=1), "Sam Lee", "sam.one@example.org"), Somebody(UUID(int=2), "sam lee", "sam.two@example.org"),
    Somebody(UUID(int=3), "Ana Silva Costa", "asc@example.org"), Somebody(UUID(int=4), "'t Hooft", "th@example.org"),
    Somebody(UUID(int=5), "★", "star@example.org"),
])  # fmt: skip


@pytest.mark.parametrize(
    ("summary", "attendees", "organizer", "expected"),
    [
        ("Payments on-call: Ana Silva", [], "", ANA),
        ("ANA  SILVA", [], "", ANA),
        ("Ana Silva Costa", [], "", UUID(int=3)),
        ("Diana Silvan", [], "", None),
        ("On call (ben@example.org)", [], "", BEN),
        ("Sam Lee", [], "", None),
        ("Sam Lee <sam.two@example.org>", [], "", UUID(int=2)),
        ("Ana Silva, then Ben Okafor", [], "", None),
        ("On call", ["ben@example.org"], "ana@example.org", BEN),
        ("On call", ["ana@example.org", "ben@example.org"], "ana@example.org", BEN),
        ("Ana Silva", ["ben@example.org", "ana@example.org"], "ben@example.org", ANA),
        ("Ben Okafor", ["stranger@example.org"], "ana@example.org", BEN),
        ("On call", [], "ana@example.org", ANA),
        ("On call", [], "", None),
        ("Ana Silva/Zed", [], "", ANA),
        ("Nights 't Hooft", [], "", UUID(int=4)),
        ("Nights ★", [], "", UUID(int=5)),
        ("@ @@ a@ @b ben@example.org@ mailto:ben@example.org", [], "", BEN),
    ],
)
def test_whose_turn_it_is(summary: str, attendees: list[str], organizer: str, expected: UUID | None) -> None:
    event = PEOPLE.event(Occurrence("1", START, END, summary, tuple(attendees), organizer))
    assert event.user_id == expected
    assert event.who.startswith(summary)


def test_the_same_title_has_the_same_answer() -> None:
    assert [PEOPLE.in_text("Ana Silva"), PEOPLE.in_text("Ana Silva"), PEOPLE.in_text("x")] == [ANA, ANA, None]


def test_who_keeps_what_stands_there() -> None:
    event = PEOPLE.event(Occurrence("1", START, END, "Nights", ("new@example.org",)))
    assert (event.user_id, event.who) == (None, "Nights (new@example.org)")
    assert Directory([Somebody(BEN, "New", "new@example.org")]).in_text(event.who) == BEN
