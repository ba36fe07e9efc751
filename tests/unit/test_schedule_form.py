"""The editor's form: a schedule goes out as text and comes back the same; buttons move its parts; bad input is named."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import pytest

from tocsin.edge.door import Form
from tocsin.kernel.errors import Invalid
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.model import Coverage, Restriction, RotationKind, TeamTurns
from tocsin.web import schedule_form as forms

ANA, BEN, TEAM = UUID(int=1), UUID(int=2), UUID(int=3)
FULL = RotationDraft(
    (ANA, None, TeamTurns(TEAM), ANA), time(9), date(2026, 1, 5), RotationKind.DAILY, 3, "Nights",
    datetime(2027, 1, 1, 12, tzinfo=UTC), (Restriction(time(18), time(8), (1, 5), 6, "Asia/Tokyo"), Restriction(time(9), time(17))),
    "Australia/Sydney", True, id=UUID(int=8),
)  # fmt: skip
CALENDAR = RotationDraft(
    (), time(9), date(2026, 1, 5), RotationKind.CALENDAR, name="Rota", source_url="https://cal.example/r.ics", id=UUID(int=9)
)  # fmt: skip
DRAFT = ScheduleDraft(
    "Payments", "Europe/Dublin", (FULL, CALENDAR), TEAM, "What it is for", Coverage.TOGETHER, True, 5, 0, 0
)


def typed(head: dict[str, str], layers: list[forms.Layer], do: str = "save") -> Form:
    """The form as a browser sends it."""
    items = [*head.items(), ("do", do)]
    for n, layer in enumerate(layers):
        for name, value in layer.items():
            if name == "participants":
                items += [(f"layer{n}_participants", each) for each in [*value, ""]]
            elif name == "hours":
                items += _hours(n, value)
            else:
                items.append((f"layer{n}_{name}", value))
    return Form(items)


def _hours(n: int, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (f"layer{n}_hours{m}_{name}", each)
        for m, row in enumerate(rows)
        for name, value in row.items()
        for each in (value if name == "days" else [value])
    ]


def test_what_goes_out_comes_back() -> None:
    assert forms.draft_in(typed(forms.head_of(DRAFT), forms.layers_of(DRAFT))) == DRAFT


def layered(*names: str) -> list[forms.Layer]:
    return [forms.blank(None, date(2026, 1, 5)) | {"name": name, "participants": [str(ANA), str(BEN)]} for name in names]  # fmt: skip


@pytest.mark.parametrize(
    ("do", "names"),
    [
        ("up:1", ["A", "C", "B"]), ("up:2", ["A", "B", "C"]), ("down:1", ["B", "A", "C"]), ("down:0", ["A", "B", "C"]),
        ("remove:0", ["B", "C"]), ("add", ["A", "B", "C", ""]), ("remove:9", ["A", "B", "C"]), ("up:x", ["A", "B", "C"]),
        ("nonsense:1", ["A", "B", "C"]),
    ],
)  # fmt: skip
def test_buttons_move_layers(do: str, names: list[str]) -> None:
    """The last one is the highest, as in the timeline: up is towards the end."""
    form = typed({}, layered("A", "B", "C"), do)
    assert [layer["name"] for layer in forms.changed(form, forms.layers_in(form))] == names


@pytest.mark.parametrize(
    ("do", "turns"),
    [("turn:0.1", [BEN, ANA]), ("turn:0.0", [ANA, BEN]), ("turn:0.2", [ANA, BEN]), ("turn:0.", [ANA, BEN])],
)
def test_buttons_move_turns(do: str, turns: list[UUID]) -> None:
    form = typed({}, layered("A"), do)
    (layer,) = forms.changed(form, forms.layers_in(form))
    assert layer["participants"] == [str(each) for each in turns]


def test_a_row_of_hours_more() -> None:
    form = typed({}, layered("A"), "hours:0")
    (layer,) = forms.changed(form, forms.layers_in(form))
    assert [row["start"] for row in layer["hours"]] == ["09:00"]


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"handoff_time": "25:00"}, "l0-card", "A: “25:00” is not a time of day."),
        ({"start_date": ""}, "l0-card", "A: the first hand-off needs a date."),
        ({"ends_at": "soon"}, "l0-card", "A: “soon” is not a date and time."),
        ({"time_zone": "Mars/Olympus"}, "l0-card", "There is no time zone Mars/Olympus."),
        ({"participants": ["x"]}, "l0-card", "One of these people is not known."),
        ({"participants": []}, "layers", "Choose at least one person in one layer."),
        ({"hours": [{"start": "09:00", "end": "", "days": []}]}, "l0-card", "The hours of A need a start and an end."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change: dict[str, Any], field: str, sentence: str) -> None:
    layers = [layered("A")[0] | change]
    with pytest.raises(Invalid) as error:
        forms.draft_in(typed({"name": "Payments", "time_zone": "UTC"}, layers))
    assert (error.value.field, str(error.value)) == (field, sentence)


def test_what_is_wrong_is_said_of_its_layer() -> None:
    layers = layered("A", "B")
    layers[1]["handoff_time"] = "soon"
    with pytest.raises(Invalid) as error:
        forms.draft_in(typed({"name": "Payments", "time_zone": "UTC"}, layers))
    assert error.value.field == forms.card(1)


def test_a_layer_that_was_changed_stays_open() -> None:
    form = typed({}, layered("A", "B"), "hours:1")
    assert [layer["open"] for layer in forms.changed(form, forms.layers_in(form))] == [False, True]


def test_layers_that_nobody_stands_in_are_left_out() -> None:
    layers = layered("A", "B")
    layers[0]["participants"] = []
    draft = forms.draft_in(typed({"name": "Payments", "time_zone": "UTC"}, layers))
    assert [r.name for r in draft.rotations] == ["B"]


def test_a_stored_layer_does_not_vanish_by_emptying_it() -> None:
    layers = layered("A", "B")
    layers[0] |= {"participants": [], "id": "00000000-0000-0000-0000-000000000001"}
    with pytest.raises(Invalid, match="A has nobody any more"):
        forms.draft_in(typed({"name": "Payments", "time_zone": "UTC"}, layers))


def test_a_calendar_keeps_no_people() -> None:
    layer = forms.layers_of(replace(DRAFT, rotations=(CALENDAR,)))[0] | {"participants": [str(ANA)]}
    draft = forms.draft_in(typed({"name": "Payments", "time_zone": "UTC"}, [layer]))
    assert draft.rotations[0].participants == ()
