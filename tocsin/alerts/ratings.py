"""Was this page useful? One answer per person and alert. `tocsin/paging/noise.py` counts them."""

from dataclasses import dataclass
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.alerts", "ratings.sql")


@dataclass(frozen=True, slots=True)
class Rating:
    """How many found it useful, how many noise, and what one person said (None: nothing yet)."""

    useful: int
    noise: int
    own: bool | None


@command("alert.rate")
async def rate(u: Unit, alert_id: UUID, *, useful: bool) -> None:
    """The actor's answer; the last one counts. Raises `Forbidden` for a token that is nobody's."""
    if u.actor.id is None or u.actor.kind != "user":
        raise Forbidden("Only people can say whether a page was useful.")
    if not await u.value(sql.alert_exists, alert_id):
        raise NotFound("There is no such alert.")
    await u.run(sql.rate, alert_id, u.actor.id, useful)
    u.touch(f"alert:{alert_id}")
