"""Paging by name: whom a text means, that it is a real alert, and that its sender hears how it went."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.paging_world import Later, World, run, value
from tests.support import Company
from tocsin.alerts.commands import acknowledge, close, unacknowledge
from tocsin.alerts.silence_model import SilenceDraft
from tocsin.alerts.silences import create_silence
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Forbidden, Invalid
from tocsin.paging import queries
from tocsin.paging.direct import names, send_page, whom
from tocsin.paging.direct_watch import PageWatch
from tocsin.paging.reconcile import reconcile
from tocsin.paging.whom import split
from tocsin.paging.work import FOLLOWS
from tocsin.record.queries import entries_after


@pytest.fixture(autouse=True)
def following(db: Database) -> None:
    """What follows an entry follows it here too."""
    db.follows = lambda kind: FOLLOWS.get(kind, ())


async def sent(
    world: World, target: str, message: str = "Replica lag grows", key: str | None = None, **more: Any
) -> dict[str, Any]:
    async with world.db.unit(world.company.admin(), "web", key) as u:
        return await send_page(u, target, message, **more)


async def told(db: Database) -> list[tuple[str, str]]:
    rows = await run(
        db,
        "select u.name, d.message ->> 'text' as text from deliveries d join users u on u.id = d.user_id"
        " where d.purpose = 'notice' and d.page_id is null order by d.queued_at",
    )
    return [(row["name"].split()[0], row["text"]) for row in rows]


async def kinds(world: World, alert: Any) -> list[str]:
    return [entry.kind for entry in await entries_after(world.db, alert)]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("the payments on-call", ["Ana Silva"]), ("Payments oncall", ["Ana Silva"]), ("schedule payments", ["Ana Silva"]),
        ("team payments", ["Ana Silva"]), ("ben", ["Ben Okafor"]), ("BEN@example.org", ["Ben Okafor"]),
        ("okafor", ["Ben Okafor"]), ("checkout", ["Ana Silva"]), ("policy payments", ["Ana Silva"]), ("Bén", ["Ben Okafor"]),
    ],
)  # fmt: skip
async def test_a_name_is_understood(world: World, text: str, people: list[str]) -> None:
    assert [w.name for w in (await whom(world.db, text)).people] == people
    answer = await sent(world, text)
    assert answer["people"] == people


@pytest.mark.parametrize(
    ("text", "expected"),
    [("payments", "policy Payments"), ("an", "nobody and nothing named an"), ("databse", "nobody and nothing named databse"),
     ("checkuot", "Did you mean Checkout?"), ("", "nobody and nothing"), ("the", "nobody and nothing")],
)  # fmt: skip
async def test_what_is_not_clear_pages_nobody(world: World, text: str, expected: str) -> None:
    with pytest.raises(Invalid, match="Nobody was paged") as error:
        await sent(world, text)
    assert expected in str(error.value)
    assert error.value.field == "target"
    assert await value(world.db, "select count(*) from alerts") == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"payments on-call" lag grows', ("payments on-call", "lag grows")),
        ("the payments on-call lag grows", ("the payments on-call", "lag grows")),
        ("ben: come here", ("ben", "come here")), ("ben okafor is needed", ("ben okafor", "is needed")),
        ("team payments", ("team payments", "")), ("checkout service is down", ("checkout service", "is down")),
        ("nobody here", ("nobody", "here")), ("", ("", "")), ("checkout on fire: now", ("checkout", "on fire: now")),
        ("payments on-call https://grafana.example/d?x=1", ("payments on-call", "https://grafana.example/d?x=1")),
        ("payments on-call: https://grafana.example", ("payments on-call", "https://grafana.example")),
        ("payments on-call:lag grows", ("payments on-call", "lag grows")), ("ben@example.org:", ("ben@example.org", "")),
        ("ben at 10:30 it broke", ("ben", "at 10:30 it broke")),
    ],
)  # fmt: skip
async def test_one_line_is_target_and_message(world: World, line: str, expected: tuple[str, str]) -> None:
    assert split(line, await names(world.db)) == expected


async def test_it_is_a_real_alert(world: World) -> None:
    answer = await sent(world, "payments on-call")
    alert = answer["alert"]
    row = (await run(world.db, "select * from alerts where id = $1", alert))[0]
    assert (row["priority"], row["urgency"], row["source"], row["message"]) == (
        2,
        "high",
        "Ada Admin",
        "Replica lag grows",
    )
    assert await world.states(alert) == [("Ana", "email", "queued")]
    await world.settle()
    assert await world.states(alert) == [("Ana", "email", "sent")]
    assert await kinds(world, alert) == ["alert_opened", "page_sent"]
    assert await value(world.db, "select count(*) from escalations") == 1


async def test_a_double_click_pages_once(world: World) -> None:
    first = await sent(world, "ben", key="once")
    assert await sent(world, "ben", key="once") == first
    assert await value(world.db, "select count(*) from pages") == 1


async def test_viewers_page_nobody(world: World) -> None:
    with pytest.raises(Forbidden):
        async with world.db.unit(world.company.as_vic(), "web") as u:
            await send_page(u, "ben", "Hello")


async def test_the_sender_hears_who_has_it(world: World) -> None:
    answer = await sent(world, "ben")
    async with world.db.unit(world.company.as_ben(), "web") as u:
        await acknowledge(u, answer["alert"])
    await world.settle()
    assert await told(world.db) == [("Ada", f"Ben Okafor has it: [P2 #{answer['number']}] Replica lag grows")]
    assert (await world.escalation(answer["alert"]))["end_reason"] == "acknowledged"


async def test_nobody_answers(world: World, later: Later) -> None:
    watch = PageWatch(world.db)
    alert = (await sent(world, "team payments"))["alert"]
    await world.settle()
    await watch.turn()
    assert await told(world.db) == []
    for minutes, pages in ((6, 2), (4, 2)):
        await later(minutes=minutes)
        await world.settle()
        await watch.turn()
        assert (len(await world.pages(alert)), await told(world.db)) == (pages, [])
    await later(minutes=2)
    await watch.turn()
    await watch.turn()
    assert [who for who, _ in await told(world.db)] == ["Ada"]
    assert "Nobody answered the page to Payments: [P2 #" in (await told(world.db))[0][1]
    assert (await kinds(world, alert))[-1] == "page_unanswered"
    assert await value(world.db, "select look_at from direct_pages") is None
    escalation = await queries.escalation_of(world.db, alert)
    assert "Nobody answered" in queries.why_quiet(escalation)


async def test_given_back_it_pages_the_same_again_and_is_watched(world: World) -> None:
    alert = (await sent(world, "ben"))["alert"]
    async with world.db.unit(world.company.as_ben(), "web") as u:
        await acknowledge(u, alert)
    await world.settle()
    await PageWatch(world.db).turn()
    assert await value(world.db, "select look_at from direct_pages") is None
    async with world.db.unit(world.company.as_ben(), "web") as u:
        await unacknowledge(u, alert)
    await world.settle()
    assert [name for name, _, _ in await world.pages(alert)] == ["Ben", "Ben"]
    assert await value(world.db, "select look_at from direct_pages") is not None
    async with world.db.unit(world.company.as_ben(), "web") as u:
        await close(u, alert)
    await world.settle()
    await PageWatch(world.db).turn()
    assert await value(world.db, "select look_at from direct_pages") is None


async def test_a_schedule_that_nobody_holds_is_told_at_once(world: World) -> None:
    await run(world.db, "delete from shifts")
    answer = await sent(world, "payments on-call")
    assert answer["people"] == []
    for _ in range(3):
        await world.settle()
        await PageWatch(world.db).turn()
        await run(world.db, "update escalations set next_at = clock() where ended_at is null")
        await run(world.db, "update direct_pages set look_at = clock() where look_at is not null")
    assert "Nobody could be reached" in (await told(world.db))[0][1]
    assert (await kinds(world, answer["alert"]))[1:3] == ["step_found_nobody", "page_sent"]


async def test_a_clock_that_goes_back_puts_off_no_look(world: World, later: Later) -> None:
    await sent(world, "ben")
    await world.settle()
    await PageWatch(world.db).turn()
    await later(seconds=31)
    await reconcile(world.db)
    await later(hours=-6)
    await reconcile(world.db)
    assert await value(world.db, "select look_at < clock() + interval '6 minutes' from direct_pages") is True


async def test_maintenance_does_not_hold_back_what_a_person_sends(world: World) -> None:
    now = await world.db.clock()
    draft = SilenceDraft("new disks", now, now + timedelta(hours=1), service_ids=(world.company.service,))
    async with world.db.unit(world.company.admin(), "web") as u:
        await create_silence(u, draft)
    alert = (await sent(world, "checkout"))["alert"]
    await world.settle()
    assert await world.states(alert) == [("Ana", "email", "sent")]


async def test_a_service_without_a_policy_is_refused(world: World, company: Company) -> None:
    await run(world.db, "update services set escalation_policy_id = null where id = $1", company.service)
    with pytest.raises(Invalid, match="no escalation policy"):
        await sent(world, "checkout")
