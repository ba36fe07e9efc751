"""Telling people something that is no page: one message each, sent like every other one."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements
from tocsin.oncall.told import say_once

sql = Statements("tocsin.duty", "tell.sql")


async def tell(
    u: Unit,
    user_ids: Sequence[UUID],
    subject: str,
    text: str,
    path: str,
    key: str | None = None,
    *,
    urgent: bool = False,
) -> None:
    """Queues a notice to each of these people; `path` is the page about it. With a `key` it is said once, ever. What is
    `urgent` goes the way on which they want to be woken. Somebody without a way has a message that has failed."""
    if key is not None and not await say_once(u, [key]):
        return
    message = {"subject": subject, "text": text, "url": path}
    await u.run(sql.queue_notice, list(user_ids), message, "high" if urgent else "low")
    u.touch("work")
