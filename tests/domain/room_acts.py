"""One of each thing that people do to an incident, by the verb of its command; what is done elsewhere, and why."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from tests.support import Company
from tocsin.edge.import_file import read
from tocsin.incidents import (
    bonds,
    catchup,
    claims,
    commands,
    edits,
    entries,
    exporting,
    fields,
    files,
    importing,
    links,
    marks,
    output,
    paged,
    parts,
    people,
    privacy,
    recordings,
    role_offers,
    roles,
    tasks,
    updates,
)
from tocsin.incidents.model import RoleName
from tocsin.incidents.queries import incident_by_id
from tocsin.incidents.transcript_text import Cue
from tocsin.kernel.commands import COMMANDS
from tocsin.kernel.db import Database, Unit
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement
from tocsin.places import commands as places
from tocsin.places import notes
from tocsin.playbooks import commands as playbooks

ROLES = tuple(RoleName)
WORDS = (
    "the pool is full",
    "Redis memory",
    "a bad deploy",
    "restart of node 7",
    "\u202ethgir ot morf",
    "\U0001f525",
)
#: More incidents than this would only make each one's record short.
MOST_INCIDENTS = 8
THERE_IS = Statement(
    "there_is",
    "select (select array_agg(id order by declared_at) from incidents) as incidents,"
    " (select array_agg(id) from role_offers) as offers, (select array_agg(id) from alerts) as alerts,"
    " (select array_agg(seq) from incident_transcripts where incident_id = $1) as transcripts,"
    " (select array_agg(seq) from incident_items where incident_id = $1) as items",
)


@dataclass(frozen=True)
class Room:
    """Where something is done, and what chance chose of everything that there is; perhaps the wrong thing."""

    id: UUID
    other: UUID
    seq: int
    person: UUID
    alert: UUID
    offer: UUID
    transcript: int
    few: bool
    company: Company
    chance: random.Random

    @property
    def words(self) -> str:
        return self.chance.choice(WORDS)

    @property
    def role(self) -> str:
        return self.chance.choice(ROLES)

    def rarely(self) -> bool:
        return self.chance.random() < 0.3

    def picked(self, *options: str) -> str:
        return self.chance.choice(options)


async def a_room(db: Database, company: Company, first: UUID, chance: random.Random) -> Room:
    """Mostly the first incident, else any; mostly something that people work on, else any entry."""
    row = await db.row(THERE_IS, first)
    assert row is not None
    incidents, items = row["incidents"], row["items"] or []
    return Room(
        first if chance.random() < 0.7 else chance.choice(incidents),
        chance.choice(incidents),
        chance.choice(items) if items and chance.random() < 0.6 else chance.randint(1, 40),
        chance.choice((company.ana, company.ben, company.ada, company.vic)),
        chance.choice(row["alerts"] or [new_id()]),
        chance.choice(row["offers"] or [new_id()]),
        chance.choice(row["transcripts"] or [1]),
        len(incidents) < MOST_INCIDENTS,
        company,
        chance,
    )


Act = Callable[[Unit, Room], Awaitable[Any]]


async def set_times(u: Unit, r: Room) -> None:
    began = await u.clock() - timedelta(minutes=r.chance.randint(1, 90))
    await commands.set_times(u, r.id, impact_started_at=began, detected_at=None, mitigated_at=None)


async def tell_later(u: Unit, r: Room) -> None:
    at = await u.clock() - timedelta(minutes=5)
    await entries.say(
        u, r.id, f"{r.words} @Ben Okafor", at=at, said_by="Somebody", tag="seen", reply_to=r.seq
    )


async def attach_recording(u: Unit, r: Room) -> None:
    kept = files.Kept("audio/mpeg", 5000, "a" * 64)
    await recordings.attach_recording(u, r.id, kept, "call.mp3", await u.clock() - timedelta(hours=1))


async def attach_transcript(u: Unit, r: Room) -> None:
    kept, cues = files.Kept("text/plain", 500, "b" * 64), (Cue(1000, 2000, "Ana Silva", r.words),)
    began = await u.clock() - timedelta(hours=1)
    await recordings.attach_transcript(u, r.id, kept, "call.vtt", began, cues)


async def move_recording(u: Unit, r: Room) -> None:
    await recordings.move_recording(u, r.id, r.transcript, await u.clock() - timedelta(hours=2))


async def offer_role(u: Unit, r: Room) -> None:
    at = await u.clock() + timedelta(hours=1) if r.rarely() else None
    await role_offers.offer_role(u, r.id, r.role, r.person, brief=r.words, effective_at=at)


async def make_task(u: Unit, r: Room) -> None:
    due = await u.clock() + timedelta(hours=1)
    await tasks.make(u, r.id, r.words, owner_id=r.person if r.rarely() else None, due_at=due)


async def import_record(u: Unit, r: Room) -> None:
    """What goes out of one comes in as another."""
    incident = await incident_by_id(u, r.id, u.actor.id)
    if incident is None or not (r.few and r.rarely()):
        return
    head = await exporting.head_of(u, incident, exporting.Extras(), url="", by="Ana", at=await u.clock())
    found = [entry async for batch in exporting.entries_of(u, incident) for entry in batch]
    await importing.import_record(u, read(orjson.dumps(head | {"entries": found})))


async def declare(u: Unit, r: Room) -> None:
    if r.few:
        await commands.declare(
            u, r.words, 2, service_id=r.company.service, alert_id=r.alert if r.rarely() else None, private=r.rarely()
        )  # fmt: skip


async def follow_up(u: Unit, r: Room) -> None:
    if r.few:
        await bonds.follow_up(u, r.id, r.words, 3)


async def split(u: Unit, r: Room) -> None:
    if r.few:
        await bonds.split(u, r.id, r.words, 3, [r.seq])


async def finish(u: Unit, r: Room) -> None:
    act = {
        "resolve": lambda: commands.resolve(u, r.id, "over", close_alerts=r.rarely()),
        "cancel": lambda: commands.cancel(u, r.id, "nothing"),
    }
    await (
        act[r.picked("resolve", "cancel")]()
        if r.rarely()
        else entries.say(u, r.id, "not yet", reply_to=r.seq)
    )


ACTS: dict[str, Act] = {
    "incident.declare": declare,
    "incident.say": lambda u, r: entries.say(u, r.id, r.words) if r.rarely() else tell_later(u, r),
    "incident.set_severity": lambda u, r: commands.set_severity(u, r.id, r.chance.randint(1, 3), "so it looks"),
    "incident.set_status": lambda u, r: commands.set_status(u, r.id, r.picked("investigating", "identified", "mitigated", "monitoring")),
    "incident.set_sub_status": lambda u, r: commands.set_sub_status(u, r.id, r.picked("", "waiting for vendor")),
    "incident.set_reporter": lambda u, r: commands.set_reporter(u, r.id, r.words),
    "incident.set_impact": lambda u, r: commands.set_impact(u, r.id, r.words),
    "incident.set_summary": lambda u, r: commands.set_summary(u, r.id, r.words),
    "incident.set_service": lambda u, r: commands.set_service(u, r.id, r.company.service if r.rarely() else None),
    "incident.set_times": set_times,
    "incident.set_type": lambda u, r: fields.set_type(u, r.id, r.picked("", "Outage", "Security")),
    "incident.set_fields": lambda u, r: fields.set_fields(u, r.id, {r.picked("Root cause", "Lost orders"): r.picked("", "7", "12")}),
    "incident.resolve": finish,
    "incident.cancel": finish,
    "incident.reopen": lambda u, r: commands.reopen(u, r.id),
    "incident.merge": lambda u, r: bonds.merge(u, r.id, r.other, "the same"),
    "incident.relate": lambda u, r: bonds.relate(u, r.id, r.other, r.picked("related", "caused_by", "duplicate_of")),
    "incident.unrelate": lambda u, r: bonds.unrelate(u, r.id, r.other),
    "incident.follow_up": follow_up,
    "incident.split": split,
    "incident.import_record": import_record,
    "incident.link_alert": lambda u, r: links.link_alert(u, r.id, r.alert),
    "incident.unlink_alert": lambda u, r: links.unlink_alert(u, r.id, r.alert),
    "incident.page": lambda u, r: paged.page(u, r.id, r.picked("Ben Okafor", "Payments on-call", "nobody"), r.words),
    "incident.make_private": lambda u, r: privacy.make_private(u, r.id, "secret"),
    "incident.make_public": lambda u, r: privacy.make_public(u, r.id, sure=True),
    "incident.add_member": lambda u, r: privacy.add_member(u, r.id, r.person),
    "incident.remove_member": lambda u, r: privacy.remove_member(u, r.id, r.person),
    "incident.let_team_in": lambda u, r: privacy.let_team_in(u, r.id, r.company.team),
    "incident.remove_team": lambda u, r: privacy.remove_team(u, r.id, r.company.team),
    "incident.join": lambda u, r: parts.join(u, r.id),
    "incident.watch": lambda u, r: parts.watch(u, r.id),
    "incident.leave": lambda u, r: people.leave(u, r.id),
    "incident.invite": lambda u, r: parts.invite(u, r.id, r.person, why=r.words),
    "incident.release": lambda u, r: parts.release(u, r.id, r.person, thanks=r.words),
    "incident.release_watchers": lambda u, r: parts.release_watchers(u, r.id),
    "incident.take_role": lambda u, r: roles.take_role(u, r.id, r.role),
    "incident.transfer_role": lambda u, r: roles.transfer_role(u, r.id, r.role, r.person, why="at once"),
    "incident.give_up_role": lambda u, r: roles.give_up_role(u, r.id, r.role),
    "incident.offer_role": offer_role,
    "incident.accept_role": lambda u, r: role_offers.accept_role(u, r.offer),
    "incident.decline_role": lambda u, r: role_offers.decline_role(u, r.offer, why="asleep"),
    "incident.withdraw_offer": lambda u, r: role_offers.withdraw_offer(u, r.offer),
    "incident.publish_update": lambda u, r: updates.publish_update(u, r.id, audience=r.picked("responders", "stakeholders", "public"), state=r.words),
    "incident.still_true": lambda u, r: updates.still_true(u, r.id),
    "incident.edit_entry": lambda u, r: edits.edit_entry(u, r.id, r.seq, r.words),
    "incident.redact_entry": lambda u, r: edits.redact_entry(u, r.id, r.seq, "a secret"),
    "incident.pin_entry": lambda u, r: marks.pin_entry(u, r.id, r.seq),
    "incident.unpin_entry": lambda u, r: marks.unpin_entry(u, r.id, r.seq),
    "incident.react": lambda u, r: marks.react(u, r.id, r.seq, "\U0001f44d"),
    "incident.log_output": lambda u, r: output.log_output(u, r.id, r.words, "make", 2),
    "incident.start_call": lambda u, r: output.start_call(u, r.id),
    "incident.end_call": lambda u, r: output.end_call(u, r.id),
    "incident.attach": lambda u, r: files.attach(u, r.id, files.Kept("image/png", 9, "c" * 64, 3, 3), "a.png", r.words),
    "incident.attach_recording": attach_recording,
    "incident.attach_transcript": attach_transcript,
    "incident.tell_cue": lambda u, r: recordings.tell_cue(u, r.id, r.transcript, 1),
    "incident.move_recording": move_recording,
    "visit.caught_up": lambda u, r: catchup.caught_up(u, r.id, r.seq),
    "claim.make": lambda u, r: claims.claim(u, r.id, r.words, hypothesis=r.chance.random() < 0.5, anyway=r.chance.random() < 0.5),
    "claim.join": lambda u, r: claims.join(u, r.id, r.seq),
    "claim.renew": lambda u, r: claims.renew(u, r.id, r.seq),
    "claim.hand": lambda u, r: claims.hand(u, r.id, r.seq, r.person),
    "claim.finish": lambda u, r: claims.finish(u, r.id, r.seq, "it was that"),
    "claim.drop": lambda u, r: claims.drop(u, r.id, r.seq),
    "claim.add_evidence": lambda u, r: claims.add_evidence(u, r.id, r.seq, r.picked("#1", "https://grafana.example/d/1")),
    "hypothesis.judge": lambda u, r: claims.judge(u, r.id, r.seq, r.picked("supported", "disproved", "open"), "seen"),
    "task.make": make_task,
    "task.take": lambda u, r: tasks.take(u, r.id, r.seq),
    "task.finish": lambda u, r: tasks.finish(u, r.id, r.seq),
    "task.reopen": lambda u, r: tasks.reopen(u, r.id, r.seq),
    "task.cancel": lambda u, r: tasks.cancel(u, r.id, r.seq, "not needed"),
    "decision.make": lambda u, r: tasks.decide(u, r.id, r.words, why="because", undo="back"),
    "decision.undo": lambda u, r: tasks.undo(u, r.id, r.seq),
    "board.ask": lambda u, r: tasks.ask(u, r.id, r.words),
    "board.answer": lambda u, r: tasks.answer(u, r.id, r.seq, "that is why"),
    "board.know": lambda u, r: tasks.know(u, r.id, r.words, "https://grafana.example/d/2"),
    "playbook.check": lambda u, r: playbooks.check(u, r.id, r.picked("count-cases", "first-update"), "many", skip=r.rarely()),
    "playbook.uncheck": lambda u, r: playbooks.uncheck(u, r.id, "count-cases"),
    "place.set_ticket": lambda u, r: places.set_ticket(u, r.id, "https://tickets.example/1"),
    "notes.save": lambda u, r: notes.save(u, r.id, r.words),
    "notes.restore": lambda u, r: notes.restore(u, r.id, r.chance.randint(1, 3)),
}  # fmt: skip

#: Commands of the same packages without an act, and why.
NO_ACT = {
    "notes.edit": "a keystroke is no entry; tests/domain/test_notes.py merges any order of them",
    **dict.fromkeys(
        (
            "incident_type.define", "incident_type.change", "incident_type.put_away", "incident_field.define",
            "incident_field.change", "incident_field.put_away", "role.define", "role.change", "role.put_away", "playbook.apply",
        ),
        "it changes what the organisation uses, and no incident",
    ),
}  # fmt: skip


def verbs() -> set[str]:
    """Every command of the packages whose entries stand in an incident's record."""
    ours = ("tocsin.incidents.", "tocsin.places.", "tocsin.playbooks.")
    return {verb for verb, act in COMMANDS.items() if act.__module__.startswith(ours)}
