"""Why somebody was paged, and why not: sentences from what is stored. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.paging.ledger_model import PageWithDeliveries


@dataclass(frozen=True, slots=True)
class Run:
    """An escalation as an answer needs it. `end_reason`: as stored, also one that this version does not know."""

    id: UUID
    policy_name: str
    plan: dict[str, Any]
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step that has run: whom it paged, or why nobody."""

    escalation_id: UUID
    round: int
    step: int
    at: datetime
    people: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class NotPaged:
    """An alert whose policy would have meant somebody, who was not paged for it."""

    id: UUID
    number: int
    message: str
    priority: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of an answer, and the time that it is about, or the stretch."""

    text: str
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """A page with what led to it: the shift, the rules, the policy."""

    item: PageWithDeliveries
    because: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer about one person and one alert: their pages, or the reasons that there are none."""

    alert_number: int
    user_id: UUID
    user_name: str
    pages: tuple[Explained, ...]
    reasons: tuple[Reason, ...]

    @property
    def paged(self) -> bool:
        return bool(self.pages)


@dataclass(frozen=True, slots=True)
class Place:
    """A schedule that a step means, and how the person stood in it when the step ran, or was to run."""

    schedule: str
    member: bool = False
    held: bool = False
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an answer is made of. `places`: by escalation, step and number of the target."""

    name: str
    disabled_at: datetime | None
    methods: int
    verified: int
    unusable: int
    runs: Sequence[Run]
    steps: Sequence[StepRun]
    acknowledged: str = ""
    closed: str = ""
    places: Mapping[tuple[UUID, int, int], Place] = field(default_factory=dict)


def time_of(run: Run, step: int, steps: Sequence[StepRun]) -> datetime:
    """When a step ran first, or when it would have run in the first round."""
    ran = [s.at for s in steps if (s.escalation_id, s.step) == (run.id, step)]
    return min(ran) if ran else run.started_at + timedelta(seconds=_steps(run)[step].get("delay_s", 0))


def schedules_of(run: Run) -> Iterator[tuple[int, int, UUID, str]]:
    """Each schedule that a run means: step, number of the target, its id and name."""
    for step, each in enumerate(_steps(run)):
        for number, target in enumerate(each.get("targets", ())):
            if target.get("schedule"):
                yield step, number, UUID(target["schedule"]), target.get("name") or "a schedule"


def why_not(user_id: UUID, facts: Facts) -> list[Reason]:
    """Why a person was not paged, in the order in which it happened."""
    found: list[Reason] = []
    if facts.disabled_at is not None:
        found.append(Reason(f"The account of {facts.name} is disabled.", facts.disabled_at))
    if not facts.runs:
        found.append(Reason("No escalation has begun for this alert, so nobody was paged."))
    for run in facts.runs:
        found += _of_run(user_id, facts, run)
    return [*found, *_reach(facts)]


def _of_run(user_id: UUID, facts: Facts, run: Run) -> list[Reason]:
    steps = _steps(run)
    if not steps:
        return [Reason(_ended(run, facts), run.ended_at)]
    found = [r for n in range(len(steps)) for r in _of_step(user_id, facts, run, n)]
    if not found:
        text = (
            f"The policy {run.policy_name} names neither {facts.name} nor a schedule that they take turns in."
        )
        found.append(Reason(text, run.started_at))
    return [*found, Reason(_ended(run, facts), run.ended_at)] if run.ended_at else found


def _of_step(user_id: UUID, facts: Facts, run: Run, step: int) -> list[Reason]:
    """What a step says about the person; nothing when it has nothing to do with them."""
    targets: Sequence[Mapping[str, Any]] = _steps(run)[step].get("targets", ())
    places = [facts.places.get((run.id, step, n)) for n in range(len(targets))]
    named = any(str(t.get("user")) == str(user_id) for t in targets)
    mine = [p for p in places if p and p.member]
    # Whom a team means is decided when the step runs: it is shown, so that nothing is left out.
    other = [t for t in targets if t.get("team")]
    if not (named or mine or other):
        return []
    at = time_of(run, step, facts.steps)
    ran = [s for s in facts.steps if (s.escalation_id, s.step) == (run.id, step)]
    whose = [f"{facts.name} was not on call for {p.schedule}." for p in mine if not p.held]
    if not ran:
        return [Reason(_not_reached(step, facts.name, run, named=named, mine=mine), at)]
    return [Reason(" ".join([_ran(step, ran[0]), *([] if named else whose)]), at)]


def _ran(step: int, ran: StepRun) -> str:
    if ran.people:
        return f"Step {step + 1} paged {_list(ran.people)}."
    return f"Step {step + 1} paged nobody: {ran.reason}"


def _not_reached(step: int, name: str, run: Run, *, named: bool, mine: Sequence[Place]) -> str:
    held = [p.schedule for p in mine if p.held]
    if named:
        meant = f"names {name}"
    elif held:
        meant = f"means {name}, on call for {_list(held)} then"
    elif mine:
        meant = f"means whoever is on call for {_list([p.schedule for p in mine])}: not {name} at that time"
    else:
        meant = "may mean them"
    word = "is not due yet" if run.ended_at is None else "was not reached"
    return f"Step {step + 1} {meant}; it {word}."


#: How an escalation ended, where a sentence of ours says more than the word. What it does not know is told as stored.
_ENDS = {
    "acknowledged": "Paging ended: {acknowledged}",
    "closed": "Paging ended: {closed}",
    "snoozed": "Paging ended: the alert was snoozed.",
    "replaced": "Paging began anew.",
    "exhausted": "Paging ended: everybody in {policy} was paged as often as it says.",
}


def _ended(run: Run, facts: Facts) -> str:
    if run.error:
        return run.error
    known = _ENDS.get(run.end_reason or "")
    if known is None:
        return f"Paging ended: {run.end_reason}."
    return known.format(
        acknowledged=facts.acknowledged or "the alert was acknowledged.",
        closed=facts.closed or "the alert was closed.", policy=run.policy_name,
    )  # fmt: skip


def _reach(facts: Facts) -> list[Reason]:
    """What would keep pages away in any case."""
    if facts.methods == 0:
        return [Reason(f"{facts.name} has no contact method.")]
    if facts.unusable >= facts.methods:
        return [
            Reason(f"No contact method of {facts.name} works any more: a test page must get through first.")
        ]
    if facts.verified == 0:
        return [Reason(f"{facts.name} has verified no contact method.")]
    return []


def _steps(run: Run) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = run.plan.get("steps", ())
    return found


def _list(names: Sequence[str]) -> str:
    return ", ".join(sorted(names))


def span(seconds: int) -> str:
    """A delay in words: `at once`, `after 5 min`."""
    if seconds == 0:
        return "at once"
    if seconds % 60:
        return f"after {seconds} s"
    return f"after {seconds // 60} min"
