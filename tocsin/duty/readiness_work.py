"""What readiness does by itself: telling whoever is not ready before their shift, and a quiet test of each contact method
once a week, with its receipt."""

from datetime import datetime, timedelta
from uuid import UUID

from tocsin.duty.readiness import readiness_of, sql
from tocsin.duty.tell import tell
from tocsin.duty.words import day_and_time
from tocsin.kernel import work
from tocsin.kernel.commands import command
from tocsin.kernel.crypto import BadSignature, Keys
from tocsin.kernel.db import ENGINE, Database, Row, Unit
from tocsin.kernel.errors import NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.work import Job, Work
from tocsin.oncall.hours import WorkingHours, next_working_moment

LOOK, TEST = "duty.readiness", "duty.method_tests"
LOOK_EVERY, TEST_EVERY = timedelta(minutes=10), timedelta(hours=1)
PURPOSE, LIFETIME = "receipt", timedelta(days=14)
#: How long before a shift it is said, the nearest first.
BEFORE = (("an hour", timedelta(hours=1)), ("a day", timedelta(days=1)), ("a week", timedelta(days=7)))


async def look(db: Database, _: Work) -> None:
    """Job, every ten minutes: who is put on call within a week and is not ready hears of it, and so do the owners."""
    people = [row["user_id"] for row in await db.rows(sql.soon_on_call)]
    waiting = {p: r for p, r in (await readiness_of(db, people)).items() if not r.ready}
    for row in await db.rows(sql.next_starts, list(waiting)):
        async with db.unit(ENGINE, "engine") as u:
            await _warn(u, row, waiting[row["user_id"]].name, waiting[row["user_id"]].problems)
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, LOOK, {}, key="timer", due_at=await u.clock() + LOOK_EVERY)


async def _warn(u: Unit, row: Row, name: str, problems: tuple[str, ...]) -> None:
    left = row["starts_at"] - await u.clock()
    how_long, _ = next(each for each in BEFORE if left <= each[1])
    key = f"ready:{row['user_id']}:{row['schedule_id']}:{row['starts_at'].isoformat()}:{how_long}"
    what = " ".join(problems)
    when = day_and_time(row["starts_at"], row["time_zone"])
    await tell(
        u, [row["user_id"]], f"Not ready for your shift {when}",
        f"You are on call for {row['schedule']} from {when}. {what} A page might not reach you.",
        "/settings/profile", f"{key}:own", urgent=how_long == "an hour",
    )  # fmt: skip
    others = [owner for owner in row["owners"] if owner != row["user_id"]]
    await tell(
        u, others, f"{name} is not ready for {row['schedule']}",
        f"{name} is on call for {row['schedule']} in {how_long} or sooner. {what} They were told.",
        f"/on-call/{row['schedule_id']}", f"{key}:owners",
    )  # fmt: skip


# -- weekly tests


async def test_methods(db: Database, keys: Keys) -> None:
    """Queues what is due of whoever is at work now; the others' wait for their hours."""
    now = await db.clock()
    due = [row for row in await db.rows(sql.due_tests) if next_working_moment(_hours(row), now) == now]
    if not due:
        return
    async with db.unit(ENGINE, "engine") as u:
        await u.run(sql.lock_method)
        still = {row["id"] for row in await u.rows(sql.due_tests)}
        for row in due:
            if row["id"] in still:
                await _test(u, keys, row, now)
        u.touch("work")


async def _test(u: Unit, keys: Keys, row: Row, now: datetime) -> None:
    test_id = new_id()
    message = {
        "subject": "Weekly test: nothing is wrong",
        "text": f"No alarm, {row['name']}: this is the weekly test of this contact method. Please confirm that it arrived.",
        "url": f"/receipt/{receipt_token(keys, test_id, now + LIFETIME)}",
    }
    delivery = await u.value(
        sql.queue_test, row["user_id"], row["id"], row["transport"], row["address"], message
    )
    await u.run(sql.add_test, test_id, row["id"], delivery)


def _hours(row: Row) -> WorkingHours:
    return WorkingHours(row["time_zone"], row["work_starts"], row["work_ends"], tuple(row["work_days"]))


@command("method_test.confirm")
async def confirm_test(u: Unit, test_id: UUID) -> None:
    """The receipt of a weekly test, from the link in its message; the door has checked the signature."""
    if not await u.run(sql.confirm, test_id):
        raise NotFound("This test does not exist any more.")


def receipt_token(keys: Keys, test_id: UUID, expires_at: datetime) -> str:
    """For one test, and nothing else."""
    return keys.sign(PURPOSE, {"t": test_id.hex}, expires_at)


def test_of_token(keys: Keys, token: str, now: datetime) -> UUID:
    """The test that a link is for. Raises BadSignature or Expired."""
    found = keys.verify(PURPOSE, token, now).get("t")
    if not isinstance(found, str):
        raise BadSignature("This link is not valid.")
    return UUID(hex=found)


def jobs(keys: Keys) -> dict[str, Job]:
    """The looks, with the keys that sign receipts."""

    async def test(db: Database, _: Work) -> None:
        """Job, every hour."""
        await test_methods(db, keys)
        async with db.unit(ENGINE, "engine") as u:
            await work.add(u, TEST, {}, key="timer", due_at=await u.clock() + TEST_EVERY)

    return {LOOK: look, TEST: test}


async def begin(db: Database) -> None:
    """Called at every start: due once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, LOOK, {}, key="timer")
        await work.add(u, TEST, {}, key="timer")
