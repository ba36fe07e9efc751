"""The display on a wall: let in by a link that can be revoked, it shows what everybody may see, and nothing else."""

import re
from pathlib import Path

from tests.contract.browsing import Browser
from tests.domain.people_world import signed_in
from tests.domain.street import declared
from tests.support import Company
from tocsin.alerts.commands import report
from tocsin.app import compose
from tocsin.edge.session import form_token
from tocsin.edge.viewer import Viewer
from tocsin.kernel.db import Database
from tocsin.people.displays import display_of
from tocsin.settings import load
from tocsin.web.live import Live
from tocsin.web.wall import DISPLAY


async def as_(browser: Browser, db: Database, company: Company) -> Browser:
    """Ada's browser on the same app."""
    cookie = await signed_in(db, company.ada)
    site = browser.app.state.site  # type: ignore[attr-defined] # a Starlette app
    return Browser(browser.app, cookie, form_token(site, cookie))


async def test_it_shows_what_is_open_and_nothing_private(
    browser: Browser, db: Database, company: Company
) -> None:
    assert "All quiet" in await browser.see("/wall")
    await declared(db, company.as_ana(), "Checkout is down", severity=1)
    secret = await declared(db, company.as_ana(), "Somebody was hacked", private=True)
    async with db.unit(company.as_ana(), "web") as u:
        await report(u, "Disk is full", priority=2)
    seen = await browser.see("/wall")
    assert "1 open incident<" in seen
    assert "Checkout is down" in seen
    assert "hacked" not in seen
    assert secret.key not in seen
    assert "Payments on-call" in seen
    assert "Ana Silva" in seen
    assert "P2</span> <strong>1</strong>" in seen
    assert "<form" not in seen, "there is nothing to do"
    assert "Checkout is down" in await browser.see("/wall/state")


async def test_a_screen_is_let_in_by_its_link_until_that_is_revoked(
    browser: Browser, db: Database, company: Company
) -> None:
    ada = await as_(browser, db, company)
    assert (await browser.ask("GET", "/settings/displays"))[0] == 403
    status, _, text = await ada.press("/settings/displays", name="Dublin, third floor")
    assert status == 200
    token = re.findall(r"/wall#(wall_\w+)", text)[0]
    assert token not in await ada.see("/settings/displays"), "shown once"
    screen = Browser(
        browser.app,
        "none",
        re.findall(r'data-csrf="([^"]+)"', (await Browser(browser.app, "none", "").see("/wall")))[0],
    )
    assert "not signed in" in await screen.see("/wall")
    assert (await screen.ask("GET", "/wall/state"))[0] == 401
    assert (await screen.ask("GET", "/wall/events"))[0] == 401
    assert (await screen.press("/wall/open", token="wall_" + "x" * 43))[0] == 401
    status, headers, _ = await screen.press("/wall/open", token=token)
    assert status == 200
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/wall" in cookie
    screen.cookie = f"none; tocsin-wall={token}"
    assert "All quiet" in await screen.see("/wall")
    assert "All quiet" in await screen.see("/wall/state")
    for elsewhere in ("/", "/incidents", "/alerts", "/settings/displays"):
        assert (await screen.ask("GET", elsewhere))[0] == 303, "it opens nothing else"
    display = await display_of(db, token)
    assert (await ada.press("/settings/displays/revoke", display_id=str(display)))[0] == 303
    assert "revoked" in await ada.see("/settings/displays")
    assert (await screen.ask("GET", "/wall/state"))[0] == 401
    assert await display_of(db, "tok_x") is None


async def test_a_display_watches_common_topics_only(
    db: Database, dsn: str, company: Company, tmp_path: Path
) -> None:
    running = compose(load({"TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test"}), db, dsn)
    live = running.site.hub._source  # what the composed app asks
    assert isinstance(live, Live)
    incident = await declared(db, company.as_ana())
    assert await live.allowed(DISPLAY, "incidents")
    assert not await live.allowed(DISPLAY, f"incident:{incident.id}")
    assert not await live.allowed(DISPLAY, f"alert:{incident.id}")
    assert not await live.allowed(Viewer(DISPLAY.actor.__class__(None, "x", "public")), "incidents")
    await running.close()
