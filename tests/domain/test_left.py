"""People whose account is disabled while they are paged."""

from collections.abc import Sequence

import pytest

from tests.domain.paging_world import Later, World, run, value
from tests.domain.policy_world import person
from tocsin.alerts.commands import acknowledge, reassign
from tocsin.kernel.db import Database
from tocsin.paging.commands import page_person
from tocsin.paging.direct import send_page
from tocsin.paging.work import FOLLOWS
from tocsin.people.commands import disable, enable
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after


@pytest.fixture(autouse=True)
def following(db: Database) -> None:
    """What follows an entry follows it here too."""
    db.follows = lambda kind: FOLLOWS.get(kind, ())


async def reported(world: World) -> str:
    """An alert of Checkout, by the commands: its record is folded afterwards."""
    async with world.db.unit(world.company.admin(), "web") as u:
        return str((await send_page(u, "checkout", "Failing"))["alert"])


async def disabled(world: World, *people: object) -> None:
    async with world.db.unit(world.company.admin(), "web") as u:
        for each in people:
            await disable(u, each)


async def ledger(world: World, alert: str) -> Sequence[tuple[str, str, str | None]]:
    rows = await run(
        world.db,
        "select split_part(u.name, ' ', 1) as who, d.state, d.error from deliveries d join pages p on p.id = d.page_id"
        " join users u on u.id = d.user_id where p.alert_id = $1 and d.purpose = 'page' order by p.created_at, who",
        alert,
    )
    return [(row["who"], row["state"], row["error"]) for row in rows]


async def said(world: World, alert: str) -> str:
    return "\n".join(decode(e.kind, e.payload).sentence() for e in await entries_after(world.db, alert))


async def test_what_waits_is_cancelled_and_the_next_step_goes_at_once(world: World) -> None:
    alert = await reported(world)
    await disabled(world, world.company.ana)
    await world.settle()
    assert await ledger(world, alert) == [
        ("Ana", "cancelled", "The account is disabled."),
        ("Ben", "sent", None),
    ]


async def test_who_was_reached_and_left_holds_nothing_up(world: World) -> None:
    alert = await reported(world)
    await world.settle()
    await disabled(world, world.company.ana)
    await world.settle()
    assert await ledger(world, alert) == [("Ana", "sent", None), ("Ben", "sent", None)]


async def test_a_second_person_who_was_reached_has_their_time(world: World) -> None:
    cleo = await person(world, "Cleo", team=world.company.team)
    await run(world.db, "update teams set paging_rule = 'everybody'")
    async with world.db.unit(world.company.admin(), "web") as u:
        alert = (await send_page(u, "team payments", "Failing"))["alert"]
    await disabled(world, cleo)
    await world.settle()
    assert [who for who, _, _ in await ledger(world, alert)] == ["Ana", "Ben", "Cleo"]
    assert (await world.escalation(alert))["round"] == 1
    assert await value(world.db, "select next_at > clock() + interval '4 minutes' from escalations") is True


async def test_the_sender_drops_what_another_process_had(world: World) -> None:
    """Disabled by hand in the database: nothing follows, and the claim itself still says no."""
    alert = await reported(world)
    await run(world.db, "update users set disabled_at = clock() where id = $1", world.company.ana)
    await world.settle()
    assert await ledger(world, alert) == [("Ana", "cancelled", None)]
    assert world.email.got == []


async def test_what_they_had_is_paged_again(world: World) -> None:
    alert = await reported(world)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await acknowledge(u, alert)
    await world.settle()
    await disabled(world, world.company.ana)
    await world.settle()
    assert "gave it back: the account of Ana Silva, who had it, was disabled" in await said(world, alert)
    assert [name for name, _, _ in await world.pages(alert)] == ["Ana", "Ben"]


async def test_what_was_given_to_them_alone_is_paged_again(world: World) -> None:
    alert = await reported(world)
    async with world.db.unit(world.company.admin(), "web") as u:
        await acknowledge(u, alert)
    await world.settle()
    async with world.db.unit(world.company.admin(), "web") as u:
        await reassign(u, alert, world.company.ana)
    await disabled(world, world.company.ana)
    await world.settle()
    assert "whose it was, was disabled" in await said(world, alert)
    assert ("Ben", "sent", None) in await ledger(world, alert)


async def test_a_page_by_name_is_cancelled_too(world: World) -> None:
    alert = await reported(world)
    async with world.db.unit(world.company.admin(), "web") as u:
        await page_person(u, alert, world.company.ben)
    await disabled(world, world.company.ben)
    await world.settle()
    assert sorted(await ledger(world, alert), key=str) == [
        ("Ana", "sent", None), ("Ben", "cancelled", "The account is disabled."),
    ]  # fmt: skip


async def test_the_only_one_who_left_leaves_it_exhausted(world: World) -> None:
    async with world.db.unit(world.company.admin(), "web") as u:
        alert = (await send_page(u, "ben", "Failing"))["alert"]
    await disabled(world, world.company.ben)
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "exhausted"


async def test_it_is_looked_at_a_second_time_unless_they_are_back(world: World, later: Later) -> None:
    await disabled(world, world.company.ana)
    await world.settle()
    assert await value(world.db, "select count(*) from work where kind = 'people.left'") == 1
    async with world.db.unit(world.company.admin(), "web") as u:
        await enable(u, world.company.ana)
    alert = await reported(world)
    await later(minutes=3)
    await world.settle()
    assert await ledger(world, alert) == [("Ana", "sent", None)]
    assert await value(world.db, "select count(*) from work where kind = 'people.left'") == 0
