"""Every kind of entry: documented, kept as JSON without loss, told in one sentence, and true to its table."""

import dataclasses
import types
import typing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tocsin.app  # noqa: F401 - the composition root imports every package, and so registers every kind
from tests.support import STATE
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement
from tocsin.record.kinds import KINDS, decode, encode, name_of

#: What people typed is stripped before it becomes an entry, and needed where it is the whole sentence.
WORDS = st.text(min_size=1, max_size=40).map(lambda text: text.replace("_", " ").strip()).filter(bool)
SAMPLES: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: st.integers(1, 2**31),
    bool: st.booleans(),
    datetime: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - naive bounds are asked for
    UUID: st.uuids(),
    Any: WORDS,
}
#: These are somebody's own words and nothing else; every other sentence goes on after the actor's name.
OWN_WORDS = {"message", "alert_noted", "entry_imported"}
#: Fields that hold who did it, for the row.
ACTOR_FIELDS = {"by"}
COLUMNS = Statement("columns", "select column_name from information_schema.columns where table_name = $1")

NEPAL = timezone(timedelta(hours=5, minutes=45))

each = pytest.mark.parametrize("kind", sorted(KINDS))


def drawn(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type: times with a zone, texts that somebody could have typed."""
    if hint in SAMPLES:
        return SAMPLES[hint]
    if dataclasses.is_dataclass(hint):
        return samples(hint)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return st.one_of([drawn(option) for option in inner])
    if origin is tuple:
        return st.lists(drawn(inner[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(drawn(inner[0]), drawn(inner[1]), max_size=3)
    return st.from_type(hint)


def samples(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Payloads of a kind, each field now filled and now left at its default."""
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    return st.builds(
        cls,
        **{
            name: drawn(hints[name])
            if field.default is dataclasses.MISSING
            else st.one_of(st.just(field.default), drawn(hints[name]))
            for name, field in fields.items()
        },
    )


def vars_of(payload: Any) -> dict[str, Any]:
    """Its fields by name."""
    return {field.name: getattr(payload, field.name) for field in dataclasses.fields(payload)}


def stream_of(kind: str) -> str:
    """Whose record it stands in: alerts and schedules have their own kinds, all others are an incident's."""
    package = KINDS[kind].__module__.split(".")[1]
    return {"alerts": "alert", "oncall": "schedule", "duty": "schedule"}.get(package, "incident")


@each
def test_it_is_a_frozen_dataclass_with_a_line_of_documentation(kind: str) -> None:
    cls = KINDS[kind]
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    # A dataclass without a docstring is given its own signature for one.
    assert cls.__doc__
    assert not cls.__doc__.startswith(f"{cls.__name__}(")
    assert "\n" not in cls.__doc__


@each
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_it_is_kept_without_loss(kind: str, data: st.DataObject) -> None:
    payload = data.draw(samples(KINDS[kind]))
    assert name_of(payload) == kind
    assert decode(kind, encode(payload)) == payload


@each
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_it_is_told_in_one_sentence_without_the_actor(kind: str, data: st.DataObject) -> None:
    payload = data.draw(samples(KINDS[kind]))
    named = {name: f"Actor {name} Q." for name in ACTOR_FIELDS & set(dataclasses.asdict(payload))}
    sentence = dataclasses.replace(payload, **named).sentence()
    assert sentence
    assert sentence == sentence.strip()
    assert kind in OWN_WORDS or sentence[0].islower(), "it goes on after the actor's name"
    assert [actor for actor in named.values() if actor in sentence] == []


@each
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_its_times_are_told_in_utc_whatever_zone_they_came_in(kind: str, data: st.DataObject) -> None:
    payload = data.draw(samples(KINDS[kind]))
    there = {
        name: value.astimezone(NEPAL)
        for name, value in vars_of(payload).items()
        if isinstance(value, datetime)
    }
    assert dataclasses.replace(payload, **there).sentence() == payload.sentence()


@each
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_its_changes_are_held_to_the_row(kind: str, data: st.DataObject) -> None:
    """Every column that an entry sets is one that the fold of the tests compares."""
    assert changed(data.draw(samples(KINDS[kind]))) - set(STATE[stream_of(kind)]) == set()


@pytest.mark.parametrize("stream", sorted(STATE))
async def test_what_entries_change_are_columns(db: Database, stream: str) -> None:
    columns = {row["column_name"] for row in await db.rows(COLUMNS, f"{stream}s")}
    assert set(STATE[stream]) - columns == set()


def changed(payload: Any) -> set[str]:
    return set(getattr(payload, "changes", dict)())


def test_a_kind_that_names_another_column_would_be_seen() -> None:
    @dataclasses.dataclass(frozen=True)
    class Careless:
        """It changes what no table has."""

        def changes(self) -> dict[str, Any]:
            return {"colour": "red"}

    assert changed(Careless()) - set(STATE["incident"]) == {"colour"}
