"""The button in a notification: one POST to the signed address acknowledges, without a session and without a form."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.contract.asgi import ask
from tests.domain.paging_world import World, run, unfolded, value
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.kernel.db import Database
from tocsin.paging.links import ack_token
from tocsin.settings import load


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture
async def app(db: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Running]:
    running = compose(load({"TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test"}), db, dsn)
    yield running
    await running.close()


async def paged(db: Database, company: Company) -> tuple[UUID, UUID]:
    """An alert, and its first page."""
    world = World(db, company)
    alert = await world.open()
    await world.settle()
    return alert, await value(db, "select id from pages where alert_id = $1", alert)


async def test_one_post_acknowledges_as_the_person_who_was_paged(
    db: Database, company: Company, app: Running
) -> None:
    alert, page = await paged(db, company)
    token = ack_token(app.site.keys, page, await db.clock())
    told = await ask(app.front, "POST", f"/ack/{token}/now")
    assert told.status == 200
    assert told.json == {"state": "acknowledged", "by": "Ana Silva"}
    (row,) = await run(db, "select acknowledged_at, acknowledged_by from alerts where id = $1", alert)
    assert row["acknowledged_by"] == "Ana Silva"
    again = await ask(app.front, "POST", f"/ack/{token}/now")
    assert again.json == {"state": "already", "by": "Ana Silva"}


async def test_looking_at_it_changes_nothing(db: Database, company: Company, app: Running) -> None:
    alert, page = await paged(db, company)
    token = ack_token(app.site.keys, page, await db.clock())
    assert (await ask(app.front, "GET", f"/ack/{token}/now")).status == 405
    assert await value(db, "select acknowledged_at from alerts where id = $1", alert) is None


async def test_a_forged_address_does_nothing(db: Database, company: Company, app: Running) -> None:
    alert, page = await paged(db, company)
    token = ack_token(app.site.keys, page, await db.clock())
    forged = await ask(app.front, "POST", f"/ack/{token[:-2]}xx/now")
    assert forged.status == 404
    assert await value(db, "select acknowledged_at from alerts where id = $1", alert) is None
