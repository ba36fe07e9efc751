"""A schedule as people give it, and the same as plain data: for its history, for undoing, for telling what changed."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tocsin.oncall.layers import check_rotation, check_zone
from tocsin.oncall.model import (
    BadRotation,
    Coverage,
    Participant,
    Restriction,
    Rotation,
    RotationKind,
    TeamTurns,
)

MAX_LAYERS = 30
MAX_TURNS = 200
#: Of all layers of a schedule in a year. Six layers that change hourly fit; looking such a one over takes a second or two.
MOST_HANDOFFS = 55_000
#: Overrides and isolates of the writing direction.
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_HOURS = {
    RotationKind.HOURLY: 1, RotationKind.DAILY: 24, RotationKind.WEEKLY: 168, RotationKind.MONTHLY: 730,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RotationDraft:
    """A layer as people give it; the fields are those of `Rotation`. `id` keeps a layer that is there already."""

    participants: tuple[Participant, ...]
    handoff_time: time
    start_date: date
    kind: RotationKind = RotationKind.WEEKLY
    length: int = 1
    name: str = ""
    ends_at: datetime | None = None
    restrictions: tuple[Restriction, ...] = ()
    time_zone: str | None = None
    skip_holidays: bool = False
    #: For a calendar: where it is fetched from; None for one whose file was uploaded.
    source_url: str | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """A schedule as people give it, its layers lowest first."""

    name: str
    time_zone: str
    rotations: tuple[RotationDraft, ...] = ()
    team_id: UUID | None = None
    description: str = ""
    coverage: Coverage = Coverage.LAYERED
    needs_acceptance: bool = False
    max_nights: int = 7
    fatigue_pages: int = 3
    fatigue_hours: int = 192


def people_of(draft: ScheduleDraft) -> list[UUID]:
    """Everybody who stands in a layer by name."""
    return [p for r in draft.rotations for p in r.participants if isinstance(p, UUID)]


def teams_of(draft: ScheduleDraft) -> list[UUID]:
    """Every team that stands in a layer."""
    return [p.team_id for r in draft.rotations for p in r.participants if isinstance(p, TeamTurns)]


def check_draft(draft: ScheduleDraft) -> None:
    """Raises `BadRotation` with the field to mend."""
    if not 1 <= len(draft.name) <= 100:
        raise BadRotation("name", "A name of 1 to 100 characters is needed.")
    _check_words("name", draft.name)
    _check_words("description", draft.description, lines=True)
    if not any(unicodedata.category(c)[0] in "LNSP" for c in draft.name):
        raise BadRotation("name", "The name needs a letter, a digit or a sign that can be seen.")
    if len(draft.description) > 2000:
        raise BadRotation("description", "The description is too long: 2000 characters fit.")
    check_zone(draft.time_zone)
    for name, least, most in (("max_nights", 1, 366), ("fatigue_pages", 0, 100), ("fatigue_hours", 0, 2000)):
        if not least <= getattr(draft, name) <= most:
            raise BadRotation(name, f"This must be a number from {least} to {most}.")
    if len(draft.rotations) > MAX_LAYERS:
        raise BadRotation("rotations", f"A schedule has {MAX_LAYERS} layers at most.")
    for rotation in draft.rotations:
        _check_layer(rotation)
    if sum(map(_handoffs_a_year, draft.rotations)) > MOST_HANDOFFS:
        raise BadRotation(
            "rotations",
            "These layers hand off too often to be looked over. Use longer turns or fewer layers.",
        )


def _check_words(field: str, text: str, *, lines: bool = False) -> None:
    """Control characters, and marks that turn the direction of what follows, make one text pass for another."""
    if any(
        unicodedata.category(c) in ("Cc", "Cs") or c in _TURNING
        for c in text
        if not (lines and c in "\n\r\t")
    ):
        raise BadRotation(field, "This holds characters that cannot be seen. Type it anew.")


def _handoffs_a_year(draft: RotationDraft) -> float:
    """About how many turns and hours of a layer there are in a year: what computing it costs."""
    hours = _HOURS.get(draft.kind, 0) * draft.length
    return (8766 / hours if hours > 0 else 0) + 366 * len(draft.restrictions)


def _check_layer(draft: RotationDraft) -> None:
    check_rotation(rotation_of(draft, 0))
    clocks = [draft.handoff_time, *(c for r in draft.restrictions for c in (r.start, r.end))]
    if any(clock.second or clock.microsecond for clock in clocks):
        raise BadRotation("handoff_time", "Times of day are whole minutes.")
    if draft.ends_at is not None and not 1970 <= draft.ends_at.year <= 2200:
        # The driver takes the very first moment for minus infinity.
        raise BadRotation("ends_at", "The end of a layer must lie between 1970 and 2200.")
    if len(draft.participants) > MAX_TURNS:
        raise BadRotation("participants", f"A layer has {MAX_TURNS} turns at most.")
    if len(draft.name) > 100:
        raise BadRotation("name", "The name of a layer is too long: 100 characters fit.")
    _check_words("name", draft.name)
    if draft.source_url is not None:
        if draft.kind is not RotationKind.CALENDAR:
            raise BadRotation("source_url", "Only a calendar has an address.")
        if (
            not draft.source_url.startswith(("https://", "http://", "webcal://"))
            or len(draft.source_url) > 2000
            or not _names_a_host(draft.source_url)
        ):
            raise BadRotation("source_url", "The address of a calendar starts with https://.")


def _names_a_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname) and not any(c.isspace() or not c.isprintable() for c in url)
    except ValueError:
        return False


def rotation_of(draft: RotationDraft, position: int) -> Rotation:
    """The rotation as it will be computed, its teams left out (a team counts as one turn that nobody holds yet)."""
    people = tuple(p if isinstance(p, UUID) else None for p in draft.participants)
    return Rotation(
        id=draft.id or UUID(int=position), position=position, kind=draft.kind, length=draft.length,
        handoff_time=draft.handoff_time, start_date=draft.start_date, participants=people, ends_at=draft.ends_at,
        name=draft.name, restrictions=draft.restrictions, time_zone=draft.time_zone, skip_holidays=draft.skip_holidays,
    )  # fmt: skip


# -- as plain data


def plain_restriction(restriction: Restriction) -> dict[str, Any]:
    """As it is stored and shown by the API; what is usual is left out."""
    found: dict[str, Any] = {"start": f"{restriction.start:%H:%M}", "end": f"{restriction.end:%H:%M}"}
    if restriction.days:
        found["days"] = list(restriction.days)
    if restriction.until_day:
        found["until_day"] = restriction.until_day
    if restriction.end_zone:
        found["end_zone"] = restriction.end_zone
    return found


def restriction_of(data: dict[str, Any]) -> Restriction:
    """Back from plain data."""
    return Restriction(
        time.fromisoformat(data["start"]), time.fromisoformat(data["end"]), tuple(data.get("days", ())),
        data.get("until_day"), data.get("end_zone"),
    )  # fmt: skip


def plain_participant(participant: Participant) -> dict[str, str]:
    """`{"user": id}`, `{"team": id}`, or `{}` for nobody."""
    if participant is None:
        return {}
    if isinstance(participant, TeamTurns):
        return {"team": str(participant.team_id)}
    return {"user": str(participant)}


def participant_of(data: dict[str, Any]) -> Participant:
    """Back from plain data."""
    if data.get("team"):
        return TeamTurns(UUID(data["team"]))
    return UUID(data["user"]) if data.get("user") else None


def plain(draft: ScheduleDraft) -> dict[str, Any]:
    """The whole draft as JSON-able data."""
    head = {f.name: getattr(draft, f.name) for f in fields(draft) if f.name != "rotations"}
    head["team_id"] = str(draft.team_id) if draft.team_id else None
    head["coverage"] = str(draft.coverage)
    return head | {"rotations": [plain_rotation(r) for r in draft.rotations]}


def plain_rotation(draft: RotationDraft) -> dict[str, Any]:
    """One layer as JSON-able data."""
    return {
        "id": str(draft.id) if draft.id else None, "name": draft.name, "kind": str(draft.kind), "length": draft.length,
        "handoff_time": f"{draft.handoff_time:%H:%M}", "start_date": draft.start_date.isoformat(),
        "ends_at": draft.ends_at.isoformat() if draft.ends_at else None, "time_zone": draft.time_zone,
        "participants": [plain_participant(p) for p in draft.participants],
        "restrictions": [plain_restriction(r) for r in draft.restrictions],
        "skip_holidays": draft.skip_holidays, "source_url": draft.source_url,
    }  # fmt: skip


def draft_of(data: dict[str, Any]) -> ScheduleDraft:
    """Back from plain data."""
    rest = {k: v for k, v in data.items() if k not in ("rotations", "team_id", "coverage")}
    return ScheduleDraft(
        **rest, team_id=UUID(data["team_id"]) if data["team_id"] else None, coverage=Coverage(data["coverage"]),
        rotations=tuple(rotation_draft_of(r) for r in data["rotations"]),
    )  # fmt: skip


def rotation_draft_of(data: dict[str, Any]) -> RotationDraft:
    """One layer back from plain data."""
    return RotationDraft(
        participants=tuple(participant_of(p) for p in data["participants"]),
        handoff_time=time.fromisoformat(data["handoff_time"]), start_date=date.fromisoformat(data["start_date"]),
        kind=RotationKind(data["kind"]), length=data["length"], name=data["name"],
        ends_at=datetime.fromisoformat(data["ends_at"]) if data["ends_at"] else None,
        restrictions=tuple(restriction_of(r) for r in data["restrictions"]), time_zone=data["time_zone"],
        skip_holidays=data["skip_holidays"], source_url=data["source_url"],
        id=UUID(data["id"]) if data["id"] else None,
    )  # fmt: skip


# -- what changed

_HEAD_WORDS = {
    "name": "the name", "time_zone": "the time zone", "team_id": "the team", "description": "the description",
    "coverage": "how layers go together", "needs_acceptance": "whether hand-offs need acceptance",
    "max_nights": "the limit of nights", "fatigue_pages": "the fatigue rule", "fatigue_hours": "the fatigue rule",
}  # fmt: skip
_LAYER_WORDS = {
    "participants": "who takes turns", "handoff_time": "the hand-off", "start_date": "the first hand-off",
    "kind": "the length of turns", "length": "the length of turns", "name": "the name", "ends_at": "the end",
    "restrictions": "the hours", "time_zone": "the time zone", "skip_holidays": "whether holidays are skipped",
    "source_url": "the calendar",
}  # fmt: skip


def differences(before: ScheduleDraft, after: ScheduleDraft) -> tuple[str, ...]:
    """What is different, in words: `the time zone`, `who takes turns in Nights`; each once, in order."""
    found = [word for name, word in _HEAD_WORDS.items() if getattr(before, name) != getattr(after, name)]
    return tuple(dict.fromkeys([*found, *_layer_differences(before.rotations, after.rotations)]))


def _layer_differences(before: tuple[RotationDraft, ...], after: tuple[RotationDraft, ...]) -> Iterator[str]:
    known = {r.id: r for r in before if r.id}
    kept = {r.id for r in after if r.id in known}
    for number, layer in enumerate(after):
        name = layer.name or f"layer {number + 1}"
        old = known.get(layer.id) if layer.id else None
        if old is None:
            yield f"{name} (new)"
            continue
        for field_name, word in _LAYER_WORDS.items():
            if getattr(old, field_name) != getattr(layer, field_name):
                yield f"{word} in {name}"
    for number, layer in enumerate(before):
        if layer.id not in kept:
            yield f"{layer.name or f'layer {number + 1}'} (removed)"
    if [r.id for r in before if r.id in kept] != [r.id for r in after if r.id in kept]:
        yield "the order of layers"


def with_ids(draft: ScheduleDraft, ids: list[UUID]) -> ScheduleDraft:
    """The same, its layers named by these ids."""
    return replace(
        draft, rotations=tuple(replace(r, id=i) for r, i in zip(draft.rotations, ids, strict=True))
    )
