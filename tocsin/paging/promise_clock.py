"""Promises of acknowledgements: whoever made one is reminded shortly before; what is not kept lapses, and paging goes on."""

from tocsin.alerts.promises import AT_ONCE, lapse_due, sql, take_reminders
from tocsin.kernel.db import ENGINE, Database
from tocsin.paging.resume import sql as resume


class PromiseClock:
    """A pump over the alerts themselves: until when was promised stands in their rows.

    1. Lapsed promises are taken under the alert's lock, with their entry and the due row of what follows, in one transaction.
       Whoever closes, renews or takes over at this moment holds that lock: then there is nothing to take.
    2. Reminders are taken the same way, and queued as messages in the same transaction.
    """

    name = "promise_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_promise.text

    async def turn(self) -> bool:
        """Answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            lapsed = await lapse_due(u)
            reminded = await take_reminders(u)
            if reminded:
                await u.run(
                    resume.remind,
                    [row["id"] for row in reminded],
                    [row["owner_id"] for row in reminded],
                    [row["promised_until"] for row in reminded],
                )
                u.touch("work")
            return AT_ONCE in (lapsed, len(reminded))
