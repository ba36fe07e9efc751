"""Whatever three people do in a room, in whatever order and at once: the record has no gap, and every row is what its entries say."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tocsin.app  # noqa: F401 - the composition root registers every command and kind
from tests.domain.room_acts import ACTS, NO_ACT, a_room, verbs
from tests.domain.room_fold import CHANGES, INCIDENTS, KNOWN_ANYHOW, UNSURE, fold_beside
from tests.domain.street import declared
from tests.domain.test_items import fold_items
from tests.support import Company, fold_and_compare
from tocsin.alerts import commands as alerts
from tocsin.incidents import field_definitions
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import TocsinError
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

Another = Callable[[], AbstractAsyncContextManager[Database]]
NAMES = tuple(ACTS)
#: Without shrinking: each try takes a second, and what fails is told with the whole record.
MANY = settings(
    max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def test_every_command_is_done_here_or_named_with_the_reason() -> None:
    assert verbs() == set(ACTS) | set(NO_ACT)
    assert set(ACTS) & set(NO_ACT) == set()


def test_the_fold_knows_what_each_kind_may_have_changed() -> None:
    """Taken out or not: a kind that changes what stands beside the row says what is unknown without its words."""
    only_of_people = {
        "responder_joined",
        "responder_on_it",
        "responder_watches",
        "responder_left",
        "incident_imported",
    }
    never = {"entry_pinned", "entry_unpinned", "call_started", "call_ended"}
    assert set(CHANGES) - set(UNSURE) - KNOWN_ANYHOW == only_of_people | never


async def check(db: Database, incident_id: UUID) -> None:
    """No gap, every entry readable, the incident's row and its items what the entries say."""
    found = await entries_after(db, incident_id, 0, 100_000)
    assert [e.seq for e in found] == list(range(1, len(found) + 1))
    for entry in found:
        if entry.redacted_at is None:
            assert decode(entry.kind, entry.payload).sentence()
    await fold_items(db, incident_id)


async def check_all(db: Database) -> None:
    """The same of every incident that came to be, and what stands beside their rows."""
    await fold_and_compare(db)
    await fold_beside(db)
    for row in await db.rows(INCIDENTS):
        await check(db, row["id"])


async def the_street(db: Database, company: Company) -> UUID:
    """Three incidents, one of them private, three alerts, a type and two fields; answers the first incident."""
    async with db.unit(company.admin(), "web") as u:
        for title in ("Outage", "Security"):
            await field_definitions.define_type(u, field_definitions.TypeDraft(title))
        await field_definitions.define_field(u, field_definitions.FieldDraft("Root cause"))
        await field_definitions.define_field(u, field_definitions.FieldDraft("Lost orders", "number"))
        for message in ("Disk is full", "Queue grows", "Odd log-ins"):
            await alerts.report(u, message, service="Checkout")
    first = await declared(db, company.as_ana())
    await declared(db, company.as_ben(), "Search is slow", 3)
    await declared(db, company.as_ben(), "Odd log-ins", 2, private=True)
    return first.id


async def one(
    db: Database, actor: Actor, company: Company, first: UUID, verb: str, chance: random.Random
) -> None:
    """One thing, refused or done."""
    room = await a_room(db, company, first, chance)
    try:
        async with db.unit(actor, "web") as u:
            await ACTS[verb](u, room)
    except TocsinError:
        pass


@MANY
@given(
    steps=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(NAMES)), min_size=20, max_size=120),
    seed=st.integers(0, 10_000),
)
async def test_any_order_of_what_three_people_do(
    another: Another, steps: list[tuple[int, str]], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    async with another() as db:
        company = await Company.found(db)
        actors = (company.as_ana(), company.as_ben(), company.admin())
        first = await the_street(db, company)
        for who, verb in steps:
            await one(db, actors[who], company, first, verb, chance)
        await check_all(db)


@pytest.mark.parametrize("seed", range(8))
async def test_at_once_too(db: Database, company: Company, seed: int) -> None:
    first = await the_street(db, company)

    async def person(actor: Actor, chance: random.Random) -> None:
        for _ in range(60):
            await one(db, actor, company, first, chance.choice(NAMES), chance)

    await asyncio.gather(
        *(
            person(a, random.Random(seed * 10 + n))  # noqa: S311 - chance, no secret
            for n, a in enumerate((company.as_ana(), company.as_ben(), company.admin()))
        )
    )
    assert len(await entries_after(db, first, 0, 100_000)) > 10
    await check_all(db)
