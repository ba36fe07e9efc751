"""What the record tells of claims, hypotheses, tasks, decisions and facts.

`item()` names the columns of the item that an entry sets; `seq` says whose, and is absent where the entry begins one. Commands
write exactly these, so the items are what their entries say.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.record.kinds import kind, utc


def _named(seq: int, text: str) -> str:
    return f"“{text}” (#{seq})"


def _because(text: str) -> str:
    return f": {text}" if text else ""


@kind("claim_made")
@dataclass(frozen=True, slots=True)
class ClaimMade:
    """Somebody looks into something; the others need not."""

    text: str
    owner_id: UUID
    owner: str
    at: datetime
    service_id: UUID | None = None
    service: str = ""

    def sentence(self) -> str:
        about = f" (service: {self.service})" if self.service else ""
        return f"is looking at {self.text}{about}"

    def item(self) -> dict[str, Any]:
        return {"kind": "claim", "state": "open", "text": self.text, "owner_id": self.owner_id, "owner": self.owner, "service_id": self.service_id, "fresh_at": self.at}  # fmt: skip


@kind("claim_joined")
@dataclass(frozen=True, slots=True)
class ClaimJoined:
    """Somebody looks into it too."""

    seq: int
    text: str
    owner: str
    at: datetime

    def sentence(self) -> str:
        with_ = f" with {self.owner}" if self.owner else ""
        return f"joined{with_}: {_named(self.seq, self.text)}"

    def item(self) -> dict[str, Any]:
        return {"fresh_at": self.at, "nudged_at": None}


@kind("claim_renewed")
@dataclass(frozen=True, slots=True)
class ClaimRenewed:
    """A sign of life: it goes on."""

    seq: int
    text: str
    at: datetime

    def sentence(self) -> str:
        return f"is still on {_named(self.seq, self.text)}"

    def item(self) -> dict[str, Any]:
        return {"fresh_at": self.at, "nudged_at": None}


@kind("claim_handed")
@dataclass(frozen=True, slots=True)
class ClaimHanded:
    """Another person has it from now on."""

    seq: int
    text: str
    to_id: UUID
    to: str
    at: datetime

    def sentence(self) -> str:
        return f"handed {_named(self.seq, self.text)} to {self.to}"

    def item(self) -> dict[str, Any]:
        return {"owner_id": self.to_id, "owner": self.to, "fresh_at": self.at, "nudged_at": None}


@kind("claim_stale")
@dataclass(frozen=True, slots=True)
class ClaimStale:
    """Nobody gave a sign of life for long; its owner is asked."""

    seq: int
    text: str
    owner: str
    since: datetime
    at: datetime

    def sentence(self) -> str:
        return f"asks {self.owner or 'everybody'}: is anybody still on {_named(self.seq, self.text)}?"

    def item(self) -> dict[str, Any]:
        return {"nudged_at": self.at}


@kind("claim_finished")
@dataclass(frozen=True, slots=True)
class ClaimFinished:
    """It was looked into, and this came out."""

    seq: int
    text: str
    outcome: str = ""

    def sentence(self) -> str:
        return f"finished {_named(self.seq, self.text)}{_because(self.outcome)}"

    def item(self) -> dict[str, Any]:
        return {"state": "done", "outcome": self.outcome}


@kind("claim_dropped")
@dataclass(frozen=True, slots=True)
class ClaimDropped:
    """Nobody looks into it any more."""

    seq: int
    text: str
    why: str = ""

    def sentence(self) -> str:
        return f"let go of {_named(self.seq, self.text)}{_because(self.why)}"

    def item(self) -> dict[str, Any]:
        return {"state": "dropped", "outcome": self.why}


@kind("hypothesis_made")
@dataclass(frozen=True, slots=True)
class HypothesisMade:
    """Somebody thinks that this is the cause, and looks for evidence."""

    text: str
    owner_id: UUID
    owner: str
    at: datetime
    service_id: UUID | None = None
    service: str = ""

    def sentence(self) -> str:
        about = f" (service: {self.service})" if self.service else ""
        return f"has a hypothesis: {self.text}{about}"

    def item(self) -> dict[str, Any]:
        return {"kind": "hypothesis", "state": "open", "text": self.text, "owner_id": self.owner_id, "owner": self.owner, "service_id": self.service_id, "fresh_at": self.at}  # fmt: skip


@kind("hypothesis_judged")
@dataclass(frozen=True, slots=True)
class HypothesisJudged:
    """The verdict about a hypothesis: supported, disproved, or open again."""

    seq: int
    text: str
    verdict: str
    why: str
    at: datetime

    def sentence(self) -> str:
        said = (
            "opened the hypothesis again"
            if self.verdict == "open"
            else f"found the hypothesis {self.verdict}"
        )
        return f"{said}: {_named(self.seq, self.text)}{_because(self.why)}"

    def item(self) -> dict[str, Any]:
        return {"state": self.verdict, "outcome": self.why, "fresh_at": self.at, "nudged_at": None}


@kind("evidence_added")
@dataclass(frozen=True, slots=True)
class EvidenceAdded:
    """Something speaks for or against a hypothesis, or shows a fact: an entry (#14) or a link. `all` is what there is now."""

    seq: int
    text: str
    evidence: str
    all: tuple[str, ...]
    at: datetime

    def sentence(self) -> str:
        return f"added evidence to {_named(self.seq, self.text)}: {self.evidence}"

    def item(self) -> dict[str, Any]:
        return {"evidence": self.all, "fresh_at": self.at, "nudged_at": None}


@kind("decision_made")
@dataclass(frozen=True, slots=True)
class DecisionMade:
    """What was decided, why, and how to undo it."""

    text: str
    owner_id: UUID | None
    owner: str
    at: datetime
    why: str = ""
    undo: str = ""

    def sentence(self) -> str:
        back = f" To undo: {self.undo}" if self.undo else ""
        why = f", because {self.why}" if self.why else ""
        return f"decided: {self.text}{why}.{back}"

    def item(self) -> dict[str, Any]:
        return {"kind": "decision", "state": "open", "text": self.text, "owner_id": self.owner_id, "owner": self.owner, "why": self.why, "undo": self.undo, "fresh_at": self.at}  # fmt: skip


@kind("decision_undone")
@dataclass(frozen=True, slots=True)
class DecisionUndone:
    """A decision does not stand any more."""

    seq: int
    text: str
    why: str = ""

    def sentence(self) -> str:
        return f"took back the decision {_named(self.seq, self.text)}{_because(self.why)}"

    def item(self) -> dict[str, Any]:
        return {"state": "dropped", "outcome": self.why}


@kind("task_made")
@dataclass(frozen=True, slots=True)
class TaskMade:
    """Something is to be done; perhaps nobody has it yet."""

    text: str
    owner_id: UUID | None
    owner: str
    at: datetime
    due_at: datetime | None = None

    def sentence(self) -> str:
        who = f" for {self.owner}" if self.owner else ""
        due = f", due {utc(self.due_at)}" if self.due_at else ""
        return f"added a task{who}: {self.text}{due}"

    def item(self) -> dict[str, Any]:
        return {"kind": "task", "state": "open", "text": self.text, "owner_id": self.owner_id, "owner": self.owner, "due_at": self.due_at, "fresh_at": self.at}  # fmt: skip


@kind("task_taken")
@dataclass(frozen=True, slots=True)
class TaskTaken:
    """Somebody has the task from now on."""

    seq: int
    text: str
    to_id: UUID
    to: str
    at: datetime

    def sentence(self) -> str:
        return f"gave the task {_named(self.seq, self.text)} to {self.to}"

    def item(self) -> dict[str, Any]:
        return {"owner_id": self.to_id, "owner": self.to, "fresh_at": self.at}


@kind("task_late")
@dataclass(frozen=True, slots=True)
class TaskLate:
    """The time of a task passed before it was done; whoever has it is reminded."""

    seq: int
    text: str
    owner: str
    due_at: datetime
    at: datetime

    def sentence(self) -> str:
        return f"notes that a task is late: {_named(self.seq, self.text)}, {self.owner or 'nobody has it'}"

    def item(self) -> dict[str, Any]:
        return {"nudged_at": self.at}


@kind("task_done")
@dataclass(frozen=True, slots=True)
class TaskDone:
    """It is done."""

    seq: int
    text: str
    outcome: str = ""

    def sentence(self) -> str:
        return f"did the task {_named(self.seq, self.text)}{_because(self.outcome)}"

    def item(self) -> dict[str, Any]:
        return {"state": "done", "outcome": self.outcome}


@kind("task_reopened")
@dataclass(frozen=True, slots=True)
class TaskReopened:
    """It is to be done after all."""

    seq: int
    text: str
    at: datetime

    def sentence(self) -> str:
        return f"opened the task {_named(self.seq, self.text)} again"

    def item(self) -> dict[str, Any]:
        return {"state": "open", "outcome": "", "fresh_at": self.at, "nudged_at": None}


@kind("task_cancelled")
@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """It need not be done."""

    seq: int
    text: str
    why: str = ""

    def sentence(self) -> str:
        return f"cancelled the task {_named(self.seq, self.text)}{_because(self.why)}"

    def item(self) -> dict[str, Any]:
        return {"state": "dropped", "outcome": self.why}


@kind("unknown_named")
@dataclass(frozen=True, slots=True)
class UnknownNamed:
    """A question that nobody can answer yet."""

    text: str
    owner_id: UUID | None
    owner: str
    at: datetime

    def sentence(self) -> str:
        return f"asks what is not known yet: {self.text}"

    def item(self) -> dict[str, Any]:
        return {"kind": "fact", "state": "open", "text": self.text, "owner_id": self.owner_id, "owner": self.owner, "fresh_at": self.at}  # fmt: skip


@kind("unknown_answered")
@dataclass(frozen=True, slots=True)
class UnknownAnswered:
    """A question has its answer: it is known now."""

    seq: int
    text: str
    outcome: str

    def sentence(self) -> str:
        return f"answered {_named(self.seq, self.text)}: {self.outcome}"

    def item(self) -> dict[str, Any]:
        return {"state": "done", "outcome": self.outcome}


@kind("fact_known")
@dataclass(frozen=True, slots=True)
class FactKnown:
    """Something is known for certain."""

    text: str
    owner_id: UUID | None
    owner: str
    at: datetime
    evidence: tuple[str, ...] = ()

    def sentence(self) -> str:
        shown = f" ({', '.join(self.evidence)})" if self.evidence else ""
        return f"wrote down what is known: {self.text}{shown}"

    def item(self) -> dict[str, Any]:
        return {"kind": "fact", "state": "done", "text": self.text, "owner_id": self.owner_id, "owner": self.owner, "evidence": self.evidence, "fresh_at": self.at}  # fmt: skip
