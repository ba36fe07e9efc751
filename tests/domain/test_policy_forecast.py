"""The preview and the engine agree on who is paged when, for any policy, as long as nobody answers."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.domain.paging_world import World, run, unfolded
from tests.domain.policy_world import notes, person, shift, team, use
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id
from tocsin.paging import policy_queries, queries
from tocsin.paging.conditions import ALWAYS, Conditions, Hours
from tocsin.paging.drafts import StepDraft, TargetDraft
from tocsin.paging.forecast import Facts, PlannedStep
from tocsin.paging.plans import Final, Kind

KINDS = [
    Kind.USER, Kind.SCHEDULE, Kind.NEXT, Kind.PREVIOUS, Kind.TEAM, Kind.WHOLE_TEAM, Kind.ROUND_ROBIN, Kind.WEBHOOK,
]  # fmt: skip
#: So close to each other the two must be: the engine runs a moment after a step is due.
CLOSE_S = 20.0


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


class Pool:
    """People, teams and schedules to draw from: some cannot be reached, one schedule is empty, one has gaps."""

    def __init__(self) -> None:
        self.of: dict[str, list[UUID]] = {"user": [], "schedule": [], "team": [], "channel": [new_id()]}

    async def fill(self, world: World) -> None:
        c = world.company
        rules = ["on_call", "everybody", "round_robin", "on_call"]
        self.of["team"] = [await team(world, f"Team {n}", rule) for n, rule in enumerate(rules)]
        people = [
            await person(world, f"Person {n}", reachable=n % 3 > 0, team=self.of["team"][n % 3])
            for n in range(7)
        ]
        self.of["user"] = [*people, c.ana, c.ben]
        await run(
            world.db,
            "insert into page_channels (id, kind, name, transport, address)"
            " values ($1, 'webhook', 'Hook', 'webhook', 'https://hook.example') on conflict do nothing",
            self.of["channel"][0],
        )
        for number in range(3):
            schedule = new_id()
            await run(
                world.db, "insert into schedules (id, name, team_id, time_zone) values ($1, $2, $3, 'UTC')",
                schedule, f"Schedule {number}", self.of["team"][0] if number < 2 else None,
            )  # fmt: skip
            self.of["schedule"].append(schedule)
        for n in range(-8, 40):  # Four hours each; the second schedule has gaps, the third nobody.
            await shift(world, self.of["schedule"][0], people[(n // 2) % 4], n * 4 + 0.1, n * 4 + 4.1)
            if n % 3:
                await shift(world, self.of["schedule"][1], people[n % 7], n * 4 + 1.3, n * 4 + 5.3)


def conditions(draw: Any) -> Conditions:
    kind = draw(st.sampled_from(["none", "none", "hours", "priority", "tag"]))
    if kind == "hours":
        start, end = draw(st.integers(0, 23)), draw(st.integers(0, 23))
        return Conditions(
            Hours("Asia/Kolkata", (1, 2, 3, 4, 5, 6), time(start), time(end), draw(st.booleans()))
        )
    if kind == "priority":
        return Conditions(None, draw(st.sampled_from([(1,), (1, 2), (5,)])))
    return Conditions(None, (), ("db",), ()) if kind == "tag" else ALWAYS


@st.composite
def policies(draw: Any) -> dict[str, Any]:
    """Indexes instead of ids: the pool is made per example."""
    count = draw(st.integers(1, 4))
    delays = sorted(draw(st.sets(st.integers(0, 40), min_size=count, max_size=count)))
    steps = [
        (
            delay * 600,
            draw(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 20)), min_size=1, max_size=3)),
            conditions(draw),
        )
        for delay in delays
    ]
    final = draw(st.sampled_from([None, 0, 1, 2, 3]))
    return {"steps": steps, "final": final, "repeats": draw(st.integers(0, 2)), "again_s": 600}


async def clock_at(db: Database, at: datetime, real: datetime) -> None:
    """The database's clock, moved so that it shows `at` at the real moment."""
    await run(
        db,
        "create or replace function clock() returns timestamptz language sql stable parallel safe"
        f" return statement_timestamp() + interval '{(at - real).total_seconds()} seconds'",
    )


async def start_afresh(db: Database) -> None:
    """Nothing in it, and 200 seconds past a tenth minute: no hour and no shift begins in the moment between a step's time and
    the engine's."""
    await run(
        db, "truncate users, teams, schedules, alerts, escalation_policies, services, integrations cascade"
    )
    (row,) = await run(db, "select statement_timestamp() as real")
    whole = row["real"].replace(minute=row["real"].minute // 10 * 10, second=0, microsecond=0)
    await clock_at(db, whole + timedelta(seconds=200), row["real"])


async def played(world: World, alert: UUID) -> list[tuple[int, int, datetime, tuple[str, ...], str]]:
    """What the engine did, step by step: who was paged, or why not, and when."""
    while (escalation := await world.escalation(alert))["next_at"] is not None:
        rows = await run(world.db, "select statement_timestamp() as real")
        await clock_at(world.db, escalation["next_at"] + timedelta(seconds=0.01), rows[0]["real"])
        await world.decide()
    told: dict[tuple[int, int], tuple[datetime, list[str], str]] = {}
    for item in await queries.ledger(world.db, alert):
        page = item.page
        told.setdefault((page.round, page.step), (page.created_at, [], ""))[1].append(page.user_name)
    found = await queries.empty_steps(world.db, alert)
    for empty in found:
        names = told.get((empty.round, empty.step), (empty.at, [], ""))[1]
        told[empty.round, empty.step] = (empty.at, names, empty.reason)
    assert len(await notes(world, alert)) == len(found)
    return [(*where, at, tuple(sorted(names)), why) for where, (at, names, why) in sorted(told.items())]


def shown(steps: list[PlannedStep]) -> list[tuple[int, int, datetime, tuple[str, ...], str]]:
    return [(s.round, s.step, s.at, tuple(sorted([*s.people, *s.channels])), s.note) for s in steps]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(drawn=policies(), priority=st.sampled_from([1, 2, 5]), tagged=st.booleans())
async def test_the_preview_says_what_the_engine_does(
    db: Database, drawn: dict[str, Any], priority: int, tagged: bool
) -> None:
    await start_afresh(db)
    world = World(db, await Company.found(db))
    pool = Pool()
    await pool.fill(world)
    steps = [
        StepDraft(
            delay, tuple(TargetDraft(k, pool.of[k.of][n % len(pool.of[k.of])]) for k, n in targets), when
        )
        for delay, targets, when in drawn["steps"]
    ]
    final = Final(nobody=True) if drawn["final"] is None else Final(pool.of["team"][drawn["final"]])
    await use(world, *steps, final=final, repeats=drawn["repeats"], repeat_after_s=drawn["again_s"])
    policy = await queries.policy(db, world.company.policy)
    assert policy is not None
    facts = Facts(priority, ("DB",) if tagged else ())
    expected = await policy_queries.preview(db, policy.rules, await db.clock(), facts.priority, facts.tags)
    alert = await world.open(priority=priority)
    await run(db, "update alerts set tags = $2 where id = $1", alert, list(facts.tags))
    await world.decide()
    real, said = await played(world, alert), shown(expected.steps)
    assert [(r, s, who, why) for r, s, _, who, why in real] == [
        (r, s, who, why) for r, s, _, who, why in said
    ]
    for (_, _, at, _, _), (_, _, wanted, _, _) in zip(real, said, strict=True):
        assert abs((at - wanted).total_seconds()) < CLOSE_S
