"""Why somebody was paged, and why not: answered from rows alone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.domain.paging_world import Later, World, run, unfolded
from tocsin.alerts.model import Alert
from tocsin.alerts.queries import alert_by_id
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.kernel.ids import new_id
from tocsin.paging import why
from tocsin.paging.why_model import span


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def the(db: Database, alert: object) -> Alert:
    found = await alert_by_id(db, alert)  # type: ignore[arg-type]
    assert found is not None
    return found


async def asked(world: World, alert: object, user: object) -> list[str]:
    answer = await why.why(world.db, await the(world.db, alert), user)  # type: ignore[arg-type]
    assert not answer.paged
    return [reason.text for reason in answer.reasons]


async def test_a_page_says_its_step_its_shift_and_its_rules(world: World) -> None:
    alert = await world.open()
    await world.settle()
    answer = await why.why(world.db, await the(world.db, alert), world.company.ana)
    (page,) = answer.pages
    assert page.item.page.reason == "step 1, on call for Payments on-call"
    shift, rule = page.because
    assert shift.text == "On call for Payments on-call"
    assert shift.at is not None
    assert shift.until is not None
    assert shift.until - shift.at == timedelta(days=7)
    assert rule.text == "By the rules for high urgency: email at once."
    assert [(t.vendor, t.words) for t in page.item.attempts] == [("email", "handed over")]


async def test_without_a_rule_every_verified_method_is_used(world: World) -> None:
    await run(world.db, "delete from notification_rules")
    alert = await world.open()
    await world.settle()
    (page,) = (await why.why(world.db, await the(world.db, alert), world.company.ana)).pages
    assert page.because[-1].text == "There is no rule for high urgency: every verified method is used."


async def test_a_step_that_was_not_reached_names_who_acknowledged(world: World) -> None:
    alert = await world.open()
    await world.settle()
    assert await asked(world, alert, world.company.ben) == ["Step 2 names Ben Okafor; it is not due yet."]
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    assert await asked(world, alert, world.company.ben) == [
        "Step 2 names Ben Okafor; it was not reached.",
        "Paging ended: Ana Silva acknowledged.",
    ]


async def test_somebody_who_was_not_on_call_hears_who_was(world: World) -> None:
    company = world.company
    await run(world.db, "delete from escalation_steps where position = 1")
    await run(
        world.db,
        "insert into shifts (schedule_id, user_id, starts_at, ends_at)"
        " values ($1, $2, clock() + interval '6 days', clock() + interval '9 days')",
        company.schedule, company.ben,
    )  # fmt: skip
    alert = await world.open()
    await world.settle()
    assert await asked(world, alert, company.ben) == [
        "Step 1 paged Ana Silva. Ben Okafor was not on call for Payments on-call."
    ]


async def test_somebody_whom_the_policy_does_not_know(world: World) -> None:
    alert = await world.open()
    await world.settle()
    assert await asked(world, alert, world.company.vic) == [
        "The policy Payments names neither Vic Viewer nor a schedule that they take turns in."
    ]


async def test_an_alert_that_pages_nobody_says_so_to_everybody(world: World) -> None:
    alert = await world.open(service=None)
    await world.settle()
    (reason,) = await asked(world, alert, world.company.ana)
    assert reason == "Nobody is paged because this alert belongs to no service."


async def test_what_it_does_not_know_is_told_as_it_is_stored(world: World) -> None:
    """Reasons and skipped steps of later versions: their sentence is enough."""
    await run(world.db, "delete from shifts")
    alert = await world.open()
    await world.settle()
    row = await world.escalation(alert)
    await run(world.db, "update empty_steps set reason = 'Skipped: outside working hours.'")
    await run(world.db, "alter table escalations drop constraint escalations_end_reason_check")
    await run(
        world.db,
        "update escalations set ended_at = clock(), next_at = null, end_reason = 'suppressed',"
        " error = 'Suppressed: the database is down, see #7.' where id = $1",
        row["id"],
    )
    await run(
        world.db,
        "insert into shifts (schedule_id, user_id, starts_at, ends_at)"
        " values ($1, $2, clock() + interval '1 day', clock() + interval '2 days')",
        world.company.schedule, world.company.ana,
    )  # fmt: skip
    assert await asked(world, alert, world.company.ana) == [
        "Step 1 paged nobody: Skipped: outside working hours. Ana Silva was not on call for Payments on-call.",
        "Suppressed: the database is down, see #7.",
    ]


async def test_methods_that_do_not_work_and_disabled_accounts_are_named(world: World) -> None:
    company = world.company
    alert = await world.open()
    await world.decide()
    await run(world.db, "update users set disabled_at = clock() where id = $1", company.ben)
    await run(world.db, "delete from contact_methods where user_id = $1", company.ben)
    found = await asked(world, alert, company.ben)
    assert found[0] == "The account of Ben Okafor is disabled."
    assert found[-1] == "Ben Okafor has no contact method."


async def test_alerts_that_could_have_paged_somebody_are_listed(world: World, later: Later) -> None:
    first = await world.open()
    await world.settle()
    await world.acknowledge(first, world.company.ana, "Ana Silva")
    await world.settle()
    now = await world.db.clock()
    week = timedelta(days=7)
    missed = await why.not_paged(world.db, world.company.ben, now - week, now + week)
    assert [each.id for each in missed] == [first]
    assert await why.not_paged(world.db, world.company.ana, now - week, now + week) == []
    assert await why.not_paged(world.db, world.company.vic, now - week, now + week) == []
    second = await world.open()
    await world.settle()
    await later(seconds=301)
    await world.settle()
    missed = await why.not_paged(world.db, world.company.ben, now - week, now + week)
    assert second not in [each.id for each in missed]


async def test_who_may_read_whose(world: World) -> None:
    company = world.company
    for actor, user, allowed in (
        (company.as_ana(), company.ana, True), (company.as_ana(), company.ben, False), (company.admin(), company.ben, True),
        (company.as_vic(), company.ana, False),
    ):  # fmt: skip
        assert await why.may_read(world.db, actor, user) is allowed
    await run(world.db, "update team_members set role = 'admin' where user_id = $1", company.ana)
    assert await why.may_read(world.db, company.as_ana(), company.ben)
    assert not await why.may_read(world.db, company.as_ana(), company.vic)
    with pytest.raises(Forbidden):
        await why.check_reader(world.db, company.as_ben(), company.ana)


async def test_nobody_of_that_name(world: World) -> None:
    alert = await world.open()
    with pytest.raises(NotFound):
        await why.why(world.db, await the(world.db, alert), new_id())


@pytest.mark.parametrize(("seconds", "words"), [(0, "at once"), (90, "after 90 s"), (300, "after 5 min")])
def test_delays_in_words(seconds: int, words: str) -> None:
    assert span(seconds) == words
