"""Adding a contact method: the form is drawn from what transports say, checks what is typed, and keeps secrets sealed."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.contract.test_calendar_pages import Browser
from tests.contract.vendors import CASES, SECRET, Vendor, serving
from tests.domain.people_world import signed_in
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.edge.session import form_token
from tocsin.kernel.db import Database
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import SECRET_PURPOSE
from tocsin.people.model import ContactMethod, Purpose
from tocsin.people.queries import contact_methods, sealed_secret, user_by_id
from tocsin.settings import PrivateTargets, load
from tocsin.web.link_mail import LinkMail
from tocsin.web.messages import Messages

PAGE = "/settings/profile"


@pytest.fixture
async def running(db: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Running]:
    found = compose(load({"TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test"}), db, dsn)
    yield found
    await found.close()


@pytest.fixture
async def browser(db: Database, running: Running, company: Company) -> Browser:
    cookie = await signed_in(db, company.ana)
    return Browser(running.app, cookie, form_token(running.site, cookie))


async def newest(db: Database, company: Company) -> ContactMethod:
    return (await contact_methods(db, company.ana))[-1]


async def opened(running: Running, method: ContactMethod) -> str | None:
    sealed = await sealed_secret(running.site.database, method.id)
    if sealed is None:
        return None
    return running.site.keys.open_sealed(SECRET_PURPOSE, sealed, about=str(method.id)).decode()


async def test_the_form_offers_every_way_and_says_what_it_needs(browser: Browser, running: Running) -> None:
    text = await browser.see(PAGE)
    for name, transport in running.site.transports.items():
        assert (f'value="{name}"' in text) is not transport.info.by_device
        if transport.info.by_device:
            continue
        assert transport.info.title in text
        assert not transport.ready or transport.info.fields[0].label in text
    assert 'type="password"' in text


@pytest.mark.parametrize(
    ("way", "address", "token", "stored", "secret"),
    [
        ("sms", "0049 (151) 234-567-89", "", "+4915123456789", None),
        ("ntfy", "https://ntfy.sh/ops-night", "tk_abc", "https://ntfy.sh/ops-night", "tk_abc"),
        ("ntfy", "https://ntfy.sh/ops-night", "", "https://ntfy.sh/ops-night", None),
        ("gotify", "https://push.example/", SECRET, "https://push.example", SECRET),
        ("email", "ana@night.example", "ignored", "ana@night.example", None),
        ("apprise", f"discord://4174216298/{SECRET}", "", "discord (", f"discord://4174216298/{SECRET}"),
    ],
)
async def test_what_is_typed_is_stored_as_it_will_be_used(
    browser: Browser, running: Running, db: Database, company: Company, way: str, address: str, token: str,
    stored: str, secret: str | None,
) -> None:  # fmt: skip
    status, headers, _ = await browser.press(f"{PAGE}/methods", transport=way, address=address, secret=token)
    assert (status, headers["location"].partition("#")[0]) == (303, PAGE)
    method = await newest(db, company)
    assert method.transport == way
    assert method.address.startswith(stored)
    assert await opened(running, method) == secret
    text = await browser.see(PAGE)
    assert SECRET not in text
    assert "tk_abc" not in text


@pytest.mark.parametrize(
    ("way", "address", "token", "said"),
    [
        ("sms", "0151 23456789", "", "with its country"),
        ("voice", "ana", "", "with its country"),
        ("ntfy", "https://ntfy.sh", "", "ends with a topic"),
        ("gotify", "https://push.example", "", "needs the token"),
        ("telegram", "Ana", "", "no chat id"),
        ("webhook", "gopher://x", "", "starts with https://"),
        ("email", "nobody", "", "not an e-mail address"),
        ("apprise", "nosuch://x/y", SECRET, "does not know how"),
    ],
)
async def test_what_cannot_work_is_said_beside_its_field(
    browser: Browser, db: Database, company: Company, way: str, address: str, token: str, said: str
) -> None:
    before = await contact_methods(db, company.ana)
    status, _, text = await browser.press(f"{PAGE}/methods", transport=way, address=address, secret=token)
    assert status == 422
    assert said in text
    assert SECRET not in text
    assert await contact_methods(db, company.ana) == before


async def test_a_webhook_shows_the_secret_that_we_made_once(
    browser: Browser, running: Running, db: Database, company: Company
) -> None:
    status, _, text = await browser.press(
        f"{PAGE}/methods", transport="webhook", address="https://hook.example/x"
    )
    assert status == 200
    secret = await opened(running, await newest(db, company))
    assert secret
    assert secret.startswith("whsec_")
    assert secret in text.replace("&#43;", "+").replace("&#x2F;", "/")
    assert secret not in await browser.see(PAGE)


async def test_a_confirmation_goes_out_with_the_methods_secret(
    browser: Browser, running: Running, db: Database, company: Company
) -> None:
    """A Gotify server takes nothing without its token: the link that confirms the address needs it too."""
    async with serving() as vendor, Outbound(PrivateTargets(everything=True)) as outbound:
        await browser.press(f"{PAGE}/methods", transport="gotify", address=vendor.root, secret=SECRET)
        method, ana = await newest(db, company), await user_by_id(db, company.ana)
        assert ana

        async def secret_of(method_id: UUID) -> str | None:
            return await opened(running, method) if method_id == method.id else None

        ways = {"gotify": CASES["gotify"].make(outbound, vendor.root, 5.0)}
        vendor.says(*CASES["gotify"].good)
        await LinkMail(ways, Messages(), "http://test", secret_of)(ana, method, Purpose.VERIFICATION, "TOKEN")
        _is_whole(vendor)


def _is_whole(vendor: Vendor) -> None:
    (asked,) = vendor.asked
    assert asked.headers["X-Gotify-Key"] == SECRET
    assert asked.json["extras"]["client::notification"]["click"]["url"] == "http://test/verify/TOKEN"
