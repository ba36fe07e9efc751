"""What changed since somebody was last there: in a line, the weightiest first, the same words for the same entries."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.record.model import Entry

#: Whoever was away for less is still there.
AWAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody's visits of an incident, as stored. `before_head` is 0 at the first visit and None when they are caught up."""

    began_at: datetime
    seen_at: datetime
    seen_head: int
    before_at: datetime | None
    before_head: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries of a kind there are, and the first one's number."""

    kind: str
    entries: int
    first: int


@dataclass(frozen=True, slots=True)
class Point:
    """Something that changed, and the entry that shows it."""

    text: str
    seq: int


@dataclass(frozen=True, slots=True)
class Since:
    """What others did after entry `seq`. `at` is when the visit before ended; None at the first visit."""

    seq: int
    at: datetime | None
    points: tuple[Point, ...]


#: Kinds that are counted: one, several. Whoever adds a kind adds its line; kinds without one are "other entries".
COUNTED: dict[str, tuple[str, str]] = {
    "decision_made": ("decision", "decisions"),
    "decision_undone": ("decision taken back", "decisions taken back"),
    "update_published": ("update", "updates"),
    "update_missed": ("update missed", "updates missed"),
    "hypothesis_made": ("new hypothesis", "new hypotheses"),
    "claim_made": ("new claim", "new claims"),
    "claim_finished": ("claim finished", "claims finished"),
    "task_made": ("new task", "new tasks"),
    "task_done": ("task done", "tasks done"),
    "unknown_named": ("open question", "open questions"),
    "unknown_answered": ("question answered", "questions answered"),
    "fact_known": ("new fact", "new facts"),
    "people_paged": ("page", "pages"),
    "responder_joined": ("person joined", "people joined"),
    "alert_linked": ("alert linked", "alerts linked"),
    "notes_saved": ("change of the notes", "changes of the notes"),
    "file_attached": ("file", "files"),
    "command_output": ("output of a command", "outputs of commands"),
    "step_checked": ("step of the checklist", "steps of the checklist"),
    "role_offered": ("role offered", "roles offered"),
    "fields_set": ("field filled in", "fields filled in"),
    "incident_took_in": ("incident merged into it", "incidents merged into it"),
    "incident_bound": ("link to another incident", "links to other incidents"),
    "message": ("message", "messages"),
}


def last_known(visit: Visit | None, now: datetime) -> tuple[int, datetime | None] | None:
    """From which entry on somebody has to catch up, and when they were last there; None when there is nothing to tell.

    As the room is opened: the visit that begins now is not stored yet.
    """
    if visit is None:
        return 0, None
    if visit.seen_at < now - AWAY:
        return visit.seen_head, visit.seen_at
    return None if visit.before_head is None else (visit.before_head, visit.before_at)


def points(tallies: Sequence[Tally], told: Sequence[Entry]) -> tuple[Point, ...]:
    """What changed: state and roles by their words, verdicts by kind, everything else as numbers."""
    found = [point for rule in TOLD.values() if (point := rule(told))]
    by_kind = {tally.kind: tally for tally in tallies}
    found += _roles(told) + _verdicts(told)
    found += [
        Point(_many(by_kind[kind].entries, *words), by_kind[kind].first)
        for kind, words in COUNTED.items()
        if kind in by_kind
    ]
    others = [t for t in tallies if t.kind not in COUNTED and t.kind not in TOLD_KINDS]
    if others:
        said = _many(sum(t.entries for t in others), "other entry", "other entries")
        found.append(Point(said, min(t.first for t in others)))
    return tuple(found)


def sentence(found: Iterable[Point]) -> str:
    """The points in one line."""
    return ", ".join(point.text for point in found) or "nothing new"


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _of(told: Sequence[Entry], *kinds: str) -> list[Entry]:
    return [entry for entry in told if entry.kind in kinds]


def _severity(told: Sequence[Entry]) -> Point | None:
    changed = _of(told, "severity_changed")
    if not changed:
        return None
    was, now = int(changed[0].payload["was"]), int(changed[-1].payload["severity"])
    how = "raised to" if now < was else "lowered to" if now > was else "changed and back at"
    return Point(f"severity {how} SEV{now}", changed[-1].seq)


def _status(told: Sequence[Entry]) -> Point | None:
    """The status where it moved. Each update names one; it moved it if it was another before."""
    words = {
        "incident_resolved": "resolved",
        "incident_cancelled": "cancelled",
        "incident_reopened": "opened again",
    }
    known, moved = "", None
    for entry in _of(told, "status_changed", "update_published", *words):
        status = str(entry.payload.get("status", "")) or words[entry.kind]
        if entry.kind != "update_published" or (known and status != known):
            moved = Point(words.get(entry.kind) or f"status {status}", entry.seq)
        known = status
    return moved


def _impact(told: Sequence[Entry]) -> Point | None:
    changed = _of(told, "impact_changed")
    return Point("impact described anew", changed[-1].seq) if changed else None


def _roles(told: Sequence[Entry]) -> list[Point]:
    """Who holds which role now, of those that changed hands."""
    holders: dict[str, Point] = {}
    for entry in _of(told, "role_taken", "role_transferred", "role_given_up"):
        role = str(entry.payload["role"])
        words = role.replace("_", " ")
        who = {"role_taken": entry.actor, "role_transferred": str(entry.payload.get("to"))}.get(entry.kind)
        holders[role] = Point(f"{who} is {words}" if who else f"nobody is {words}", entry.seq)
    return [holders[role] for role in sorted(holders)]


def _verdicts(told: Sequence[Entry]) -> list[Point]:
    found = []
    for verdict in ("disproved", "supported"):
        judged = [e for e in _of(told, "hypothesis_judged") if e.payload.get("verdict") == verdict]
        if judged:
            found.append(
                Point(_many(len(judged), f"hypothesis {verdict}", f"hypotheses {verdict}"), judged[0].seq)
            )
    return found


Rule = Callable[[Sequence[Entry]], Point | None]
TOLD: dict[str, Rule] = {"severity": _severity, "status": _status, "impact": _impact}
#: Kinds that are told by their words.
TOLD_KINDS = frozenset({
    "severity_changed", "status_changed", "incident_resolved", "incident_cancelled", "incident_reopened", "impact_changed",
    "role_taken", "role_transferred", "role_given_up", "hypothesis_judged", "incident_declared",
})  # fmt: skip
#: Kinds whose entries are read.
READ = sorted((TOLD_KINDS | {"update_published"}) - {"incident_declared"})


def as_data(found: Since) -> dict[str, Any]:
    """For programs."""
    return {
        "seq": found.seq,
        "at": found.at,
        "sentence": sentence(found.points),
        "points": [{"text": p.text, "seq": p.seq} for p in found.points],
    }
