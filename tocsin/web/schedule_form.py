"""The form of a schedule: its fields as text, for showing what was typed again, and as a draft, for saving it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from tocsin.edge.door import Form
from tocsin.kernel.errors import Invalid
from tocsin.oncall.clocks import instant, local, zone_exists
from tocsin.oncall.drafts import MAX_LAYERS, RotationDraft, ScheduleDraft
from tocsin.oncall.model import Coverage, Participant, Restriction, RotationKind, TeamTurns

#: A layer's rows of hours, and all fields of a form together.
MAX_HOURS = 10
MAX_FIELDS = 8000
Layer = dict[str, Any]
_PLAIN = ("id", "name", "kind", "length", "handoff_time", "start_date", "ends_at", "time_zone", "source_url")
_HOURS = ("start", "end", "until_day", "end_zone")
_HEAD = (
    "name",
    "time_zone",
    "team_id",
    "description",
    "coverage",
    "max_nights",
    "fatigue_pages",
    "fatigue_hours",
)


def head_of(draft: ScheduleDraft) -> dict[str, str]:
    """The fields of the schedule itself as text."""
    values = {name: str(getattr(draft, name) or "") for name in _HEAD}
    values["coverage"] = draft.coverage.value
    values["fatigue_pages"], values["fatigue_hours"] = str(draft.fatigue_pages), str(draft.fatigue_hours)
    return values | {"needs_acceptance": "1" if draft.needs_acceptance else ""}


def layers_of(draft: ScheduleDraft) -> list[Layer]:
    """The layers as text."""
    return [_layer_of(layer, layer.time_zone or draft.time_zone) for layer in draft.rotations]


def _layer_of(draft: RotationDraft, zone: str) -> Layer:
    ends = f"{local(draft.ends_at, zone):%Y-%m-%dT%H:%M}" if draft.ends_at else ""
    return {
        "id": str(draft.id or ""), "name": draft.name, "kind": draft.kind.value, "length": str(draft.length),
        "handoff_time": f"{draft.handoff_time:%H:%M}", "start_date": draft.start_date.isoformat(), "ends_at": ends,
        "time_zone": draft.time_zone or "", "source_url": draft.source_url or "",
        "skip_holidays": "1" if draft.skip_holidays else "",
        "participants": [_participant_text(p) for p in draft.participants],
        "hours": [_hours_of(r) for r in draft.restrictions],
    }  # fmt: skip


def _participant_text(participant: Participant) -> str:
    if participant is None:
        return "nobody"
    return f"team:{participant.team_id}" if isinstance(participant, TeamTurns) else str(participant)


def _hours_of(restriction: Restriction) -> dict[str, Any]:
    return {
        "days": [str(day) for day in restriction.days], "start": f"{restriction.start:%H:%M}", "end": f"{restriction.end:%H:%M}",
        "until_day": str(restriction.until_day or ""), "end_zone": restriction.end_zone or "",
    }  # fmt: skip


# -- what was typed


def layers_in(form: Form) -> list[Layer]:
    """The layers of a form as they were typed, in their order."""
    return list(_layers_in(form))


def _layers_in(form: Form) -> Iterator[Layer]:
    for number in range(MAX_LAYERS + 1):
        prefix = f"layer{number}_"
        if f"{prefix}kind" not in form:
            continue
        layer: Layer = {name: form.get(prefix + name, "").strip()[:2000] for name in _PLAIN}
        layer["skip_holidays"] = "1" if form.flag(f"{prefix}skip_holidays") else ""
        layer["open"] = form.flag(f"{prefix}open")
        layer["participants"] = form.all(f"{prefix}participants")
        layer["hours"] = list(_hours_in(form, prefix))
        yield layer


def _hours_in(form: Form, prefix: str) -> Iterator[dict[str, Any]]:
    for number in range(MAX_HOURS):
        row = f"{prefix}hours{number}_"
        found: dict[str, Any] = {name: form.get(row + name, "").strip()[:60] for name in _HOURS}
        found["days"] = form.all(f"{row}days")
        if any(found.values()):
            yield found


def changed(form: Form, layers: list[Layer]) -> list[Layer]:
    """The layers after a button of the form: `add`, `remove:2`, `up:2`, `down:2`, `hours:2` (one more row of hours),
    `turn:2.1` (the second turn of the third layer comes a turn earlier). The last layer is the highest. What was changed
    stays open."""
    what, _, which = form.get("do", "").partition(":")
    which, _, turn = which.partition(".")
    number = int(which) if which.isdigit() and len(which) < 4 else -1
    layers = [dict(layer) for layer in layers]
    if what == "add":
        layers.append(blank(layers[-1] if layers else None))
    elif not 0 <= number < len(layers):
        return layers
    elif what == "remove":
        del layers[number]
    elif what in ("up", "down"):
        _move(layers, number, number + (1 if what == "up" else -1))
    elif what == "hours":
        more = [*layers[number]["hours"], {"start": "09:00", "end": "17:00", "days": []}]
        layers[number] |= {"hours": more, "open": True}
    elif what == "turn":
        layers[number] |= {"participants": _earlier(layers[number]["participants"], turn), "open": True}
    return layers


def _move(layers: list[Layer], number: int, place: int) -> None:
    if 0 <= place < len(layers):
        layers[number], layers[place] = layers[place], layers[number]


def _earlier(turns: list[str], turn: str) -> list[str]:
    place = int(turn) if turn.isdigit() and len(turn) < 4 else 0
    if not 0 < place < len(turns):
        return turns
    return [*turns[: place - 1], turns[place], turns[place - 1], *turns[place + 1 :]]


def blank(like: Mapping[str, Any] | None, monday: date | None = None) -> Layer:
    """A new layer, with the turns of another one or weekly ones."""
    return {
        "id": "", "name": "", "kind": like["kind"] if like else "weekly", "length": like["length"] if like else "1",
        "handoff_time": like["handoff_time"] if like else "09:00", "ends_at": "", "time_zone": "", "source_url": "",
        "start_date": like["start_date"] if like else monday.isoformat() if monday else "", "skip_holidays": "",
        "participants": [], "hours": [],
    }  # fmt: skip


# -- as a draft


def draft_in(form: Form) -> ScheduleDraft:
    """The schedule that was typed. Raises `Invalid` with the field; layers without anybody are left out when the form
    has others."""
    zone = _zone(form.get("time_zone", ""), "time_zone") or "UTC"
    layers = layers_in(form)
    filled = [layer for layer in layers if layer["participants"] or layer["kind"] == "calendar"]
    if not filled:
        raise Invalid("layers", "Choose at least one person in one layer.")
    for number, layer in enumerate(layers):
        if layer["id"] and layer not in filled:
            said = layer["name"] or f"Layer {number + 1}"
            raise Invalid(card(number), f"{said} has nobody any more: choose somebody, or remove the layer.")
    drafts = tuple(_draft_at(n, layer, zone) for n, layer in enumerate(layers) if layer in filled)
    return ScheduleDraft(
        form.text("name", most=100, needed=True), zone, drafts,
        form.id("team_id"), form.text("description", most=2000),
        Coverage(form.choice("coverage", tuple(Coverage), default="layered")), form.flag("needs_acceptance"),
        form.whole("max_nights", least=1, most=366, default=7), form.whole("fatigue_pages", least=0, most=100, default=3),
        form.whole("fatigue_hours", least=0, most=2000, default=192),
    )  # fmt: skip


def card(number: int) -> str:
    """The name of a layer's part of the form, for what is wrong within it."""
    return f"l{number}-card"


