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

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = "",
        media: str = "application/json",
        length: str = "",
        door: str = "",
        **query: Any,
    ) -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        waiting = [raw]
        sent: list[Message] = []
        headers = {"authorization": f"Bearer {self.token}", "content-type": media}
        headers |= {"idempotency-key": key} if key else {}
        headers |= {"x-tocsin-door": door} if door else {}
        headers |= {"content-length": length} if length else {}
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

    async def upload(self, path: str, name: str, content: bytes, *, key: str = "", **fields: str) -> Answer:
        """A file with fields beside it, as browsers send them."""
        edge = "edge-of-the-parts"
        parts = [
            f'--{edge}\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
            for n, v in fields.items()
        ]
        head = f'--{edge}\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\ncontent-type: image/png\r\n\r\n'
        raw = b"".join(parts) + head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return await self.ask("POST", path, raw, key=key, media=f"multipart/form-data; boundary={edge}")

    async def good(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """What a request that must succeed answers."""
        answer = await self.ask(method, path, body, **query)
        assert answer.status < 300, (method, path, answer.status, answer.data)
        return answer.data


async def token_of(db: Database, actor: Actor) -> str:
    async with db.unit(actor, "web") as u:
        return await create_token(u, "test", ["read", "respond", "configure", "admin"])


@asynccontextmanager
async def api_of(
    db: Database, dsn: str, company: Company, folder: Path, **environ: str
) -> AsyncIterator[Api]:
    """The whole app as it is served, nothing running beside it; Ada asks."""
    running = compose(load({"TOCSIN_DATA": str(folder), "TOCSIN_URL": "http://test", **environ}), db, dsn)
    try:
        yield Api(running.app, db, await token_of(db, company.admin()))
    finally:
        await running.close()
