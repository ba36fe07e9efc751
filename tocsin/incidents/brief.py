"""The brief: where an incident stands, built from structure by rule. The same facts always give the same words in the same order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tocsin.incidents.field_model import Filled
from tocsin.incidents.item_model import Board, Item, ItemState
from tocsin.incidents.model import Incident, RoleHolder, RoleName, Update
from tocsin.incidents.role_model import words_of
from tocsin.record.kinds import utc


@dataclass(frozen=True, slots=True)
class Facts:
    """What a brief is built from."""

    incident: Incident
    service: str
    roles: Sequence[RoleHolder]
    board: Board
    updates: Sequence[Update]
    type: str = ""
    fields: Sequence[Filled] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One fact; `seq` is the entry that shows it, if there is one."""

    text: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its facts."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """The whole. `head` is the newest entry that it knows of."""

    key: str
    summary: str
    head: int
    sections: tuple[Section, ...] = field(default=())

    @property
    def text(self) -> str:
        """As plain text."""
        lines = [f"{self.key}: {self.summary}"]
        for section in self.sections:
            lines += ["", section.title, *(f"- {_numbered(line)}" for line in section.lines)]
        return "\n".join(lines)


def brief(facts: Facts) -> Brief:
    """Every section of `BRIEF` that has something to say."""
    said = [(title, tuple(rule(facts))) for title, rule in BRIEF]
    incident = facts.incident
    return Brief(
        incident.key, incident.summary, incident.head, tuple(Section(t, lines) for t, lines in said if lines)
    )


def _numbered(line: Line) -> str:
    return f"{line.text} (#{line.seq})" if line.seq else line.text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _because(item: Item) -> str:
    return f": {item.outcome}" if item.outcome else ""


def _who(item: Item) -> str:
    return ", ".join(filter(None, [item.owner, *item.people])) or "nobody"


def _state(facts: Facts) -> list[Line]:
    i, holders = facts.incident, {r.role: r for r in facts.roles}
    about = f", service {facts.service}" if facts.service else ""
    about += f", {facts.type}" if facts.type else ""
    since = f"since {utc(i.declared_at)}" if i.resolved_at is None else f"resolved {utc(i.resolved_at)}"
    ours = [role.value for role in RoleName if role in holders]
    people = [
        f"{words_of(holders[role].title)}: {holders[role].name}"
        for role in (*ours, *sorted(holders.keys() - {*ours}))
    ]
    manager = [] if RoleName.INCIDENT_MANAGER in holders else ["incident manager: nobody"]
    return [
        Line(f"SEV{i.severity}, {i.status}, {since}{about}"),
        Line(_capital("; ".join(manager + people))),
        *(Line(f"{f.definition.title}: {f.words}") for f in facts.fields if f.words),
    ]


def _impact(facts: Facts) -> list[Line]:
    i = facts.incident
    started = [Line(f"Since {utc(i.impact_started_at)}")] if i.impact_started_at else []
    return [Line(i.impact), *started] if i.impact else [Line("Not described yet"), *started]


def _judged(verdict: ItemState) -> Callable[[Facts], list[Line]]:
    def rule(facts: Facts) -> list[Line]:
        found = sorted((h for h in facts.board.hypotheses if h.state is verdict), key=lambda h: h.seq)
        return [Line(f"{h.text}{_because(h)}", h.seq) for h in found]

    return rule


def _running(facts: Facts) -> list[Line]:
    items = [*facts.board.claims, *facts.board.hypotheses]
    found = sorted((item for item in items if item.open), key=lambda item: item.seq)
    return [Line(f"{_who(item)}: {item.text}", item.seq) for item in found]


def _decisions(facts: Facts) -> list[Line]:
    found = sorted((d for d in facts.board.decisions if d.open), key=lambda d: d.seq)
    return [
        Line(
            d.text + (f", because {d.why}" if d.why else "") + (f"; to undo: {d.undo}" if d.undo else ""),
            d.seq,
        )
        for d in found
    ]


def _tasks(facts: Facts) -> list[Line]:
    found = sorted((t for t in facts.board.tasks if t.open), key=lambda t: t.seq)
    return [
        Line(f"{_who(t)}: {t.text}" + (f", due {utc(t.due_at)}" if t.due_at else ""), t.seq) for t in found
    ]


def _known(facts: Facts) -> list[Line]:
    return [
        Line(f"{f.text}{_because(f)}", f.seq) for f in sorted(facts.board.known, key=lambda fact: fact.seq)
    ]


def _unknown(facts: Facts) -> list[Line]:
    return [Line(f.text, f.seq) for f in sorted(facts.board.unknown, key=lambda fact: fact.seq)]


def _next_update(facts: Facts) -> list[Line]:
    due = facts.incident.update_due_at
    missed = ", and it is late" if facts.incident.update_missed_at else ""
    return [Line(f"{utc(due)}{missed}")] if due and facts.incident.resolved_at is None else []


def _next_steps(facts: Facts) -> list[Line]:
    last = next(iter(facts.updates), None)
    return [Line(step, last.seq) for step in last.next_steps] if last else []


#: The sections in their order, each with its rule. Whoever adds a kind that a newcomer has to know adds a line here.
BRIEF: list[tuple[str, Callable[[Facts], list[Line]]]] = [
    ("State", _state),
    ("Impact", _impact),
    ("Disproved", _judged(ItemState.DISPROVED)),
    ("Supported", _judged(ItemState.SUPPORTED)),
    ("Known", _known),
    ("Somebody is on it", _running),
    ("Decided", _decisions),
    ("Open tasks", _tasks),
    ("Not known yet", _unknown),
    ("Next update", _next_update),
    ("Next steps, as last published", _next_steps),
]
