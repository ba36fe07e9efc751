"""What tests of telephony share: a company that is reached by telephone, and requests signed as vendors sign them."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson

from tests.contract.asgi import Told, ask
from tests.contract.vendors import PHONE, SECRET, TELNYX, TELNYX_PUBLIC
from tests.domain.paging_world import World, run, value
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.integrations.twilio import sign
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id
from tocsin.paging.deliver import Sender
from tocsin.settings import load

FORM = {"content-type": "application/x-www-form-urlencoded"}


class Phones(World):
    """The whole app, its engine and its sender turned by hand; vendors are wherever the settings say."""

    def __init__(self, db: Database, company: Company, running: Running, url: str) -> None:
        self.running, self.url = running, url
        super().__init__(db, company)

    def new_sender(self) -> Sender:
        return self.running.sender

    async def only(self, user: UUID, *ways: tuple[str, int]) -> None:
        """This person is reached by these transports with these delays, all at the one number."""
        await run(self.db, "delete from contact_methods where user_id = $1", user)
        for transport, delay in ways:
            method = new_id()
            await run(
                self.db,
                "insert into contact_methods (id, user_id, transport, address, verified_at) values ($1, $2, $3, $4, clock())",
                method, user, transport, PHONE,
            )  # fmt: skip
            await run(
                self.db,
                "insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s) values ($1, $2, 'high', $3, $4)",
                new_id(), user, method, delay,
            )  # fmt: skip

    async def message(self, alert: UUID, transport: str = "sms") -> Any:
        (found,) = await run(
            self.db,
            "select d.* from deliveries d join pages p on p.id = d.page_id where p.alert_id = $1 and d.transport = $2"
            " and d.purpose = 'page'",
            alert, transport,
        )  # fmt: skip
        return found

    async def owner(self, alert: UUID) -> str | None:
        found: str | None = await value(self.db, "select acknowledged_by from alerts where id = $1", alert)
        return found or None

    async def number(self, alert: UUID) -> int:
        return int(await value(self.db, "select number from alerts where id = $1", alert))

    async def twilio(self, path: str, fields: Mapping[str, str], signature: str | None = None) -> Told:
        """As Twilio asks: a form with the signature of our account."""
        signed = sign(SECRET, f"{self.url}{path}", list(fields.items())) if signature is None else signature
        headers = FORM | {"X-Twilio-Signature": signed}
        return await ask(self.running.front, "POST", path, urlencode(fields).encode(), headers)

    async def telnyx(self, path: str, body: Any, *, age: int = 0, forged: bool = False) -> Told:
        """As Telnyx asks: JSON, or a form within calls, signed with its key."""
        is_form = "/call/" in path or "/key/" in path
        data = urlencode(body).encode() if is_form else orjson.dumps(body)
        at = str(int((await self.db.clock()).timestamp()) - age)
        signature = b64encode(TELNYX.sign(f"{at}|".encode() + data + (b" " if forged else b""))).decode()
        headers = {"telnyx-timestamp": at, "telnyx-signature-ed25519": signature} | (FORM if is_form else {})
        return await ask(self.running.front, "POST", path, data, headers)


@asynccontextmanager
async def phones_of(
    db: Database, dsn: str, company: Company, folder: Path, url: str = "http://tocsin.example", **env: str
) -> AsyncIterator[Phones]:
    """The app with these settings; Ana, who is on call, is reached by SMS."""
    every = {"TOCSIN_GATHER_S": "0", **env}  # Each page by itself, unless the test says otherwise.
    running = compose(load({"TOCSIN_DATA": str(folder), "TOCSIN_URL": url, **every}), db, dsn)
    found = Phones(db, company, running, url)
    await found.only(company.ana, ("sms", 0))
    try:
        yield found
    finally:
        await running.close()


def twilio_url(root: str, account: str = "AC0123", token: str = SECRET) -> str:
    return f"{root.replace('//', f'//{account}:{token}@')}?from=+15551234567"


def telnyx_url(root: str) -> str:
    public = TELNYX_PUBLIC.replace("+", "%2B")
    return f"{root.replace('//', f'//:{SECRET}@')}?from=+15557654321&public_key={public}&application=77"
