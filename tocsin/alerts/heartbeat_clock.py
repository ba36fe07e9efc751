"""What was missed: one alert for each heartbeat that is overdue, and forgiveness for what nobody could hear."""

from datetime import timedelta

from tocsin.alerts.commands import take_in_batch
from tocsin.alerts.heartbeat_model import in_words
from tocsin.alerts.heartbeats import SCOPE, SENDER, alias_of, message_of, sql
from tocsin.alerts.model import Arrival, Signal, fit, urgency_of
from tocsin.kernel.db import ENGINE, Database, Row

#: Nobody looked for so long: the service or its database was away, and pings may have found nobody.
AWAY = timedelta(minutes=2)
AT_ONCE = 200


class HeartbeatClock:
    """A pump over the heartbeats themselves: when they are due stands in their rows."""

    name = "heartbeat_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_due.text

    async def turn(self) -> bool:
        """Opens an alert for each that was missed; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            look = await u.row(sql.look)
            if look is not None and look["now"] - look["looked_at"] > AWAY:
                await u.run(sql.forgive, look["looked_at"], look["now"])
            missed = await u.rows(sql.take_missed)
            if missed:
                await take_in_batch(u, [_arrival(row) for row in missed])
                u.touch("heartbeats")
            return len(missed) == AT_ONCE


def _arrival(row: Row) -> Arrival:
    last = row["last_ping_at"]
    signal = Signal(
        alias=alias_of(row["id"]), message=message_of(row["name"]),
        description=f"{row['name']} reports every {in_words(row['interval_s'])}. It was heard last at "
        f"{last:%Y-%m-%d %H:%M:%S} UTC.\n\n{row['description']}".strip(),
        source=SENDER, priority=row["priority"], tags=("heartbeat",), started_at=last,
        details={"heartbeat": row["name"], "last_ping": last.isoformat()},
    )  # fmt: skip
    urgency = urgency_of(row["priority"], row["service_urgency"])
    return Arrival(fit(signal), SCOPE, None, SENDER, row["service_id"], urgency)
