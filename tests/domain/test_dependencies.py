"""Alerts under the alert of what their service depends on: quiet while it is open, and paged when it is over."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.domain.paging_world import Later, World, run, unfolded, value
from tocsin.catalog.commands import create_service
from tocsin.catalog.dependencies import dependencies, set_dependencies
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Forbidden, Invalid, NotFound
from tocsin.paging.reconcile import reconcile
from tocsin.paging.silenced import beneath, quiet_now, quiet_of


async def look(world: World) -> None:
    """The reconciler's next look, half a minute after the one before."""
    await run(world.db, "update reconciler set ran_at = clock() - interval '1 minute'")
    assert await reconcile(world.db) is not None


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


class Street:
    """Checkout depends on Stock, and Stock on the Database; the first two stay quiet under what they depend on."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.checkout = world.company.service

    async def build(self) -> "Street":
        self.stock, self.database = await self.service("Stock"), await self.service("Database")
        await self.depend(self.checkout, self.stock)
        await self.depend(self.stock, self.database)
        return self

    async def service(self, name: str) -> UUID:
        async with self.world.db.unit(self.world.company.admin(), "web") as u:
            return await create_service(u, name, escalation_policy_id=self.world.company.policy)

    async def depend(self, service: UUID, *on: UUID, quiet: bool = True) -> None:
        async with self.world.db.unit(self.world.company.admin(), "web") as u:
            await set_dependencies(u, service, on, quiet=quiet)

    async def alert(self, service: UUID, priority: int = 2) -> UUID:
        alert = await self.world.open(service=service, priority=priority)
        await self.world.settle()
        return alert

    async def paged(self, alert: UUID) -> bool:
        return bool(await self.world.pages(alert))


@pytest.fixture
async def street(world: World) -> Street:
    return await Street(world).build()


async def test_an_alert_under_another_pages_nobody(street: Street) -> None:
    above = await street.alert(street.database)
    below = await street.alert(street.checkout)
    assert [await street.paged(a) for a in (above, below)] == [True, False]
    escalation = await street.world.escalation(below)
    assert (escalation["end_reason"], escalation["error"]) == (
        "suppressed",
        "Nobody is paged: under #1 Checkout is failing",
    )
    quiet = await quiet_of(street.world.db, below)
    assert quiet is not None
    assert (quiet.under_number, quiet.until, quiet.silence_id) == (1, None, None)
    assert [b.number for b in await beneath(street.world.db, above)] == [2]
    assert (await quiet_now(street.world.db)).suppressed == 1


async def test_paging_begins_after_the_grace_when_the_one_above_has_closed(
    street: Street, later: Later
) -> None:
    above = await street.alert(street.database)
    below, recovers = await street.alert(street.checkout), await street.alert(street.stock)
    await street.world.acknowledge(above, street.world.company.ana, "Ana Silva")
    await street.world.settle()
    await later(hours=1)
    await street.world.settle()
    assert not await street.paged(below), "an acknowledged one is somebody's"
    await street.world.close(above)
    await street.world.settle()
    await later(seconds=110)
    await street.world.close(recovers)
    await street.world.settle()
    assert not await street.paged(below)
    await later(seconds=11)
    await street.world.settle()
    assert [await street.paged(a) for a in (below, recovers)] == [True, False]
    assert (await quiet_now(street.world.db)).all == 0


async def test_both_at_once_in_one_batch(street: Street) -> None:
    """The one above has no escalation yet when the one below begins."""
    above = await street.world.open(service=street.database, priority=2)
    below = await street.world.open(service=street.checkout, priority=2)
    await street.world.settle()
    assert [await street.paged(a) for a in (above, below)] == [True, False]


@pytest.mark.parametrize(
    ("prepare", "priority"),
    [
        ("select 1", 1),
        ("update services set quiet_under_dependencies = false", 2),
        ("update alerts set urgency = 'low'", 2),
        ("update alerts set closed_at = clock()", 2),
        ("update escalations set ended_at = clock(), next_at = null, end_reason = 'exhausted'", 2),
        ("update escalations set ended_at = clock(), next_at = null, end_reason = 'failed'", 2),
        ("delete from service_dependencies where depends_on_id = (select id from services where name = 'Database')", 2),
    ],
)  # fmt: skip
async def test_when_it_pages_all_the_same(street: Street, prepare: str, priority: int) -> None:
    """P1; not asked for; the one above is not urgent, closed, or has nobody's attention; not dependent."""
    await street.alert(street.database)
    await run(street.world.db, prepare)
    assert await street.paged(await street.alert(street.checkout, priority))


