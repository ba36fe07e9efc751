"""Questions that a room answers: to whoever asks, without an entry."""

from tocsin.chatops.verb import Told, Verb
from tocsin.incidents.catchup import brief_of
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit


async def _brief(u: Unit, incident: Incident, _: str) -> None:
    raise Told((await brief_of(u, incident)).text)


VERBS = {"brief": Verb("/brief", "where it stands, told only to you", _brief)}
