"""The engine under a flood: ten thousand escalations fall due in one second; six thousand pages go to a slow vendor.

A private PostgreSQL with fsync on, a hundred services with a policy and a schedule each. Nothing of ours is replaced: the
engine and the sender are those of a serving process, turned here so that the clock starts when the rows are due.
"""

import asyncio
import math
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.parts import say
from tests.product.harness import free_port
from tocsin.integrations.sms import Sms
from tocsin.integrations.sms_gateway import SmsGateway
from tocsin.kernel import embedded
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import ENGINE, Database, connect
from tocsin.kernel.migrate import migrate
from tocsin.kernel.net import Outbound
from tocsin.kernel.sql import Statement
from tocsin.paging.deliver import Sender
from tocsin.paging.escalate import Engine, advance
from tocsin.paging.links import Links
from tocsin.paging.model import Restraint
from tocsin.paging.reconcile import reconcile
from tocsin.people.permissions import permit
from tocsin.settings import PrivateTargets
from tocsin.vendors import Gateway
from tocsin.web.messages import Messages

OPEN, DUE = 100_000, 10_000
#: The loop's time grows with the number alone; so many are enough to know it.
SAMPLE = 500
ROUNDS = 3
HANDED = 6_000
STORED = 1_000_000
#: What a look would be without knowing which alerts are open, and which escalations run.
FULL_LOOK = """
select count(*) from alerts a left join lateral (
    select x.ended_at, x.end_reason from escalations x where x.alert_id = a.id order by x.started_at desc limit 1
) e on true
where e.end_reason is distinct from 'exhausted' and coalesce(e.ended_at, clock()) < clock() - interval '60 seconds'
"""
VENDOR_S = 0.1


#: A hundred services, each with somebody on call for it, and behind them somebody by name.
COMPANY = """
insert into users (id, email, name, role, time_zone)
    select gen_random_uuid(), 'p' || n || '@example.org', 'Person ' || n, 'member', 'UTC' from generate_series(0, 99) n;
insert into contact_methods (id, user_id, transport, address, verified_at)
    select gen_random_uuid(), id, 'sms', '+4915' || lpad(substring(email from '[0-9]+'), 9, '0'), clock() from users;
insert into notification_rules (id, user_id, urgency, contact_method_id)
    select gen_random_uuid(), user_id, u, id from contact_methods, unnest(array['high', 'low']) u;
insert into schedules (id, name, time_zone, head)
    select gen_random_uuid(), 'Schedule ' || n, 'UTC', 0 from generate_series(0, 99) n;
insert into shifts (schedule_id, track, user_id, starts_at, ends_at)
    select s.id, 0, u.id, clock() - interval '1 day', clock() + interval '30 days'
    from schedules s join users u on u.name = replace(s.name, 'Schedule', 'Person');
insert into escalation_policies (id, name, repeats)
    select gen_random_uuid(), 'Policy ' || n, 1 from generate_series(0, 99) n;
insert into escalation_steps (policy_id, position, delay_s)
    select id, p, p * 300 from escalation_policies, generate_series(0, 2) p;
insert into escalation_targets (id, policy_id, position, schedule_id)
    select gen_random_uuid(), p.id, 0, s.id
    from escalation_policies p join schedules s on s.name = replace(p.name, 'Policy', 'Schedule');
insert into escalation_targets (id, policy_id, position, user_id)
    select gen_random_uuid(), p.id, n, u.id
    from escalation_policies p join users u on u.name = replace(p.name, 'Policy', 'Person') cross join generate_series(1, 2) n;
insert into services (id, name, tier, escalation_policy_id)
    select gen_random_uuid(), 'Service ' || n, 1, p.id
    from generate_series(0, 99) n join escalation_policies p on p.name = 'Policy ' || n
"""


async def do(db: Database, text: str, *args: object) -> None:
    await db.run(Statement("bench", text), *args)


async def ask(db: Database, text: str, *args: object) -> int:
    return int(await db.value(Statement("bench", text), *args))


async def furnish(db: Database) -> None:
    """The company."""
    for text in COMPANY.split(";"):
        await do(db, text)


