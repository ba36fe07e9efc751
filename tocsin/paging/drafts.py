"""A policy as people give it, and what is wrong with it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tocsin.paging.conditions import ALWAYS, Conditions, problem_of
from tocsin.paging.plans import UNDECIDED, Final, Kind

MAX_STEPS = 50
MAX_TARGETS = 50
#: From a new channel's id to its sealed secret; the door that has the keys makes it.
Seal = Callable[[UUID], bytes]


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A webhook or chat channel that is not stored yet. `address` as its transport accepted it."""

    name: str
    transport: str
    address: str
    seal: Seal | None = None


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """Whom or what: the id of somebody, a schedule, a team or a channel that is stored; or a new channel."""

    kind: Kind
    id: UUID | None = None
    channel: NewChannel | None = None


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step: seconds from the escalation's start, whom, and under which conditions."""

    delay_s: int
    targets: Sequence[TargetDraft] = ()
    when: Conditions = ALWAYS

    @classmethod
    def plain(cls, delay_s: int, users: Sequence[UUID] = (), schedules: Sequence[UUID] = ()) -> "StepDraft":
        """People by name, and whoever holds a schedule by then."""
        found = [TargetDraft(Kind.SCHEDULE, each) for each in dict.fromkeys(schedules)]
        return cls(delay_s, (*found, *(TargetDraft(Kind.USER, each) for each in dict.fromkeys(users))))


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A whole policy; `repeats` more rounds follow the first."""

    name: str
    steps: Sequence[StepDraft]
    final: Final = UNDECIDED
    team_id: UUID | None = None
    repeats: int = 2
    repeat_after_s: int = 300

    def shown(self) -> dict[str, Any]:
        """For the audit log: without addresses, and without secrets."""
        return {
            "repeats": self.repeats,
            "repeat_after_s": self.repeat_after_s,
            "steps": [
                {"delay_s": s.delay_s, "when": s.when.stored(), "targets": [_shown(t) for t in s.targets]}
                for s in self.steps
            ],
            "final": "nobody" if self.final.nobody else str(self.final.team),
        }


def _shown(target: TargetDraft) -> dict[str, str]:
    return {
        "kind": target.kind,
        "of": str(target.id) if target.id else f"new: {target.channel and target.channel.name}",
    }


class BadPolicy(ValueError):
    """A policy that cannot work; `field` names the input."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def check_policy(draft: PolicyDraft) -> None:
    """Raises BadPolicy for the first thing that is wrong."""
    if not 1 <= len(draft.name.strip()) <= 100:
        raise BadPolicy("name", "Give the policy a name of at most 100 characters.")
    if not 0 <= draft.repeats <= 20:
        raise BadPolicy("repeats", "Repeat 0 to 20 times.")
    if not 60 <= draft.repeat_after_s <= 86_400:
        raise BadPolicy("repeat_after_s", "Wait 1 minute to 24 hours before repeating.")
    if not 1 <= len(draft.steps) <= MAX_STEPS:
        raise BadPolicy("steps", f"A policy has 1 to {MAX_STEPS} steps.")
    _check_steps(draft.steps)
    if not draft.final.decided:
        raise BadPolicy(
            "final", "Say what happens if nobody answers: a fallback team, or deliberately nobody."
        )


def _check_steps(steps: Sequence[StepDraft]) -> None:
    before = -1
    for number, step in enumerate(steps, 1):
        if not 1 <= len(step.targets) <= MAX_TARGETS:
            raise BadPolicy("steps", f"Step {number} pages nobody: choose up to {MAX_TARGETS} targets.")
        if not 0 <= step.delay_s <= 604_800:
            raise BadPolicy("steps", f"Step {number} must start within a week.")
        if step.delay_s <= before:
            raise BadPolicy("steps", f"Step {number} must start later than the step before it.")
        if problem := problem_of(step.when):
            raise BadPolicy("steps", f"Step {number}: {problem}")
        for target in step.targets:
            _check_channel(number, target.channel)
        before = step.delay_s


def _check_channel(number: int, channel: NewChannel | None) -> None:
    if channel and not 1 <= len(channel.name.strip()) <= 100:
        raise BadPolicy("steps", f"Step {number}: give the channel a name of at most 100 characters.")
