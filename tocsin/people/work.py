"""Due rows of people: sending the links that work once, and forgetting what is over."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.db import sql as kernel_sql
from tocsin.kernel.work import Job, Work
from tocsin.people.commands import SEND_LINK, sql
from tocsin.people.model import ContactMethod, Purpose, User
from tocsin.people.queries import contact_method_by_id, contact_methods, user_by_id
from tocsin.people.sign_in import make_link

TIDY = "people.tidy"


class LinkMailer(Protocol):
    """Carries a link to its person; handed in by `app`."""

    async def __call__(self, user: User, method: ContactMethod, purpose: Purpose, token: str) -> None: ...


def jobs(mailer: LinkMailer) -> dict[str, Job]:
    """The handlers, with the mailer in hand."""

    async def send(db: Database, item: Work) -> None:
        """Makes the link now and sends it; a retry makes another, and the earlier one stops working."""
        purpose, user_id = Purpose(item.payload["purpose"]), UUID(item.payload["user_id"])
        user = await user_by_id(db, user_id)
        method = await _method(db, user_id, item.payload.get("contact_method_id"))
        if user is None or method is None:
            return
        async with db.unit(ENGINE, "engine") as u:
            token = await make_link(
                u, purpose, user_id, method.id if purpose is Purpose.VERIFICATION else None
            )
        await mailer(user, method, purpose, token)

    return {SEND_LINK: send, TIDY: tidy}


async def _method(db: Database, user_id: UUID, method_id: str | None) -> ContactMethod | None:
    if method_id:
        return await contact_method_by_id(db, UUID(method_id))
    return next((m for m in await contact_methods(db, user_id) if m.transport == "email"), None)


async def tidy(db: Database, _: Work) -> None:
    """Job: once a day, sessions, links, throttles and request keys that are over."""
    await db.run(sql.forget_sessions)
    await db.run(kernel_sql.forget_requests)
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, TIDY, {}, key="daily", due_at=await u.clock() + timedelta(days=1))


async def begin(db: Database) -> None:
    """Called at every start: due once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, TIDY, {}, key="daily")
