"""Whatever three people do in a room, in whatever order and at once: the record has no gap, and every row is what its entries say."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.street import again, declared
from tests.domain.test_items import fold_items
from tests.support import Company, fold_and_compare
from tocsin.incidents import claims, commands, edits, entries, parts, people, roles, tasks, updates
from tocsin.incidents.item_queries import items_of
from tocsin.incidents.model import RoleName
from tocsin.kernel.db import Actor, Database, Unit
from tocsin.kernel.errors import TocsinError
from tocsin.playbooks import commands as playbooks
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

Act = Callable[[Unit, UUID, random.Random, int], Awaitable[Any]]
ROLES = tuple(RoleName)
WORDS = (
    "the pool is full",
    "Redis memory",
    "a bad deploy",
    "restart of node 7",
    "\u202ethgir ot morf",
    "\U0001f525",
)

#: One of each thing that people do; `seq` is some entry's number, perhaps the wrong one.
ACTS: tuple[Act, ...] = (
    lambda u, i, c, _: entries.say(u, i, c.choice(WORDS)),
    lambda u, i, c, _: commands.set_severity(u, i, c.randint(1, 3), why="so it looks"),
    lambda u, i, c, _: commands.set_status(u, i, c.choice(["investigating", "identified", "mitigated", "monitoring"])),
    lambda u, i, c, _: commands.set_impact(u, i, c.choice(WORDS)),
    lambda u, i, c, _: commands.set_summary(u, i, c.choice(WORDS)),
    lambda u, i, c, _: roles.take_role(u, i, c.choice(ROLES)),
    lambda u, i, c, _: roles.give_up_role(u, i, c.choice(ROLES)),
    lambda u, i, _, __: parts.join(u, i),
    lambda u, i, _, __: people.leave(u, i),
    lambda u, i, c, _: updates.publish_update(u, i, audience=c.choice(["responders", "stakeholders"]), state=c.choice(WORDS)),
    lambda u, i, _, __: updates.still_true(u, i),
    lambda u, i, c, _: claims.claim(u, i, c.choice(WORDS), hypothesis=c.random() < 0.5, anyway=c.random() < 0.5),
    lambda u, i, _, seq: claims.join(u, i, seq),
    lambda u, i, c, seq: claims.judge(u, i, seq, c.choice(["supported", "disproved", "open"]), "seen"),
    lambda u, i, _, seq: claims.finish(u, i, seq, "it was that"),
    lambda u, i, _, seq: claims.drop(u, i, seq),
    lambda u, i, c, _: tasks.make(u, i, c.choice(WORDS)),
    lambda u, i, _, seq: tasks.take(u, i, seq),
    lambda u, i, _, seq: tasks.finish(u, i, seq),
    lambda u, i, c, _: tasks.decide(u, i, c.choice(WORDS), why="because", undo="back"),
    lambda u, i, _, seq: tasks.undo(u, i, seq),
    lambda u, i, c, _: tasks.ask(u, i, c.choice(WORDS)),
    lambda u, i, _, seq: tasks.answer(u, i, seq, "that is why"),
    lambda u, i, _, __: playbooks.check(u, i, "count-cases", "many"),
    lambda u, i, _, __: playbooks.uncheck(u, i, "count-cases"),
    lambda u, i, c, seq: edits.edit_entry(u, i, seq, c.choice(WORDS)),
    lambda u, i, c, _: commands.resolve(u, i, "over") if c.random() < 0.3 else entries.say(u, i, "not yet"),
    lambda u, i, _, __: commands.reopen(u, i),
)  # fmt: skip


async def check(db: Database, incident_id: UUID) -> None:
    """No gap, every entry readable, the incident's row and its items what the entries say."""
    found = await entries_after(db, incident_id, 0, 100_000)
    assert [e.seq for e in found] == list(range(1, len(found) + 1))
    for entry in found:
        if entry.redacted_at is None:
            assert decode(entry.kind, entry.payload).sentence()
    await fold_and_compare(db)
    await fold_items(db, incident_id)


async def some_seq(db: Database, incident_id: UUID, chance: random.Random) -> int:
    items = await items_of(db, incident_id)
    return chance.choice(items).seq if items and chance.random() < 0.8 else chance.randint(1, 30)


async def one(db: Database, actor: Actor, incident_id: UUID, number: int, chance: random.Random) -> None:
    """One thing, refused or done."""
    seq = await some_seq(db, incident_id, chance)
    try:
        async with db.unit(actor, "web") as u:
            await ACTS[number](u, incident_id, chance, seq)
    except TocsinError:
        pass


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, len(ACTS) - 1)), min_size=10, max_size=60),
    chance=st.randoms(use_true_random=False),
)
async def test_any_order_of_what_three_people_do(
    db: Database, company: Company, steps: list[tuple[int, int]], chance: random.Random
) -> None:
    actors = (company.as_ana(), company.as_ben(), company.admin())
    incident = await declared(db, company.as_ana())
    for who, number in steps:
        await one(db, actors[who], incident.id, number, chance)
    await check(db, incident.id)


@pytest.mark.parametrize("seed", range(8))
async def test_at_once_too(db: Database, company: Company, seed: int) -> None:
    incident = await declared(db, company.as_ana())

    async def person(actor: Actor, chance: random.Random) -> None:
        for _ in range(30):
            await one(db, actor, incident.id, chance.randrange(len(ACTS)), chance)

    await asyncio.gather(
        *(
            person(a, random.Random(seed * 10 + n))  # noqa: S311 - chance, no secret
            for n, a in enumerate((company.as_ana(), company.as_ben(), company.admin()))
        )
    )
    assert (await again(db, incident)).head > 10
    await check(db, incident.id)
