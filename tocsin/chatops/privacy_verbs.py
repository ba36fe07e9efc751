"""Commands of the rooms for who may see an incident."""

from uuid import UUID

from tocsin.chatops.names import person_typed
from tocsin.chatops.verb import Verb
from tocsin.incidents import privacy
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.people.queries import teams

LET_IN, TAKE_OUT = "/let-in Ana, or: team Payments", "/take-out Ana, or: team Payments"


async def _team(u: Unit, typed: str) -> UUID | None:
    """The team of `team Payments`; None for anything else."""
    word, _, name = typed.strip().partition(" ")
    if word.lower() != "team":
        return None
    found = [t for t in await teams(u) if t.name.lower() == name.strip().lower()]
    if len(found) != 1:
        raise Invalid("text", f"There is no team named “{name.strip()}”.")
    return found[0].id


async def _let_in(u: Unit, incident: Incident, rest: str) -> None:
    if (team := await _team(u, rest)) is not None:
        await privacy.let_team_in(u, incident.id, team)
    else:
        await privacy.add_member(u, incident.id, (await person_typed(u, rest, LET_IN)).id)


async def _take_out(u: Unit, incident: Incident, rest: str) -> None:
    if (team := await _team(u, rest)) is not None:
        await privacy.remove_team(u, incident.id, team)
    else:
        await privacy.remove_member(u, incident.id, (await person_typed(u, rest, TAKE_OUT)).id)


async def _private(u: Unit, incident: Incident, rest: str) -> None:
    await privacy.make_private(u, incident.id, rest)


async def _public(u: Unit, incident: Incident, rest: str) -> None:
    word, _, why = rest.partition(" ")
    if word.lower().rstrip(":,") != "sure":
        raise Invalid(
            "text", "Everybody will read all that was said so far. If you are sure, write /open-to-all sure."
        )
    await privacy.make_public(u, incident.id, sure=True, why=why.strip())


VERBS = {
    "let-in": Verb(LET_IN, "let somebody see this private incident", _let_in),
    "take-out": Verb(TAKE_OUT, "they see it no more, at once", _take_out),
    "private": Verb("/private why", "only named people and teams see this incident", _private),
    "open-to-all": Verb("/open-to-all sure", "everybody sees it, all of its record too", _public),
}
