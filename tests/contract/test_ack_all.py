"""The page behind the link of a message with several pages: shows all, changes nothing when opened, one button for all."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.contract.asgi import ask
from tests.domain.paging_world import run, unfolded, value
from tests.domain.test_bundles import Bundling
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id
from tocsin.paging.links import ack_all_token, ack_token
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


@pytest.fixture
async def token(db: Database, company: Company, app: Running) -> str:
    """Of a message to Ana about three alerts."""
    world = Bundling(db, company)
    await world.open_many(3)
    await world.settle()
    bundle: UUID = await value(db, "select distinct bundle_id from bundle_pages")
    return ack_all_token(app.site.keys, bundle, await db.clock())


async def waiting(db: Database) -> int:
    return int(await value(db, "select count(*) from alerts where acknowledged_at is null"))


async def test_opening_it_shows_all_and_acknowledges_none(db: Database, app: Running, token: str) -> None:
    shown = await ask(app.front, "GET", f"/ack-all/{token}")
    assert shown.status == 200
    assert "3 alerts of Checkout" in shown.text
    assert "Acknowledge all 3" in shown.text
    assert all(f"/alerts/{row['number']}" in shown.text for row in await run(db, "select number from alerts"))
    assert await waiting(db) == 3
    assert await value(db, "select count(*) from deliveries where seen_at is not null") == 3
    assert (await ask(app.front, "GET", f"/ack-all/{token}/now")).status == 405


async def test_one_post_takes_all_of_them(db: Database, app: Running, token: str) -> None:
    told = await ask(app.front, "POST", f"/ack-all/{token}/now")
    assert (told.status, told.json) == (200, {"state": "acknowledged", "by": "Ana Silva", "count": 3})
    assert await waiting(db) == 0
    shown = await ask(app.front, "GET", f"/ack-all/{token}")
    assert "All of them are yours, Ana Silva." in shown.text
    assert "<form" not in shown.text.split("<main", 1)[1].split("</main", 1)[0]


async def test_a_link_is_for_one_purpose(db: Database, app: Running, token: str) -> None:
    page: UUID = await value(db, "select id from pages limit 1")
    now = await db.clock()
    one = ack_token(app.site.keys, page, now)
    for path in (
        f"/ack-all/{one}/now", f"/ack/{token}/now", f"/ack-all/{token[:-2]}xx/now",
        f"/ack-all/{ack_all_token(app.site.keys, new_id(), now)}/now",
    ):  # fmt: skip
        assert (await ask(app.front, "POST", path)).status == 404
    assert await waiting(db) == 3
