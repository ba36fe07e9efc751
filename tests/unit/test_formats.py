"""What parsers make of bodies: good ones, sloppy ones, hostile ones. Nothing here may cost somebody their page."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.alerts.format import DEPTH, RAW_BYTES, Bad, Format, load, moment, priority, text
from tocsin.alerts.model import Action, Signal, fit
from tocsin.api.opsgenie.actions import action_of
from tocsin.integrations.alertmanager import Alertmanager
from tocsin.integrations.generic import Generic
from tocsin.integrations.opsgenie import Opsgenie
from tocsin.integrations.registry import FORMATS
from tocsin.kernel.errors import Invalid

ROOT = Path(__file__).parents[2]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def one(format_: Format, value: object) -> Signal:
    (found,) = format_.parse(body(value))
    assert isinstance(found, Signal), found
    return found


def bad(format_: Format, value: object) -> Bad:
    (found,) = format_.parse(body(value))
    assert isinstance(found, Bad), found
    return found


def storable(signal: Signal) -> None:
    """As PostgreSQL will have it: within the limits, no NUL, no half surrogates, not too deep for the driver."""
    kept = fit(signal)
    encoded = orjson.dumps(
        [kept.message, dict(kept.details), kept.tags, kept.raw, kept.user, kept.note, kept.alias]
    )
    assert b"\\u0000" not in encoded
    assert 1 <= len(kept.message) <= 500
    assert len(kept.alias.encode()) <= 512
    assert kept.priority in range(1, 6)
    if kept.started_at:
        orjson.dumps(kept.started_at)


# -- generic


def test_generic_reads_all_fields() -> None:
    found = one(
        Generic(),
        {
            "alias": "db-1/disk", "message": "Disk is full", "description": "92 %", "priority": "P1", "source": "cron",
            "entity": "db-1", "tags": ["disk", "db"], "details": {"instance": "db-1", "percent": 92, "gone": None},
            "link": "https://graphs.example.org/1", "started_at": "2026-11-23T05:44:32.030142978Z", "user": "ana",
            "note": "again",
        },
    )  # fmt: skip
    assert (found.action, found.alias, found.message, found.priority) == (
        Action.OPEN,
        "db-1/disk",
        "Disk is full",
        1,
    )
    assert (found.description, found.source, found.entity, found.tags) == (
        "92 %",
        "cron",
        "db-1",
        ("disk", "db"),
    )
    assert found.details == {"instance": "db-1", "percent": "92", "gone": ""}
    assert found.started_at == datetime(2026, 11, 23, 5, 44, 32, 30142, UTC)
    assert (found.link, found.user, found.note) == ("https://graphs.example.org/1", "ana", "again")
    assert found.clamped == ()
    assert found.raw["details"]["percent"] == 92


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("open", Action.OPEN), ("FIRING", Action.OPEN), ("", Action.OPEN), (None, Action.OPEN),
        ("acknowledge", Action.ACKNOWLEDGE), ("ack", Action.ACKNOWLEDGE), ("close", Action.CLOSE),
        ("resolved", Action.CLOSE), (" Ok ", Action.CLOSE),
    ],
)  # fmt: skip
def test_generic_knows_the_usual_words_for_actions(word: str | None, action: Action) -> None:
    for name in ("action", "status"):
        assert one(Generic(), {"message": "m", "alias": "a", name: word}).action is action


@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("P1", 1),
        ("p5", 5),
        (2, 2),
        ("3", 3),
        ("Critical", 1),
        ("warning", 3),
        ("info", 5),
        ("high", 2),
        ("minor", 4),
    ],
)
def test_priorities_by_number_and_by_word(value: object, level: int) -> None:
    found = one(Generic(), {"message": "m", "priority": value})
    assert (found.priority, found.clamped) == (level, ())


@pytest.mark.parametrize("value", ["P9", 17, "banana", 2.5, True, ["P1"], {"a": 1}])
def test_an_odd_priority_pages_as_p3_and_is_marked(value: object) -> None:
    found = one(Generic(), {"message": "m", "priority": value})
    assert (found.priority, found.clamped) == (3, ("priority",))


@pytest.mark.parametrize(
    "value", ["yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", 1e300, -5, [], "9"]
)
def test_an_odd_time_is_left_out(value: object) -> None:
    assert one(Generic(), {"message": "m", "started_at": value}).started_at is None


def test_times_in_seconds_and_milliseconds() -> None:
    assert (
        moment(1_700_000_000) == moment(1_700_000_000_000) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({}, "message"), ({"message": "  "}, "message"), ({"message": None}, "message"), ({"message": ["a"]}, "message"),
        ({"message": "m", "action": "explode"}, "action"), ({"message": "m", "action": {"a": 1}}, "action"),
        ({"action": "close"}, "alias"), ({"action": "ack", "alias": " "}, "alias"),
    ],
)  # fmt: skip
def test_generic_names_the_field_at_fault(item: dict[str, object], field: str) -> None:
    found = bad(Generic(), item)
    assert found.field == field
    assert found.sentence.endswith(".")
    assert found.raw == item


def test_a_bad_alert_of_a_list_costs_no_other() -> None:
    found = Generic().parse(body([{"message": "a"}, 17, {"message": "b"}, {"nothing": 1}]))
    assert [type(each) for each in found] == [Signal, Bad, Signal, Bad]


def test_a_bad_alert_becomes_a_visible_one_with_what_came() -> None:
    signal = Bad("message", "A message is needed.", {"mesage": "<b>typo</b>"}).signal("Cron jobs")
    assert signal.message == "Bad input from Cron jobs: A message is needed."
    assert "<b>typo</b>" in signal.description
    assert signal.alias == Bad("message", "Another sentence.", 1).signal("Cron jobs").alias
    assert signal.alias != Bad("action", "…", 1).signal("Cron jobs").alias
    storable(signal)


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(
    "garbage", [b"", b"hello", b"\xff\xfe", b"{", b"[" * 100_000, b"17", b'"text"', b"null", b"1" * 9999]
)
def test_garbage_is_refused_with_a_field(format_: Format, garbage: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        format_.parse(garbage)
    assert caught.value.field in ("body", "alerts")


def test_what_the_database_cannot_hold_is_mended() -> None:
    sloppy = (
        b'\xef\xbb\xbf{"message": "a\\u0000b\\ud800c\xff", "details": {"x\\u0000": NaN, "y": 1e999, "z": '
        + b"9" * 40
        + b"}}"
    )
    (found,) = Generic().parse(sloppy)
    assert isinstance(found, Signal)
    assert found.message == "ab?c\N{REPLACEMENT CHARACTER}"
    storable(found)


def test_nul_alone_is_mended_on_the_fast_path() -> None:
    found = one(
        Generic(), {"message": "a\0b", "tags": ["x\0"], "details": {"k\0": "v\0", "o": {"deep\0": ["\0"]}}}
    )
    assert "\0" not in found.message + str(found.raw)
    storable(found)


def test_too_deep_is_cut() -> None:
    deep: object = "bottom"
    for _ in range(DEPTH * 4):
        deep = [deep]
    found = one(Generic(), {"message": "m", "details": {"deep": deep}})
    storable(found)
    assert "bottom" not in found.details["deep"]


def test_what_is_too_long_is_clamped_and_marked() -> None:
    kept = fit(
        one(
            Generic(),
            {"message": "m" * 5000, "alias": "é" * 5000, "tags": ["t"] * 3 + [str(n) for n in range(99)]},
        )
    )
    assert len(kept.message) == 500
    assert len(kept.alias.encode()) <= 512
    assert set(kept.clamped) >= {"message", "tags"}


def test_a_large_alert_is_not_kept_twice() -> None:
    assert one(Generic(), {"message": "m", "details": {"x": "y" * RAW_BYTES}}).raw is None


def test_text_of_anything() -> None:
    assert [text(v) for v in (None, "a", 1, 1.5, True, [1], {"a": None})] == [
        "",
        "a",
        "1",
        "1.5",
        "true",
        "[1]",
        '{"a":null}',
    ]
    assert priority(None) is None


# -- Alertmanager


def alert(status: str = "firing", **labels: str) -> dict[str, object]:
    return {
        "status": status, "labels": {"alertname": "DiskFull", "instance": "db-1", "severity": "critical"} | labels,
        "annotations": {"summary": "Disk full on db-1", "description": "92% used"},
        "startsAt": "2026-11-23T05:44:32.030142978Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prom/graph?x", "fingerprint": "0c2e6c92cef22f72",
    }  # fmt: skip


def group(*alerts: object, status: str = "firing", **more: object) -> dict[str, object]:
    return {
        "receiver": "all", "status": status, "alerts": list(alerts), "groupLabels": {}, "version": "4",
        "commonLabels": {"alertname": "DiskFull"}, "commonAnnotations": {}, "externalURL": "http://am:9093",
        "groupKey": '{}:{alertname="DiskFull"}', "truncatedAlerts": 0,
    } | more  # fmt: skip


def test_alertmanager_reads_each_alert_of_the_group() -> None:
    first, second = Alertmanager().parse(body(group(alert(), alert("resolved"))))
    assert isinstance(first, Signal)
    assert isinstance(second, Signal)
    assert (first.action, second.action) == (Action.OPEN, Action.CLOSE)
    assert first.alias == second.alias == "0c2e6c92cef22f72"
    assert (first.message, first.description, first.priority) == ("Disk full on db-1", "92% used", 1)
    assert (first.entity, first.link, first.source) == ("db-1", "http://prom/graph?x", "http://am:9093")
    assert first.details["severity"] == "critical"
    assert first.details["summary"] == "Disk full on db-1"
    assert first.started_at == datetime(2026, 11, 23, 5, 44, 32, 30142, UTC)


def test_alertmanager_without_the_usual_fields() -> None:
    plain = {"labels": {"alertname": "Watchdog", "severity": "none"}}
    found = one(Alertmanager(), group(plain))
    assert (found.message, found.priority, found.link) == ("Watchdog", 5, "http://am:9093")
    assert (
        found.alias
        == one(Alertmanager(), group(plain)).alias
        != one(Alertmanager(), group({"labels": {"a": "b"}})).alias
    )


def test_alertmanager_a_label_names_the_priority() -> None:
    assert one(Alertmanager(), group(alert(priority="P4"))).priority == 4
    odd = one(Alertmanager(), group(alert(severity="purple")))
    assert (odd.priority, odd.clamped) == (3, ("priority",))


def test_alertmanager_tells_of_alerts_that_were_left_out() -> None:
    _, left_out = Alertmanager().parse(body(group(alert(), truncatedAlerts=7)))
    assert isinstance(left_out, Signal)
    assert "left out 7 more alerts" in left_out.message
    *_, over = Alertmanager().parse(body(group(alert("resolved"), status="resolved")))
    assert isinstance(over, Signal)
    assert (over.action, over.alias) == (Action.CLOSE, left_out.alias)


def test_alertmanager_a_bad_alert_costs_no_other() -> None:
    found = Alertmanager().parse(body(group(alert(), "text", {"labels": 3})))
    assert [type(each) for each in found] == [Signal, Bad, Bad]


# -- Opsgenie


def test_opsgenie_lets_pass_what_clients_send() -> None:
    found = one(
        Opsgenie(),
        {
            "message": "Problem: Disk full", "alias": "12345", "priority": None, "description": "", "user": "",
            "responders": [{"type": "team", "name": ""}], "tags": ["scope:capacity", ""], "visibleTo": [],
            "details": {"code": 500}, "IdentifierType": 1,
        },
    )  # fmt: skip
    assert (found.priority, found.clamped, found.details) == (3, (), {"code": "500"})
    assert fit(found).tags == ("scope:capacity",)


@pytest.mark.parametrize("value", [{}, {"message": ""}, {"message": None}, {"message": {}}])
def test_opsgenie_needs_a_message(value: dict[str, object]) -> None:
    assert bad(Opsgenie(), value).field == "message"


def test_opsgenie_actions_need_no_body() -> None:
    assert action_of(b"", Action.CLOSE).user == action_of(b"{}", Action.CLOSE).user == ""
    assert action_of(b'{"user":"me","note":"n"}', Action.ACKNOWLEDGE).note == "n"
    with pytest.raises(Invalid):
        action_of(b"[]", Action.CLOSE)


# -- all


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_understood_refused_or_shown(value: object) -> None:
    for format_ in FORMATS.values():
        try:
            found = format_.parse(body(value))
        except Invalid:
            continue
        for each in found:
            storable(each.signal("Fuzz") if isinstance(each, Bad) else each)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["action", "status", "message", "alias", "priority", "tags", "details", "started_at", "labels", "fingerprint",
             "annotations", "startsAt", "generatorURL", "user", "note", "link"]
        ),
        JSON,
    ),
    JSON,
)  # fmt: skip
def test_any_values_in_known_fields(item: dict[str, object], other: object) -> None:
    for format_, value in (
        (Generic(), item),
        (Opsgenie(), item),
        (Alertmanager(), group(item, truncatedAlerts=other, groupKey=other)),
    ):
        for each in format_.parse(body(value)):
            storable(each.signal("Fuzz") if isinstance(each, Bad) else each)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(data: bytes) -> None:
    with suppress(Invalid):
        orjson.dumps(load(data))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_describes_itself(name: str) -> None:
    found = FORMATS[name]
    assert found.name == name
    assert found.title
    assert found.hint.endswith(".")
    assert (ROOT / found.doc).is_file()
