"""Places open by themselves; the ticket and the notes belong to people."""

import pytest

from tests.domain.street import declared, street
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.places import commands, queries


async def test_places_open_after_the_declaration(db: Database, company: Company) -> None:
    pumps = street(db)
    incident = await declared(db, company.as_ana())
    await pumps.settle()
    places = {p.kind: p for p in await queries.places_of(db, incident.id)}
    assert [p.kind for p in places.values()] == ["chat", "video", "notes"]
    assert all(p.state == "open" for p in places.values())
    assert places["chat"].url == f"/incidents/{incident.key}"
    video = places["video"].url
    assert video.startswith("https://meet.example.org/")
    assert incident.key.lower() not in video.lower()
    assert len(video.rsplit("/", 1)[1]) > 24
    other = await declared(db, company.as_ana())
    await pumps.settle()
    assert video not in [p.url for p in await queries.places_of(db, other.id)]


async def test_the_ticket_is_a_web_address(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    for bad in ("javascript:alert(1)", "OPS-1", "http://", "https://x/" + "y" * 2000):
        with pytest.raises(Invalid):
            async with db.unit(company.as_ana(), "web") as u:
                await commands.set_ticket(u, incident.id, bad)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.set_ticket(u, incident.id, " https://tickets.example.org/OPS-1 ")
        await commands.set_ticket(u, incident.id, "https://tickets.example.org/OPS-1")
    (ticket,) = await queries.places_of(db, incident.id)
    assert (ticket.url, ticket.provider) == ("https://tickets.example.org/OPS-1", "tickets.example.org")
    with pytest.raises(NotFound):
        async with db.unit(company.as_ben(), "web") as u:
            await commands.set_ticket(u, incident.id, "https://tickets.example.org/OPS-2")
