"""Incidents that have to do with each other: merged, split, related, followed up. Entries never move: they keep their origin.

Whoever changes two locks both in one order (`lock_two`), so that two people who do it both ways round do not wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tocsin.incidents.bonds_kinds import WORDS, IncidentBound, IncidentMerged, IncidentTookIn, IncidentUnbound
from tocsin.incidents.change import change, lock, lock_two
from tocsin.incidents.change import sql as rows
from tocsin.incidents.change import text as checked
from tocsin.incidents.commands import declare
from tocsin.incidents.links import move_alerts
from tocsin.incidents.model import Incident, Status
from tocsin.incidents.rhythm import end_promise
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.sql import Statements
from tocsin.record.queries import entry

sql = Statements("tocsin.incidents", "bonds.sql")
MOST_ENTRIES = 50
#: What people choose from, in words; splitting says it by itself.
RELATIONS = {name: words[0] for name, words in WORDS.items() if name != "split_from"}


@dataclass(frozen=True, slots=True)
class Bond:
    """Another incident, and what it has to do with this one; `backwards`: told from its end."""

    key: str
    summary: str
    status: Status
    severity: int
    head: int
    relation: str
    backwards: bool

    @property
    def words(self) -> str:
        """This incident … the other one."""
        return "took in" if self.relation == "merged" else WORDS[self.relation][self.backwards]


async def bonds_of(db: Reader, incident_id: UUID, viewer: UUID | None) -> list[Bond]:
    """What it has to do with others that the viewer may see; what was merged into it first."""
    return await db.all(Bond, sql.merged, incident_id, viewer) + await db.all(
        Bond, sql.bonds, incident_id, viewer
    )


async def merged_into(db: Reader, incident_id: UUID, viewer: UUID | None) -> str | None:
    """The key of the incident that it was merged into, if the viewer may see that."""
    row = await db.row(rows.merged_into, incident_id, viewer)
    return str(row["key"]) if row else None


async def other(u: Unit, key: str) -> UUID:
    """The incident that somebody named. Raises `Invalid` when there is none that they may see."""
    prefix, _, rest = key.strip().partition("-")
    found = await u.value(sql.id_of, f"{prefix.upper()}-{rest}"[:40].replace("\x00", ""), u.actor.id)
    if found is None:
        raise Invalid("other", "There is no such incident.")
    return UUID(str(found))


@command("incident.merge")
async def merge(u: Unit, incident_id: UUID, into_id: UUID, why: str = "") -> None:
    """The first one is the same as the second: it is over, and its alerts and people go on there. Reopening it undoes that.

    A private one is not merged into one that more people see: its alerts and people would tell of it.
    """
    incident, into = await lock_two(u, incident_id, into_id)
    _may_merge(incident, into)
    said = checked("why", why, 1000, needed=False)
    after = await change(u, incident, IncidentMerged(into.id, into.key, await u.clock(), said))
    await end_promise(u, incident.id)
    await u.run(sql.hand_over_alerts, incident.id, into.id)
    await u.run(sql.hand_over_people, incident.id, into.id)
    # By its key alone: whoever reads this may not be let into the other one, now or later.
    await change(u, into, IncidentTookIn(incident.id, incident.key, after.head, said))


def _may_merge(incident: Incident, into: Incident) -> None:
    for one in (incident, into):
        if one.merged_into is not None:
            raise Conflict(f"{one.key} was merged already.")
        if one.resolved_at is not None:
            raise Conflict(f"{one.key} is resolved. Reopen it first.")
    if incident.private != into.private:
        raise Conflict(
            "A private incident and one that everybody sees cannot be merged. Make both private, or neither."
        )


@command("incident.relate")
async def relate(u: Unit, incident_id: UUID, other_id: UUID, relation: str = "related") -> None:
    """Says what one has to do with the other; both records do. Not between a private one and one that everybody sees."""
    if relation not in WORDS:
        raise Invalid("relation", f"Relation must be one of: {', '.join(WORDS)}.")
    incident, second = await lock_two(u, incident_id, other_id)
    if incident.private != second.private:
        raise Conflict(
            "A private incident is not linked with one that everybody sees: its record would tell of it."
        )
    if await u.value(sql.bind, incident.id, second.id, relation):
        await _tell_both(u, incident, second, relation)


async def _tell_both(
    u: Unit, incident: Incident, second: Incident, relation: str, entries: tuple[int, ...] = ()
) -> None:
    await change(u, incident, IncidentBound(second.id, second.key, relation, entries=entries))
    await change(u, second, IncidentBound(incident.id, incident.key, relation, back=True))


@command("incident.unrelate")
async def unrelate(u: Unit, incident_id: UUID, other_id: UUID) -> None:
    """They have nothing to do with each other after all."""
    incident, second = await lock_two(u, incident_id, other_id)
    if await u.run(sql.unbind, incident.id, second.id):
        await change(u, incident, IncidentUnbound(second.id, second.key))
        await change(u, second, IncidentUnbound(incident.id, incident.key))


@command("incident.follow_up")
async def follow_up(u: Unit, incident_id: UUID, summary: str, severity: int) -> str:
    """Declares a new one that follows up on this one; answers its key. Private like this one, and its declarer lets people in."""
    return await _new(u, incident_id, summary, severity, "follows_up", ())


@command("incident.split")
async def split(
    u: Unit,
    incident_id: UUID,
    summary: str,
    severity: int,
    entries: Sequence[int] = (),
    alerts: Sequence[int] = (),
) -> str:
    """Part of it turned out to be something else: declares that, naming the entries that led to it. They stay where they are. Its
    linked alerts, by number, go over to the new one."""
    await lock(u, incident_id)
    found = tuple(sorted(set(entries)))
    if not (found or alerts) or max(len(found), len(alerts)) > MOST_ENTRIES:
        raise Invalid(
            "entries",
            f"Name the entries or alerts that belong to the other incident, at most {MOST_ENTRIES}.",
        )
    for seq in found:
        if await entry(u, incident_id, seq) is None:
            raise Invalid("entries", f"There is no entry #{seq}.")
    key = await _new(u, incident_id, summary, severity, "split_from", found)
    await move_alerts(u, incident_id, await other(u, key), alerts)
    return key


async def _new(
    u: Unit, incident_id: UUID, summary: str, severity: int, relation: str, entries: tuple[int, ...]
) -> str:
    incident = await lock(u, incident_id)
    key = await declare(u, summary, severity, service_id=incident.service_id, private=incident.private)
    new_id = await other(u, key)
    await u.value(sql.bind, new_id, incident.id, relation)
    await _tell_both(u, await lock(u, new_id), incident, relation, entries)
    return key


@dataclass(frozen=True, slots=True)
class Origin:
    """An incident that was merged into another one."""

    id: UUID
    key: str
    summary: str


async def took_in(db: Reader, incident_id: UUID, viewer: UUID | None) -> list[Origin]:
    """What was merged into an incident, and into that, as far as the viewer may see it."""
    return await db.all(Origin, sql.took_in, incident_id, viewer)


def numbers(listed: str) -> list[int]:
    """`#14, #17 20` as numbers. Raises `Invalid` for `entries`."""
    words = listed.replace(",", " ").split()
    if not all(word.lstrip("#").isdecimal() and len(word) < 11 for word in words):
        raise Invalid("entries", "Entries are written like #14, #17.")
    return [int(word.lstrip("#")) for word in words]
