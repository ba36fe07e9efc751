"""What happened to an alert is an entry of its record, and news in the rooms of the incidents that it is linked to."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements
from tocsin.record.commands import Stream, append
from tocsin.record.kinds import Kind
from tocsin.record.model import StreamType

sql = Statements("tocsin.alerts")


async def changed(u: Unit, alert_id: UUID, head: int, payload: Kind) -> None:
    """The entry with the alert's new head; who watches a linked incident looks again."""
    await append(u, Stream(StreamType.ALERT, alert_id), head, payload)
    await tell_rooms(u, [alert_id])


async def tell_rooms(u: Unit, alert_ids: Sequence[UUID]) -> None:
    """The rooms of incidents that these alerts are linked to look again. A topic names an id only: who may watch is asked there."""
    if alert_ids:
        u.touch(*(f"incident:{row['incident_id']}" for row in await u.rows(sql.rooms_of, list(alert_ids))))
