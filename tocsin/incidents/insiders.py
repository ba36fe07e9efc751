"""Who sees a private incident from its first moment: whoever declared it, whom they name, and, when that is a machine, whom it
pages. A machine sees nothing that is private, so without these nobody would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tocsin.incidents.change import change
from tocsin.incidents.change import sql as rows
from tocsin.incidents.model import Incident
from tocsin.incidents.paged import PRIORITY_OF
from tocsin.incidents.privacy import sql as privacy
from tocsin.incidents.privacy_kinds import MemberAdded, TeamLetIn
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Invalid
from tocsin.kernel.sql import Statements
from tocsin.paging.direct import names, whom
from tocsin.paging.whom import Named, find

sql = Statements("tocsin.incidents", "paged.sql")


@dataclass(frozen=True, slots=True)
class _Insiders:
    """By their ids."""

    people: dict[UUID, str] = field(default_factory=dict)
    teams: dict[UUID, str] = field(default_factory=dict)


async def let_first_in(u: Unit, incident: Incident, named: Sequence[str], page: str) -> Incident:
    """Lets them in, as the record tells. `named`: people and teams by name; `page`: whom it is going to page. Raises `Invalid`
    when nobody could see it."""
    if u.actor.id:
        await u.value(rows.add_member, incident.id, u.actor.id)
    found = await _insiders(u, named, "" if u.actor.id else page, PRIORITY_OF[incident.severity])
    for user_id, name in found.people.items():
        if await u.value(rows.add_member, incident.id, user_id):
            incident = await change(u, incident, MemberAdded(user_id, name))
    for team_id, name in found.teams.items():
        if await u.value(privacy.let_team_in, incident.id, team_id):
            incident = await change(u, incident, TeamLetIn(team_id, name))
    if not await u.value(privacy.seen_by, incident.id):
        raise Invalid(
            "let_in",
            "This incident is private and no person declares it, so nobody could see it: nothing was saved."
            " Name people or teams in “let_in”, or whom to page in “page”.",
        )
    return incident


async def _insiders(db: Reader, named: Sequence[str], page: str, priority: int) -> _Insiders:
    found = _Insiders()
    known = [n for n in await names(db) if n.kind in ("person", "team")] if named else []
    for text in named:
        try:
            _add(found, find(text, known))
        except Invalid as error:
            raise Invalid("let_in", str(error).replace(" to page.", " to let in.")) from error
    if page.strip():
        await _paged(db, found, page, priority)
    return found


async def _paged(db: Reader, found: _Insiders, page: str, priority: int) -> None:
    """Whoever is paged now; of what reaches nobody at this moment, the team that it belongs to. Later ones come in as they answer."""
    try:
        meant = await whom(db, page, priority)
    except Invalid as error:
        raise Invalid("page", f"{error} Nobody was paged.") from error
    if meant.target.kind in ("person", "team"):
        _add(found, meant.target)
    elif people := {who.id: who.name for who in meant.people if who.id}:
        found.people.update(people)
    elif team := await db.row(sql.team_behind, meant.target.kind, meant.target.id):
        found.teams[team["id"]] = team["name"]


def _add(found: _Insiders, one: Named) -> None:
    (found.people if one.kind == "person" else found.teams)[one.id] = one.name
