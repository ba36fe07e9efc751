"""One seeded installation and one browser per module of browser tests."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import folders
from tests.browser.support import MISSING, Watch, chromium, new_context, sign_in
from tests.product import setting
from tests.product.harness import Mailbox, Tocsin
from tests.product.prepared import prepare
from tocsin.cli.seed import PASSWORD, plant
from tocsin.kernel import embedded
from tocsin.kernel.db import connect
from tocsin.kernel.migrate import migrate
from tocsin.people.permissions import permit

ADA = "ada@lantern.example"


@dataclass
class House:
    """The company of the seeds, served; Ada is its administrator."""

    server: Tocsin
    mailbox: Mailbox
    token: str
    email: str = ADA
    password: str = PASSWORD

    def key(self, name: str, service: str) -> str:
        """The key of a new generic integration for a service by name."""
        services = self.server.api("GET", "/services", token=self.token)["services"]
        service_id = next(s["id"] for s in services if s["name"] == service)
        return setting.key_for(self.server, self.token, name, "generic", service_id)


def _lantern(data: Path) -> str:
    """The company of the seeds in a new data folder; answers an API token of Ada's."""
    # In a thread of its own: the caller may stand inside somebody's event loop.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _plant(data)).result()
    return setting.token_in(Tocsin(data).cli("token", "create", "--email", ADA, "--json"))


async def _plant(data: Path) -> None:
    server = await asyncio.to_thread(embedded.start, data)
    try:
        await migrate(server.dsn)
        database = await connect(server.dsn)
        database.permit = permit
        try:
            await plant(database)
        finally:
            await database.close()
    finally:
        await asyncio.to_thread(server.leave)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    if MISSING:
        pytest.skip(MISSING)
    with folders.new("browser") as home, Mailbox() as mailbox:
        server = Tocsin(home / "data", smtp_port=mailbox.port)
        token = prepare("lantern", server.data, _lantern)
        server.start()
        try:
            yield House(server, mailbox, token)
        finally:
            server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if MISSING:
        pytest.skip(MISSING)
    with chromium() as found:
        yield found


PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass
class People:
    """Ada's desk, and other people's browsers as they are needed."""

    house: House
    browser: Browser
    watch: Watch
    page: Page
    contexts: list[BrowserContext]

    def of(self, first: str, **options: Any) -> Page:
        """Somebody else, signed in."""
        context = new_context(self.browser, self.house.server, self.watch, **options)
        self.contexts.append(context)
        page = context.new_page()
        sign_in(page, f"{first}@lantern.example", self.house.password)
        return page

    def schedule(self, name: str) -> str:
        """The id of a schedule."""
        found = self.house.server.api("GET", "/schedules", token=self.house.token)["schedules"]
        return str(next(s["id"] for s in found if s["name"] == name))

    def id(self, first: str) -> str:
        """The id of a person."""
        return setting.id_of(self.house.server, self.house.token, f"{first}@lantern.example")


@pytest.fixture
def people(house: House, browser: Browser) -> Iterator[People]:
    watch = Watch()
    context = new_context(browser, house.server, watch, viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    sign_in(page, house.email, house.password)
    found = People(house, browser, watch, page, [context])
    yield found
    for each in found.contexts:
        each.close()
    assert watch.wrong == []
