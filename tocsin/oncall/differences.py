"""What an edit changed, before and after, in words: from the two whole schedules that its entry keeps. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import bidirectional
from urllib.parse import urlsplit
from uuid import UUID

from tocsin.oncall.drafts import ScheduleDraft, plain

Plain = Mapping[str, Any]
Names = Mapping[UUID, str]
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_HEAD = {
    "name": "Name", "description": "Description", "time_zone": "Time zone", "team_id": "Team",
    "coverage": "Layers", "needs_acceptance": "Hand-offs need acceptance", "max_nights": "Most nights in a row",
    "fatigue_pages": "Relief after pages in a night", "fatigue_hours": "Relief after hours without a break",
}  # fmt: skip
_LAYER = {
    "name": "Name", "participants": "Turns", "turn": "Each turn", "handoff_time": "Hand-off at",
    "start_date": "First hand-off", "ends_at": "Ends", "restrictions": "Hours", "time_zone": "Time zone",
    "skip_holidays": "Skips public holidays", "source_url": "Calendar",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as before. Empty: it was not there, or is not any more."""

    what: str
    before: str
    after: str


def ids_in(*schedules: Plain) -> set[UUID]:
    """The people and teams that are named."""
    found = {schedule.get("team_id") for schedule in schedules}
    for schedule in schedules:
        for layer in schedule.get("rotations", ()):
            found |= {p.get("user") or p.get("team") for p in layer["participants"]}
    return {UUID(each) for each in found if each}


def in_words(before: Plain, after: Plain, names: Names) -> list[Difference]:
    """What is different, schedule first, then layer by layer. `names` are those of `ids_in`."""
    found = list(_fields(_HEAD, before, after, names, ""))
    old = {layer["id"]: (n, layer) for n, layer in enumerate(before.get("rotations", ()), 1)}
    new = {layer["id"]: (n, layer) for n, layer in enumerate(after.get("rotations", ()), 1)}
    for key, (number, layer) in new.items():
        title = layer["name"] or f"Layer {number}"
        if key in old:
            found += _fields(_LAYER, old[key][1], layer, names, f"{title}: ")
        else:
            found.append(Difference(title, "", _layer(layer, names)))
    for key, (number, layer) in old.items():
        if key not in new:
            found.append(Difference(layer["name"] or f"Layer {number}", _layer(layer, names), ""))
    return found + list(_order(old, new))


def _fields(
    words: Mapping[str, str], before: Plain, after: Plain, names: Names, of: str
) -> Iterator[Difference]:
    for field, word in words.items():
        old, new = (_said(field, each, names) for each in (before, after))
        if old != new:
            yield Difference(f"{of}{word}", old, new)


def _order(
    old: Mapping[str, tuple[int, Plain]], new: Mapping[str, tuple[int, Plain]]
) -> Iterator[Difference]:
    kept = [[key for key in each if key in old and key in new] for each in (old, new)]
    if kept[0] == kept[1]:
        return
    called = {key: new[key][1]["name"] or f"Layer {old[key][0]}" for key in kept[0]}
    if len(set(called.values())) < len(called):
        called = {key: f"{name} (it was layer {old[key][0]})" for key, name in called.items()}
    yield Difference("Order of layers", *(", ".join(called[key] for key in order) for order in kept))


def _layer(layer: Plain, names: Names) -> str:
    said = [_said(field, layer, names) for field in ("participants", "turn", "restrictions")]
    return "; ".join(each for each in said if each)


def _said(field: str, data: Plain, names: Names) -> str:
    """One field as text; what is not set is empty."""
    match field:
        case "turn":
            return turn_words(data)
        case "participants":
            return " → ".join(isolated(_participant(p, names)) for p in data["participants"])
        case "restrictions":
            return "; ".join(restriction_words(r) for r in data["restrictions"])
        case "team_id":
            return names.get(UUID(data[field]), "a team that is gone") if data.get(field) else ""
        case "source_url":
            return shown_source(data.get(field))
        case "coverage":
            return (
                "all on call together" if data.get(field) == "together" else "a higher one covers a lower one"
            )
        case _:
            return _plainly(data.get(field))


def isolated(name: str) -> str:
    """A name within a sentence, where its direction ends with it: else an order of right-to-left names reads reversed.
    Names from left to right need nothing."""
    right = any(bidirectional(letter) in ("R", "AL", "AN", "RLE", "RLO", "RLI") for letter in name)
    return f"\u2068{name}\u2069" if right else name


def shown(draft: ScheduleDraft, *, whole: bool) -> dict[str, Any]:
    """A schedule as plain data. The address of a calendar often is a secret: `whole` is for those who may edit it."""
    data = plain(draft)
    if whole:
        return data
    layers = [r | {"source_url": shown_source(r["source_url"]) or None} for r in data["rotations"]]
    return data | {"rotations": layers}


def shown_source(url: str | None) -> str:
    """Of a calendar's address what everybody may see: the rest often is a secret."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.hostname}/…" if parts.hostname else ""


def _plainly(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def turn_words(layer: Plain) -> str:
    """How long each turn of a layer is: `2 weeks`, `a day`, `from a calendar`."""
    unit = _UNITS.get(layer["kind"])
    if unit is None:
        return "from a calendar"
    return f"a {unit}" if layer["length"] == 1 else f"{layer['length']} {unit}s"


def _participant(participant: Plain, names: Names) -> str:
    key = participant.get("user") or participant.get("team")
    if key is None:
        return "nobody"
    name = names.get(UUID(key), "somebody who is gone")
    return f"each of {name}" if participant.get("team") else name


def restriction_words(restriction: Plain) -> str:
    """When a layer counts: `Mon, Tue 09:00 to 17:00`."""
    days, until = _days(restriction.get("days", ())), restriction.get("until_day")
    ends = f"{_DAYS[until - 1]} {restriction['end']}" if until else restriction["end"]
    zone = restriction.get("end_zone")
    return f"{days}{restriction['start']} to {ends}{f' in {zone}' if zone else ''}"


def _days(days: Sequence[int]) -> str:
    return f"{', '.join(_DAYS[day - 1] for day in days)} " if days else ""
