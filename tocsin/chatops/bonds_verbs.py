"""Commands of the rooms for incidents that have to do with each other."""

from uuid import UUID

from tocsin.chatops.verb import Verb
from tocsin.incidents import bonds
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

RELATIONS = {
    "related to": "related", "caused by": "caused_by", "duplicate of": "duplicate_of", "follows up on": "follows_up",
}  # fmt: skip


async def _merge(u: Unit, incident: Incident, rest: str) -> None:
    key, _, why = rest.partition(" ")
    await bonds.merge(u, incident.id, await _other(u, key), why.strip())


async def _relate(u: Unit, incident: Incident, rest: str) -> None:
    words, _, key = rest.strip().rpartition(" ")
    relation = RELATIONS.get(words.lower().strip()) if words else "related"
    if relation is None:
        raise Invalid("text", f"Say what it has to do with it: {', '.join(RELATIONS)}.")
    await bonds.relate(u, incident.id, await _other(u, key), relation)


async def _unrelate(u: Unit, incident: Incident, rest: str) -> None:
    await bonds.unrelate(u, incident.id, await _other(u, rest))


async def _follow_up(u: Unit, incident: Incident, rest: str) -> None:
    await bonds.follow_up(u, incident.id, rest, incident.severity)


async def _split(u: Unit, incident: Incident, rest: str) -> None:
    listed, _, summary = rest.partition(":")
    if not summary.strip():
        raise Invalid("text", "Write the entries, then what it is: /split #14, #17: the cache is full.")
    entries, _, alerts = listed.lower().replace("alerts", "alert").partition("alert")
    await bonds.split(
        u,
        incident.id,
        summary.strip(),
        incident.severity,
        bonds.numbers(entries),
        bonds.numbers(alerts.replace("alert", " ")),
    )


async def _other(u: Unit, key: str) -> UUID:
    try:
        return await bonds.other(u, key)
    except Invalid as error:
        raise Invalid("text", f"There is no incident {key.strip() or 'without a key'}.") from error


VERBS = {
    "merge": Verb("/merge INC-12 why", "it is the same as another one, where the work goes on", _merge),
    "relate": Verb("/relate caused by INC-12", "link another incident", _relate),
    "unrelate": Verb("/unrelate INC-12", "it has nothing to do with it", _unrelate),
    "follow-up": Verb(
        "/follow-up what is left", "declare an incident that follows up on this one", _follow_up
    ),
    "split": Verb(
        "/split #14, #17 alert 3: what it is",
        "declare another incident from entries and alerts of this one",
        _split,
    ),
}
