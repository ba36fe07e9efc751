"""Intake's routes without a server: raw paths and pieces of bodies as a test wants them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Message

from tests.support import Company
from tocsin.api import opsgenie
from tocsin.catalog import commands
from tocsin.edge import inbound
from tocsin.edge.headers import BodyLimit
from tocsin.edge.intake import Intake
from tocsin.edge.raw import MAX_BODY
from tocsin.integrations.registry import FORMATS
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and JSON."""

    status: int
    headers: dict[str, str]
    data: Any


class Door:
    """The app with intake's routes only, asked in-process: raw paths and pieces of bodies as a test wants them."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        # The app has a limit of its own, which must not answer in intake's place.
        routes = [*inbound.routes(intake, FORMATS), *opsgenie.routes(intake, FORMATS["opsgenie"])]
        self.app = Starlette(routes=routes, middleware=[Middleware(BodyLimit, most=MAX_BODY)])
        self.read = 0

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = "",
        headers: Mapping[str, str] | None = None,
        pieces: list[bytes] | None = None,
    ) -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        waiting = pieces if pieces is not None else [raw]
        sent: list[Message] = []
        found = {"authorization": f"Bearer {key}"} if key else {}
        found |= {name.lower(): value for name, value in (headers or {}).items()}
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "server": ("test", 80),
            "path": _decoded(path), "raw_path": path.encode(), "query_string": query.encode(), "client": ("::1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in found.items()], "root_path": "",
        }  # fmt: skip

        async def receive() -> Message:
            self.read += 1
            if not waiting:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        assert sent, "no answer"
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        text = b"".join(message.get("body", b"") for message in sent[1:])
        data = json.loads(text) if "json" in answered.get("content-type", "") else text.decode()
        return Answer(sent[0]["status"], answered, data)

    async def post(self, path: str, body: Any, key: str = "", **more: Any) -> Answer:
        return await self.ask("POST", path, body, key=key, **more)


def _decoded(path: str) -> str:
    return path.replace("%2F", "/").replace("%20", " ")


async def key_of(db: Database, company: Company, format_: str = "generic", **more: Any) -> str:
    """The key of a new integration."""
    async with db.unit(company.admin(), "test") as u:
        made = await commands.create_integration(u, f"{format_} {uuid4()}", format=format_, **more)
    return made["key"]


async def stored(db: Database) -> dict[str, Any]:
    """All alerts by alias, the newest of each."""
    return {
        row["alias"]: row for row in await db.rows(Statement("test", "select * from alerts order by number"))
    }
