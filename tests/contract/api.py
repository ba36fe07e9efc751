"""Our own API, whole and in process: asked with a token, answered with JSON."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.types import Message

from tests.contract.door import Answer
from tests.support import Company
from tocsin.app import compose
from tocsin.kernel.db import Actor, Database
from tocsin.people.reach import create_token
from tocsin.settings import load


class Api:
    """One caller of the composed app; `as_` makes another one."""

    def __init__(self, app: Any, db: Database, token: str) -> None:
        self.app = app
        self.db = db
        self.token = token

    async def as_(self, actor: Actor) -> "Api":
        return Api(self.app, self.db, await token_of(self.db, actor))

    async def ask(self, method: str, path: str, body: Any = None, *, key: str = "", **query: Any) -> Answer:
        raw = b"" if body is None else orjson.dumps(body)
        waiting = [raw]
        sent: list[Message] = []
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        headers |= {"idempotency-key": key} if key else {}
        asked = urlencode({name: str(value) for name, value in query.items() if value is not None})
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "server": ("test", 80),
            "path": f"/api/v1{path}", "raw_path": f"/api/v1{path}".encode(), "query_string": asked.encode(),
            "client": ("127.0.0.1", 1), "root_path": "", "asgi": {"version": "3.0"},
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip

        async def receive() -> Message:
            return (
                {"type": "http.request", "body": waiting.pop(), "more_body": False}
                if waiting
                else {"type": "http.disconnect"}
            )

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        text = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], found, orjson.loads(text) if text else None)

    async def good(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """What a request that must succeed answers."""
        answer = await self.ask(method, path, body, **query)
        assert answer.status < 300, (method, path, answer.status, answer.data)
        return answer.data


async def token_of(db: Database, actor: Actor) -> str:
    async with db.unit(actor, "web") as u:
        return await create_token(u, "test", ["read", "respond", "configure", "admin"])


@asynccontextmanager
async def api_of(db: Database, dsn: str, company: Company, folder: Path) -> AsyncIterator[Api]:
    """The whole app as it is served, nothing running beside it; Ada asks."""
    running = compose(load({"TOCSIN_DATA": str(folder), "TOCSIN_URL": "http://test"}), db, dsn)
    try:
        yield Api(running.app, db, await token_of(db, company.admin()))
    finally:
        await running.close()