def _draft_at(number: int, layer: Layer, zone: str) -> RotationDraft:
    """A layer as a draft; what is wrong with it is said of that layer."""
    try:
        return _draft(layer, zone)
    except Invalid as error:
        raise Invalid(card(number), str(error)) from None


def _draft(layer: Layer, zone: str) -> RotationDraft:
    said = layer["name"] or "a layer"
    own = _zone(layer["time_zone"], "layers")
    calendar = layer["kind"] == "calendar"
    start = _day(layer["start_date"], said) if layer["start_date"] or not calendar else date(2026, 1, 5)
    return RotationDraft(
        participants=tuple(_participant(p) for p in layer["participants"]) if not calendar else (),
        handoff_time=_clock(layer["handoff_time"] or ("09:00" if calendar else ""), said), start_date=start,
        kind=RotationKind(layer["kind"]) if layer["kind"] in set(RotationKind) else RotationKind.WEEKLY,
        length=int(layer["length"]) if layer["length"].isdigit() and not calendar else 1, name=layer["name"],
        ends_at=_moment(layer["ends_at"], own or zone, said), restrictions=tuple(_restriction(h, said) for h in layer["hours"]),
        time_zone=own, skip_holidays=bool(layer["skip_holidays"]),
        source_url=layer["source_url"] or None if calendar else None, id=_id(layer["id"]),
    )  # fmt: skip


def _participant(text: str) -> Participant:
    if text == "nobody":
        return None
    kind, _, rest = text.partition(":")
    found = _id(rest if kind == "team" else text)
    if found is None:
        raise Invalid("participants", "One of these people is not known.")
    return TeamTurns(found) if kind == "team" else found


def _restriction(hours: Mapping[str, Any], said: str) -> Restriction:
    if not hours["start"] or not hours["end"]:
        raise Invalid("layers", f"The hours of {said} need a start and an end.")
    until = hours["until_day"]
    days = tuple(sorted(int(day) for day in hours["days"] if day.isdigit()))
    return Restriction(
        _clock(hours["start"], said), _clock(hours["end"], said), days, int(until) if until.isdigit() else None,
        _zone(hours["end_zone"], "layers"),
    )  # fmt: skip


def _zone(text: str, field: str) -> str | None:
    if not text:
        return None
    if len(text) > 60 or not zone_exists(text):
        raise Invalid(field, f"There is no time zone {text[:60]}.")
    return text


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _clock(text: str, said: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Invalid("layers", f"{said}: “{text[:20]}” is not a time of day.") from None


def _day(text: str, said: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("layers", f"{said}: the first hand-off needs a date.") from None


def _moment(text: str, zone: str, said: str) -> datetime | None:
    try:
        return instant(datetime.fromisoformat(text), zone) if text else None
    except (ValueError, OverflowError):
        raise Invalid("layers", f"{said}: “{text[:20]}” is not a date and time.") from None
