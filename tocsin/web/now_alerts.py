"""The alerts on the start page: the most urgent, what is quiet, and maintenance."""

from datetime import datetime
from typing import Any

from tocsin.alerts.silence_model import SilenceKind, SilenceState
from tocsin.alerts.silences import silences
from tocsin.alerts.urgent import by_priority, most_urgent
from tocsin.catalog.queries import services
from tocsin.kernel.db import Reader
from tocsin.paging import queries as paging
from tocsin.web.alerts import row_of

#: So many alerts are shown; the others are in the list.
ALERTS = 20


async def alerts_now(db: Reader, moment: datetime) -> dict[str, Any]:
    """`fresh`: there is not even a service yet."""
    names = {s.id: s.name for s in await services(db)}
    active, numbers = await most_urgent(db, ALERTS), await by_priority(db)
    lines = await paging.lines_of(db, [a.id for a in active])
    return {
        "fresh": not names,
        "alerts": [row_of(a, moment, names) | {"line": lines.get(a.id)} for a in active],
        "more_alerts": sum(numbers.values()) - len(active),
        "quiet": await paging.quiet_now(db),
        "maintenance": [
            s for s in await silences(db, SilenceState.ACTIVE) if s.kind is SilenceKind.MAINTENANCE
        ],
    }
