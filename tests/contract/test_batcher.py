"""The group commit: answered after it, shared by those who wait, harmed by nobody's bad row, honest when the database is away."""

import asyncio
from typing import Any

import pytest

from tests.contract.door import Door, stored
from tests.contract.wire import Wire
from tocsin.alerts import queries
from tocsin.alerts.model import Arrival, Signal, fit
from tocsin.edge.batcher import Batcher
from tocsin.edge.intake import Intake
from tocsin.kernel.db import Database, connect
from tocsin.kernel.errors import Invalid, Unavailable
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement


def arrival(alias: str, message: str = "m", **more: Any) -> Arrival:
    signal = fit(Signal(alias=alias, message=message))
    return Arrival(signal, more.pop("scope", SCOPE), None, "Test", None, more.pop("urgency", "high"), **more)


SCOPE = new_id()


async def test_all_who_wait_are_answered_after_their_commit(db: Database) -> None:
    batcher = Batcher(db)

    async def one(n: int) -> None:
        (outcome,) = await batcher.take_in([arrival(str(n))])
        assert outcome.id is not None
        assert await queries.alert_by_id(db, outcome.id), "answered before the commit"

    await asyncio.gather(*(one(n) for n in range(100)))
    commits = await db.rows(
        Statement("test", "select count(*) as alerts, count(distinct xmin::text) as commits from alerts")
    )
    assert commits[0]["alerts"] == 100
    assert commits[0]["commits"] < 50, "commits are shared"


async def test_a_bad_row_answers_alone(db: Database) -> None:
    batcher = Batcher(db)
    rows = [[arrival(str(n), urgency="purple" if n == 7 else "high")] for n in range(20)]
    answers = await asyncio.gather(*(batcher.take_in(row) for row in rows), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if isinstance(answer, Invalid)] == [7]
    assert len(await stored(db)) == 19


async def test_a_bad_row_among_others_of_one_request_has_an_outcome(db: Database) -> None:
    answers = await Batcher(db).take_in([arrival("a"), arrival("b", urgency="purple"), arrival("c")])
    assert [answer.success for answer in answers] == [True, False, True]
    assert "refused" in answers[1].status
    assert set(await stored(db)) == {"a", "c"}


async def test_opposite_orders_in_two_processes_end_well(db: Database) -> None:
    """Each process's batches hold the same aliases the other way round, in several rounds."""
    one, other = Batcher(db), Batcher(db)
    forth = [arrival(str(n % 10)) for n in range(40)]
    rounds = [each for _ in range(10) for each in (one.take_in(forth), other.take_in(forth[::-1]))]
    assert all(outcome.id for outcomes in await asyncio.gather(*rounds) for outcome in outcomes)


async def test_when_too_many_wait_the_rest_is_sent_away(db: Database) -> None:
    batcher = Batcher(db, most=2, room=4)
    answers = await asyncio.gather(
        *(batcher.take_in([arrival(str(n))]) for n in range(20)), return_exceptions=True
    )
    away = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert away
    assert len(await stored(db)) == 20 - len(away)


async def test_close_answers_everybody_and_takes_nothing_more(db: Database) -> None:
    batcher = Batcher(db)
    waiting = [asyncio.ensure_future(batcher.take_in([arrival(str(n))])) for n in range(50)]
    await asyncio.sleep(0)  # lets the tasks begin, so that they wait
    await batcher.close()
    assert all(each.done() and each.result()[0].id for each in waiting)
    with pytest.raises(Unavailable):
        await batcher.take_in([arrival("late")])


async def test_a_client_that_leaves_harms_nobody(db: Database) -> None:
    batcher = Batcher(db)
    waiting = [asyncio.ensure_future(batcher.take_in([arrival(str(n))])) for n in range(10)]
    await asyncio.sleep(0)  # lets the tasks begin, so that they wait
    waiting[3].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(answer, list) for answer in answers) == 9


async def test_while_the_database_is_away_everybody_gets_503_and_then_it_goes_on(
    db: Database, key: str, wire: Wire
) -> None:
    away = await connect(wire.dsn, size=4)
    intake = Intake(away)
    door = Door(intake)
    assert (await door.post("/v1/alerts", {"message": "m", "alias": "before"}, key)).status == 202
    await wire.cut()
    answers = await asyncio.gather(
        *(door.post("/v1/alerts", {"message": "m", "alias": str(n)}, key) for n in range(50))
    )
    assert {(answer.status, int(answer.headers["retry-after"]) > 0) for answer in answers} == {(503, True)}
    imitated = await door.post("/v2/alerts", {"message": "m"}, key)
    assert (imitated.status, "took" in imitated.data) == (503, True)
    assert set(await stored(db)) == {"before"}
    await wire.mend()
    async with asyncio.timeout(20):
        status = 503
        while status == 503:
            status = (await door.post("/v1/alerts", {"message": "m", "alias": "after"}, key)).status
    assert status == 202
    assert "after" in await stored(db)
    await intake.close()
    await away.close()
