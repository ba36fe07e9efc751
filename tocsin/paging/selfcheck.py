"""The self-check: a real alert and a real page to whoever asks, so that a monitor outside can tell whether paging works."""

from uuid import UUID

from tocsin.alerts.commands import report
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict
from tocsin.paging.commands import page_person

MESSAGE = "Self-check: can this person be paged?"
#: P3 is the calmest priority of high urgency: the page goes the way that a real one would go at night.
PRIORITY = 3


@command("page.selfcheck")
async def selfcheck(u: Unit) -> UUID:
    """Opens an alert without a service and pages the actor about it, by their rules for high urgency; the alert's id.

    One that is still open from an earlier check is taken again. `Conflict` for a token that belongs to no person.
    """
    if u.actor.id is None or u.actor.kind != "user":
        raise Conflict(
            "This token belongs to no person, so nobody can be paged. Make one for the person to be checked."
        )
    alert = await report(
        u, MESSAGE, priority=PRIORITY, alias=f"selfcheck-{u.actor.id}",
        description="Opened by `tocsin selfcheck`, which closes it when the page has arrived.",
    )  # fmt: skip
    await page_person(u, alert, u.actor.id)
    return alert
