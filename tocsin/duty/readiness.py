"""Whether somebody can be reached when their shift comes: a verified first contact method, and a second one. Pure rules
and the reads around them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.duty", "readiness.sql")
#: Tests go out weekly; without a receipt for three of them a method is not proven.
UNPROVEN_AFTER = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Method:
    """A contact method with its last weekly test. `delay_s` of the earliest high-urgency rule, None without one; `state` is
    the test's delivery; `unproven_since` the first test that nobody confirmed."""

    id: UUID
    user_id: UUID
    transport: str
    address: str
    label: str
    verified_at: datetime | None
    unusable: str | None
    delay_s: int | None
    position: int
    sent_at: datetime | None
    state: str | None
    receipt_at: datetime | None
    failed_in_row: int
    unproven_since: datetime | None

    @property
    def works(self) -> bool:
        """Proven to be the person's, and not given up by the other side."""
        return self.verified_at is not None and self.unusable is None

    @property
    def called(self) -> str:
        """Without its address, which may hold a secret: `email (work)`."""
        return f"{self.transport} ({self.label})" if self.label else self.transport

    def proven(self, now: datetime) -> bool:
        """Whether the weekly tests have arrived: not when two in a row failed, or none was confirmed for three weeks."""
        if self.failed_in_row >= 2:
            return False
        return self.unproven_since is None or now - self.unproven_since < UNPROVEN_AFTER


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is missing for somebody to be on call, as sentences; and what is worth knowing about their methods."""

    user_id: UUID
    name: str
    methods: tuple[Method, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return not self.problems


def in_order(methods: Iterable[Method]) -> list[Method]:
    """As they are used for high urgency: by the rules' delays; without any rule the verified ones, in their order."""
    found = sorted(methods, key=lambda m: (m.delay_s is None, m.delay_s or 0, m.position))
    ruled = [m for m in found if m.delay_s is not None]
    return (
        ruled + [m for m in found if m not in ruled]
        if ruled
        else sorted(found, key=lambda m: m.verified_at is None)
    )


def problems_of(methods: Sequence[Method]) -> tuple[str, ...]:
    """What is missing: at most two sentences, the worse one first."""
    ordered = in_order(methods)
    if not ordered:
        return ("There is no contact method.",)
    found = []
    first = ordered[0]
    if first.unusable is not None:
        found.append(f"The first contact method, {first.called}, does not work any more.")
    elif first.verified_at is None:
        found.append(f"The first contact method, {first.called}, is not verified.")
    if sum(m.works for m in ordered) < 2:
        found.append("There is no second contact method that is verified.")
    return tuple(found)


def notes_of(methods: Sequence[Method], now: datetime) -> tuple[str, ...]:
    """Methods whose weekly tests did not arrive."""
    return tuple(
        f"The weekly tests of {m.called} fail." if m.failed_in_row >= 2 else f"The weekly tests of {m.called} were not confirmed."
        for m in methods
        if m.works and not m.proven(now)
    )  # fmt: skip


async def readiness_of(db: Reader, user_ids: Sequence[UUID]) -> dict[UUID, Readiness]:
    """By person; whoever does not exist is missing."""
    now = await db.clock()
    methods = await db.all(Method, sql.methods, list(user_ids))
    by_user = {user_id: list(group) for user_id, group in groupby(methods, key=lambda m: m.user_id)}
    found = {}
    for row in await db.rows(sql.names, list(user_ids)):
        theirs = in_order(by_user.get(row["id"], []))
        found[row["id"]] = Readiness(
            row["id"], row["name"], tuple(theirs), problems_of(theirs), notes_of(theirs, now)
        )
    return found


async def readiness_of_schedule(db: Reader, schedule_id: UUID) -> list[Readiness]:
    """Everybody who stands in a schedule or has a coming shift there, those who are not ready first."""
    people = [row["user_id"] for row in await db.rows(sql.people_of_schedule, schedule_id)]
    found = await readiness_of(db, people)
    return sorted(found.values(), key=lambda r: (r.ready, r.name.lower()))


async def unready(db: Reader) -> list[Readiness]:
    """Whoever has a shift within a week and is not ready."""
    people = [row["user_id"] for row in await db.rows(sql.soon_on_call)]
    found = await readiness_of(db, people)
    return sorted((r for r in found.values() if not r.ready), key=lambda r: r.name.lower())