async def test_an_alert_that_opened_before_is_not_under_a_later_one(street: Street) -> None:
    below = await street.alert(street.checkout)
    above = await street.alert(street.database)
    assert [await street.paged(a) for a in (below, above)] == [True, True]


async def test_services_that_depend_on_each_other_never_silence_each_other(
    street: Street, later: Later
) -> None:
    await street.depend(street.database, street.checkout)
    first, second, third = [
        await street.alert(s) for s in (street.checkout, street.database, street.checkout)
    ]
    assert [await street.paged(a) for a in (first, second, third)] == [True, False, True]
    await street.world.close(first)
    await street.world.settle()
    await later(seconds=121)
    await street.world.settle()
    assert await street.paged(second), "the third opened later, and does not keep it quiet"


async def test_five_services_away_is_the_limit(street: Street) -> None:
    chain = [street.database]
    for number in range(4):
        chain.append(await street.service(f"Layer {number}"))
        await street.depend(chain[-2], chain[-1], quiet=False)
    far = chain[-1]
    await street.alert(far)
    assert not await street.paged(await street.alert(street.stock)), "five away"
    assert await street.paged(await street.alert(street.checkout)), "six away"


async def test_nobody_looks_after_the_one_above_any_more(street: Street) -> None:
    above = await street.alert(street.database)
    below = await street.alert(street.checkout)
    await look(street.world)
    await street.world.settle()
    assert not await street.paged(below)
    await run(
        street.world.db,
        "update escalations set ended_at = clock(), next_at = null, end_reason = 'exhausted' where alert_id = $1", above,
    )  # fmt: skip
    await look(street.world)
    await street.world.settle()
    assert await street.paged(below)


async def test_the_one_above_closed_at_the_very_moment(street: Street, later: Later) -> None:
    """Its close was handled before the row of the one below was there: the reconciler finds it, with its grace."""
    above = await street.alert(street.database)
    below = await street.alert(street.checkout)
    await run(street.world.db, "update alerts set closed_at = clock() where id = $1", above)
    await street.world.settle()
    await look(street.world)
    await street.world.settle()
    assert not await street.paged(below)
    await later(seconds=121)
    await street.world.settle()
    assert await street.paged(below)


async def test_setting_them(street: Street) -> None:
    db, admin = street.world.db, street.world.company.admin()
    found = await dependencies(db, street.stock)
    assert ([s.name for s in found.on], [s.name for s in found.of], found.quiet) == (
        ["Database"],
        ["Checkout"],
        True,
    )
    for on, error in (((street.stock,), Invalid), ((UUID(int=1),), Invalid)):
        with pytest.raises(error):
            async with db.unit(admin, "web") as u:
                await set_dependencies(u, street.stock, on, quiet=True)
    with pytest.raises(NotFound):
        async with db.unit(admin, "web") as u:
            await set_dependencies(u, UUID(int=1), (), quiet=True)
    with pytest.raises(Forbidden):
        async with db.unit(street.world.company.as_vic(), "web") as u:
            await set_dependencies(u, street.stock, (), quiet=True)
    await street.depend(street.stock, quiet=False)
    assert await value(db, "select count(*) from service_dependencies") == 1