async def flood(db: Database, count: int, due: int) -> None:
    """So many open alerts whose escalation runs; the first `due` of them have a step due now."""
    await do(
        db,
        "with s as (select id, name, escalation_policy_id as policy, policy_plan(escalation_policy_id) as plan, "
        "row_number() over () - 1 as n from services), "
        "a as (insert into alerts (id, scope, alias, service_id, message, priority, urgency, started_at) "
        "select gen_random_uuid(), gen_random_uuid(), 'a', s.id, 'Disk is full on node ' || g, 1, 'high', clock() "
        "from generate_series(1, $1::int) g join s on s.n = g % 100 returning id, service_id), "
        "numbered as (select a.*, row_number() over () as k from a) "
        "insert into escalations (alert_id, policy_id, policy_name, plan, urgency, round_started_at, next_at) "
        "select numbered.id, s.policy, s.name, s.plan, 'high', clock(), "
        "case when k <= $2::int then clock() else clock() + interval '1 hour' end "
        "from numbered join s on s.id = numbered.service_id",
        count,
        due,
    )
    await do(db, "analyze alerts, escalations")


async def queued(db: Database) -> int:
    return await ask(db, "select count(*) from deliveries where state = 'queued'")


async def by_sets(db: Database) -> float:
    """Seconds until the pages of all that is due are in the ledger: two processes' engines, as they turn."""
    engines = Engine(db), Engine(db)

    async def until_nothing(engine: Engine) -> None:
        while await engine.turn():
            pass

    before, start = await queued(db), time.perf_counter()
    await asyncio.gather(*(until_nothing(engine) for engine in engines))
    took = time.perf_counter() - start
    found = await queued(db) - before
    if found != DUE:
        raise SystemExit(f"lost: {DUE} steps were due and {found} pages are queued")
    return took


async def one_by_one(db: Database) -> float:
    """The same statement with one escalation and one commit each, as a loop over due rows does it. Seconds, scaled."""
    start = time.perf_counter()
    for _ in range(SAMPLE):
        async with db.unit(ENGINE, "engine") as u:
            await advance(u, limit=1)
    return (time.perf_counter() - start) * DUE / SAMPLE


async def due_again(db: Database) -> None:
    """Another ten thousand fall due."""
    await do(
        db,
        "update escalations set next_at = clock() where id in (select id from escalations where ended_at is null "
        "and step = 0 and next_at > clock() limit $1)",
        DUE,
    )


async def steps(db: Database) -> None:
    """Sets against a loop, in turns."""
    ours, loop = [], []
    await flood(db, OPEN, 0)
    for _ in range(ROUNDS):
        await due_again(db)
        ours.append(await by_sets(db))
        await due_again(db)
        loop.append(await one_by_one(db))
        await do(db, "update escalations set next_at = clock() + interval '1 hour' where next_at <= clock()")
    print(
        f"  {DUE:,} of {OPEN:,} open escalations due at once: all pages queued after {statistics.median(ours):.2f} s"
    )
    say("seconds until all are queued", statistics.median(ours), 5, at_most=True, unit=" s")
    say("a loop with a commit each takes so many times as long", statistics.median(
        b / a for a, b in zip(ours, loop, strict=True)), 5)  # fmt: skip


async def looks(db: Database) -> None:
    """The reconciler over a million alerts, a tenth of them open, beside asking the same of all of them."""
    await do(
        db,
        "insert into alerts (id, scope, alias, service_id, message, priority, urgency, started_at, created_at, closed_at) "
        "select gen_random_uuid(), gen_random_uuid(), 'old', null, 'Disk was full', 3, 'high', t, t, t "
        "from generate_series(1, $1::int) g, lateral (select clock() - make_interval(secs => 600 + g) as t) x",
        STORED - OPEN,
    )
    await do(db, "update alerts set created_at = clock() - interval '5 minutes' where closed_at is null")
    await do(db, "analyze alerts, escalations")
    ours, all_of_them = [], []
    for _ in range(ROUNDS):
        await do(db, "update reconciler set ran_at = clock() - interval '1 minute'")
        start = time.perf_counter()
        found = await reconcile(db)
        ours.append(time.perf_counter() - start)
        if found is None or found:
            raise SystemExit(f"nothing was forgotten, and the reconciler found {found}")
        start = time.perf_counter()
        await ask(db, FULL_LOOK)
        all_of_them.append(time.perf_counter() - start)
    print(
        f"  one look of the reconciler over {STORED:,} alerts, {OPEN:,} open: {statistics.median(ours) * 1000:.0f} ms"
    )
    say(
        "share of a core, looking twice a minute",
        statistics.median(ours) / 30 * 100,
        2,
        at_most=True,
        unit=" %",
    )
    say("asking the same of all alerts takes so many times as long", statistics.median(
        b / a for a, b in zip(ours, all_of_them, strict=True)), 2)  # fmt: skip


