"""What people work on in an incident: one dataclass for claims, hypotheses, tasks, decisions and facts, and their pure rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tocsin.incidents.said_model import ITEM


class ItemKind(StrEnum):
    """What an item is. A hypothesis is a claim with a verdict; a fact is known, or not known yet."""

    CLAIM = "claim"
    HYPOTHESIS = "hypothesis"
    TASK = "task"
    DECISION = "decision"
    FACT = "fact"


class ItemState(StrEnum):
    """Where it stands. A decision that stands is open, one that was taken back dropped; what is known is a done fact."""

    OPEN = "open"
    SUPPORTED = "supported"
    DISPROVED = "disproved"
    DONE = "done"
    DROPPED = "dropped"


#: What somebody looks into, and is asked about when it goes quiet.
LOOKED_INTO = (ItemKind.CLAIM, ItemKind.HYPOTHESIS)
VERDICTS = (ItemState.OPEN, ItemState.SUPPORTED, ItemState.DISPROVED)
TEXT, WHY, EVIDENCE = ITEM, 1000, 20


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `seq` is the number of the entry that began it, and its name: claim 14. `people` work on it beside the owner."""

    incident_id: UUID
    seq: int
    kind: ItemKind
    state: ItemState
    text: str
    owner_id: UUID | None
    owner: str
    service_id: UUID | None
    service: str | None
    why: str
    undo: str
    outcome: str
    evidence: tuple[str, ...]
    due_at: datetime | None
    fresh_at: datetime
    stale_at: datetime
    nudged_at: datetime | None
    people: tuple[str, ...]
    people_ids: tuple[UUID, ...]

    @property
    def open(self) -> bool:
        return self.state is ItemState.OPEN

    def stale(self, now: datetime) -> bool:
        """Whether nobody gave a sign of life for longer than the severity allows."""
        return self.open and self.kind in LOOKED_INTO and self.stale_at <= now

    def late(self, now: datetime) -> bool:
        """Whether a task's time has passed."""
        return self.open and self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class Alike:
    """An open claim or hypothesis that looks like the new one: by its words, or by its service."""

    seq: int
    text: str
    owner: str
    fresh_at: datetime
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item of somebody's that waits for them: a claim without a sign of life, a task that is late."""

    incident_id: UUID
    key: str
    seq: int
    kind: ItemKind
    text: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """An incident's items as people look at them: what is open first, the newest first within."""

    claims: tuple[Item, ...]
    hypotheses: tuple[Item, ...]
    tasks: tuple[Item, ...]
    decisions: tuple[Item, ...]
    unknown: tuple[Item, ...]
    known: tuple[Item, ...]

    @property
    def empty(self) -> bool:
        return not any((self.claims, self.hypotheses, self.tasks, self.decisions, self.unknown, self.known))


def board(items: Iterable[Item]) -> Board:
    """Sorts an incident's items into a board."""
    ordered = sorted(items, key=lambda item: (not item.open, item.due_at is None, item.due_at, -item.seq) if item.due_at else (not item.open, True, None, -item.seq))  # fmt: skip

    def of(kind: ItemKind) -> tuple[Item, ...]:
        return tuple(item for item in ordered if item.kind is kind)

    facts = of(ItemKind.FACT)
    return Board(
        of(ItemKind.CLAIM), of(ItemKind.HYPOTHESIS), of(ItemKind.TASK), of(ItemKind.DECISION),
        tuple(f for f in facts if f.open), tuple(f for f in facts if f.state is ItemState.DONE),
    )  # fmt: skip
