"""Commands of the rooms for an incident's type and the organisation's own fields."""

from tocsin.chatops.verb import Verb
from tocsin.incidents import fields
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

FIELD = "/field Root cause = expired certificate"


async def _type(u: Unit, incident: Incident, rest: str) -> None:
    try:
        await fields.set_type(u, incident.id, rest)
    except Invalid as error:
        raise Invalid("text", str(error)) from error


async def _field(u: Unit, incident: Incident, rest: str) -> None:
    name, sign, value = rest.partition("=")
    if not sign:
        raise Invalid("text", f"Write {FIELD}.")
    try:
        await fields.set_fields(u, incident.id, {name.strip(): value.strip()})
    except Invalid as error:
        raise Invalid("text", str(error)) from error


VERBS = {
    "type": Verb("/type Security", "what kind of incident it is; empty takes it away", _type),
    "field": Verb(FIELD, "fill in one of your own fields; nothing after = empties it", _field),
}