@asynccontextmanager
async def vendor() -> AsyncIterator[str]:
    """A vendor in a process of its own that answers each request after 100 ms, and says how many it took."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.vendor", str(port), str(VENDOR_S), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def taken(url: str) -> int:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return int(await answer.text())


async def handed_over(db: Database, url: str) -> float:
    """Seconds from due steps to the vendor's last answer, ledger written: engine and sender side by side."""
    outbound = Outbound(PrivateTargets())
    gateway = SmsGateway(outbound, Gateway("GET", f"{url}/send?to={{to}}&text={{text}}"))
    links = Links("https://tocsin.example", Keys(b"a master secret of the bench"))
    sender = Sender(
        db, {"sms": Sms({"gateway": gateway})}, Messages(), links, restraint=Restraint(gather_s=0)
    )
    engine, before = Engine(db), await taken(url)
    start = time.perf_counter()

    async def decide() -> None:
        while await engine.turn():
            await sender.turn()

    await decide()
    while await ask(db, "select count(*) from deliveries where state in ('queued', 'sending')"):
        await sender.turn()
        await asyncio.sleep(0.02)
    took = time.perf_counter() - start
    await sender.close()
    await outbound.close()
    found = await taken(url) - before
    if found != HANDED:
        raise SystemExit(f"{HANDED} pages were due and the vendor got {found}")
    return took


async def bare(url: str) -> float:
    """A client without ledger, alerts or people: the same number of requests over as many connections as ours."""
    room = asyncio.Semaphore(100)

    async def one(client: aiohttp.ClientSession) -> None:
        async with room, client.get(f"{url}/send?to=1&text=bare") as answer:
            await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as client:
        start = time.perf_counter()
        await asyncio.gather(*(one(client) for _ in range(HANDED)))
        return time.perf_counter() - start


async def hand_overs(db: Database) -> None:
    """Ours beside the bare client, in turns."""
    ours, client = [], []
    await do(db, "update deliveries set state = 'cancelled' where state = 'queued'")
    async with vendor() as url:
        for _ in range(ROUNDS):
            await flood(db, HANDED, HANDED)
            ours.append(await handed_over(db, url))
            client.append(await bare(url))
    least = math.ceil(HANDED / 100) * VENDOR_S
    print(f"  {HANDED:,} escalations to hand-over, vendor answers in {VENDOR_S * 1000:g} ms: {statistics.median(ours):.2f} s; "
          f"a bare client {statistics.median(client):.2f} s; 100 connections cannot do it under {least:.1f} s")  # fmt: skip
    say("seconds to the last hand-over", statistics.median(ours), 10, at_most=True, unit=" s")
    say(
        "times a bare client's",
        statistics.median(a / b for a, b in zip(ours, client, strict=True)),
        1.5,
        at_most=True,
    )


async def _run(dsn: str) -> None:
    await migrate(dsn)
    db = await connect(dsn, size=6)
    db.permit = permit
    try:
        await furnish(db)
        await steps(db)
        await looks(db)
        await hand_overs(db)
    finally:
        await db.close()


def main() -> int:
    """Runs the bench; ends with an error only when a page is missing."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        Path(name).chmod(0o755)
        server = embedded.start(Path(name) / "data")
        try:
            print(f"escalations: {ROUNDS} rounds in turn")
            asyncio.run(_run(server.dsn))
        finally:
            server.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main())
