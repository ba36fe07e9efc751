"""What paging tests share: alerts in the database, the pumps, and a transport that does what the test says."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.support import Company
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Database, Row, connect
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import BatchPump, Pumps
from tocsin.paging.deliver import Sender
from tocsin.paging.escalate import Engine
from tocsin.paging.links import Links
from tocsin.paging.promise_clock import PromiseClock
from tocsin.paging.silence_clock import SilenceClock
from tocsin.paging.transport import Destination, Field, Message, Sent, TransportInfo
from tocsin.paging.work import BATCHES, FOLLOWS
from tocsin.people.permissions import permit
from tocsin.web.messages import Messages

KEYS = Keys(b"a master secret that only tests know")
LINKS = Links("https://tocsin.example", KEYS)
Later = Callable[..., Awaitable[None]]


@asynccontextmanager
async def unfolded(dsn: str) -> AsyncIterator[Database]:
    """A pool whose record is not folded afterwards: here alerts are made with SQL."""
    database = await connect(dsn, size=8)
    database.permit = permit
    yield database
    await database.close()


async def run(db: Database, text: str, *args: Any) -> list[Row]:
    return await db.rows(Statement("test", text), *args)


async def value(db: Database, text: str, *args: Any) -> Any:
    return await db.value(Statement("test", text), *args)


@dataclass
class Scripted:
    """A transport whose answers the test lines up: an exception is raised, anything else is `Sent`."""

    name: str = "email"
    script: list[Exception] = field(default_factory=list)
    got: list[tuple[Message, Destination]] = field(default_factory=list)
    ready: bool = True

    @property
    def info(self) -> TransportInfo:
        return TransportInfo(self.name, self.name, (Field("address", "Address"),), at_once=50)

    async def send(self, message: Message, to: Destination) -> Sent:
        self.got.append((message, to))
        if self.script:
            raise self.script.pop(0)
        return Sent(vendor_id=f"vendor-{len(self.got)}")

    def addresses(self) -> list[str]:
        return sorted(to.address for _, to in self.got)

    def forget(self) -> None:
        self.got.clear()


async def around_the_clock(db: Database) -> None:
    """Everybody works at any hour: what is not urgent waits for working hours, and tests run at night and on Saturdays too."""
    await run(
        db, "update users set work_starts = '00:00', work_ends = '00:00', work_days = '{1,2,3,4,5,6,7}'"
    )


class World:
    """One process's engine and sender on the test's database, turned by hand."""

    def __init__(self, db: Database, company: Company) -> None:
        self.db = db
        self.company = company
        self.email: Scripted = Scripted("email")
        self.webhook = Scripted("webhook")
        self.engine = Engine(db)
        self.sender = self.new_sender()
        batches = [BatchPump(db, kind, handle) for kind, handle in BATCHES.items()]
        self.pumps = Pumps(db, [*batches, self.engine, self.sender, SilenceClock(db), PromiseClock(db)])
        self.deciding = Pumps(db, [*batches, self.engine, SilenceClock(db), PromiseClock(db)])

    def new_sender(self) -> Sender:
        return Sender(self.db, {"email": self.email, "webhook": self.webhook}, Messages(), LINKS)

    async def settle(self) -> None:
        """Until nothing is due: decided, sent and recorded."""
        for _ in range(200):
            await self.pumps.settle()
            await self.sender.drain()
            if not await self._due():
                return
        raise AssertionError("something stays due for ever")

    async def _due(self) -> bool:
        return any(at is not None and at <= now for _, at, now in await self.pumps._due())

    async def decide(self) -> None:
        """Engine only: what is queued stays queued."""
        await self.deciding.settle()

    async def open(
        self,
        *,
        priority: int = 1,
        service: UUID | str | None = "checkout",
        message: str = "Checkout is failing",
    ) -> UUID:
        (alert,) = await self.open_many(1, priority=priority, service=service, message=message)
        return alert

    async def open_many(
        self,
        count: int,
        *,
        priority: int = 1,
        service: UUID | str | None = "checkout",
        message: str = "Failing",
    ) -> list[UUID]:
        ids = [new_id() for _ in range(count)]
        owner = self.company.service if isinstance(service, str) else service
        await run(
            self.db,
            "insert into alerts (id, scope, alias, service_id, message, priority, urgency, started_at)"
            " select id, $2, id::text, $3, $4, $5::smallint, case when $5::smallint <= 3 then 'high' else 'low' end, clock()"
            " from unnest($1::uuid[]) as id",
            ids, self.company.scope, owner, message, priority,
        )  # fmt: skip
        await self.follow("alert_opened", ids, 1)
        return ids

    async def change(
        self, alert: UUID, kind: str, change: str, actor: UUID | None = None, name: str = "Ana Silva"
    ) -> None:
        """What a command of alerts would do: the row, the entry, and the work that follows."""
        seq = await value(
            self.db, f"update alerts set head = head + 1, {change} where id = $1 returning head", alert
        )
        await self.follow(kind, [alert], seq, actor, name)

    async def follow(
        self, kind: str, ids: Sequence[UUID], seq: int, actor: UUID | None = None, name: str = "Monitor"
    ) -> None:
        await run(
            self.db,
            "insert into entries (stream, stream_type, seq, kind, happened_at, actor_id, actor, door, payload)"
            " select id, 'alert', $2, $3, clock(), $4, $5, 'test', '{}' from unnest($1::uuid[]) as id",
            list(ids), seq, kind, actor, name,
        )  # fmt: skip
        for work in FOLLOWS[kind]:
            await run(
                self.db,
                "insert into work (kind, payload) select $2, jsonb_build_object('stream', id, 'stream_type', 'alert',"
                " 'seq', $3::int) from unnest($1::uuid[]) as id",
                list(ids), work, seq,
            )  # fmt: skip

    async def acknowledge(self, alert: UUID, actor: UUID, name: str) -> None:
        change = f"acknowledged_at = clock(), acknowledged_by = '{name}'"
        await self.change(alert, "alert_acknowledged", change, actor, name)

    async def close(self, alert: UUID, name: str = "Monitor") -> None:
        await self.change(alert, "alert_closed", f"closed_at = clock(), closed_by = '{name}'", None, name)

    async def escalation(self, alert: UUID) -> Row:
        rows = await run(
            self.db, "select * from escalations where alert_id = $1 order by started_at desc limit 1", alert
        )
        assert rows, "no escalation"
        return rows[0]

    async def pages(self, alert: UUID) -> list[tuple[str, int, int]]:
        rows = await run(
            self.db,
            "select u.name, p.round, p.step from pages p join users u on u.id = p.user_id where p.alert_id = $1"
            " order by p.created_at, u.name",
            alert,
        )
        return [(r["name"].split()[0], r["round"], r["step"]) for r in rows]

    async def deliveries(self, alert: UUID, purpose: str = "page") -> list[Row]:
        return await run(
            self.db,
            "select d.*, split_part(u.name, ' ', 1) as who from deliveries d join pages p on p.id = d.page_id"
            " join users u on u.id = d.user_id where p.alert_id = $1 and d.purpose = $2"
            " order by d.queued_at, d.due_at, who",
            alert, purpose,
        )  # fmt: skip

    async def states(self, alert: UUID, purpose: str = "page") -> list[tuple[str, str, str]]:
        return [(d["who"], d["transport"], d["state"]) for d in await self.deliveries(alert, purpose)]

    async def add_webhook(self, user: UUID, delay_s: int = 60, urgency: str = "high") -> UUID:
        method = new_id()
        await run(
            self.db,
            "insert into contact_methods (id, user_id, transport, address, verified_at)"
            " values ($1, $2, 'webhook', 'https://hook.example/' || $1::uuid, clock())",
            method, user,
        )  # fmt: skip
        await run(
            self.db,
            "insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s)"
            " values ($1, $2, $3, $4, $5)",
            new_id(), user, urgency, method, delay_s,
        )  # fmt: skip
        return method


def seconds_between(one: datetime, other: datetime) -> float:
    return (other - one).total_seconds()
