"""The update clock: a reminder before a promise is due; when it passes without an update, an entry and a page; when it is late, another."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.incidents.change import change, lock, sql
from tocsin.incidents.kinds import UpdateMissed, UpdateReminded
from tocsin.incidents.model import SOON, Incident
from tocsin.incidents.paged import page_about
from tocsin.incidents.rhythm import sql as rhythm
from tocsin.kernel.db import ENGINE, Database, Row, Unit
from tocsin.kernel.errors import Invalid


class UpdateClock:
    """A pump over the incidents themselves: what is due stands in their rows."""

    name = "update_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_overdue.text

    async def turn(self) -> bool:
        """Notes every missed promise once; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            overdue = await u.all(Incident, sql.overdue)
            for incident in overdue:
                assert incident.update_due_at is not None  # noqa: S101 - the statement's own condition
                await change(u, incident, UpdateMissed(incident.update_due_at, await u.clock()))
            return len(overdue) == 100


class UpdateWatch:
    """A pump over promises: reminds whoever owes the update, pages them when it is due, and whoever manages when it is late."""

    name = "update_watch"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = rhythm.next_act.text.replace("$1", f"'{SOON.total_seconds():.0f} seconds'")

    async def turn(self) -> bool:
        """Does what is due about each promise, each thing once; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            found = await u.rows(rhythm.to_act, SOON)
            for row in found:
                await _act(u, row)
            return bool(found)


async def _act(u: Unit, row: Row) -> None:
    incident, stage = await lock(u, row["id"]), row["stage"]
    asked = await u.rows(rhythm.whom_to_ask, incident.id)
    sent: list[UUID] = []
    if stage == "remind":
        speaker = next((a for a in asked if a["place"] < 3), None)
        if speaker is not None:
            await change(u, incident, UpdateReminded(speaker["user_id"], speaker["name"], row["due_at"]))
    else:
        # When it is late, whoever manages is asked; where the same person was asked already, the next one.
        first = asked[0]["target"] if asked else None
        whom = asked if stage == "due" else [a for a in asked if a["place"] > 1 and a["target"] != first]
        sent = await _page(u, incident, whom, late=stage == "late")
    await u.run(rhythm.acted, incident.id, row["due_at"], stage, sent)


async def _page(u: Unit, incident: Incident, whom: Sequence[Row], *, late: bool) -> list[UUID]:
    """The first who can be paged. Everybody reads alerts: of a private incident it says nothing."""
    words = (
        "An update is due in a private incident."
        if incident.private
        else f"{incident.key}: an update is {'late' if late else 'due'}. {incident.summary}"[:500]
    )
    for each in whom:
        try:
            sent = await page_about(u, incident, each["target"], words)
        except Invalid:
            continue
        return [UUID(sent["alert"])]
    return []
