"""Pages asked as a browser asks them, without one: a cookie, a form token, and what comes back."""

from json import loads
from typing import Any
from urllib.parse import urlencode

from starlette.types import Message

IMPORT = "multipart/form-data; boundary=edge"


class Browser:
    """Ana's: one cookie, one form token."""

    def __init__(self, app: object, cookie: str, csrf: str) -> None:
        self.app = app
        self.cookie = cookie
        self.csrf = csrf

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", **more: str
    ) -> tuple[int, dict[str, str], str]:
        path, _, query = path.partition("?")
        sent: list[Message] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        headers = {"cookie": f"tocsin={self.cookie}", "content-type": kind, "host": "test", "accept": "text/html",
                   "content-length": str(len(body)), **more}  # fmt: skip
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "server": ("test", 80), "path": path,
            "raw_path": path.encode(), "query_string": query.encode(), "client": ("127.0.0.1", 1), "root_path": "",
            "asgi": {"version": "3.0", "spec_version": "2.4"}, "headers": [(k.encode(), v.encode()) for k, v in headers.items() if v],
        }  # fmt: skip

        async def receive() -> Message:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)  # type: ignore[operator] # an ASGI app
        found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:]).decode()

    async def see(self, path: str) -> str:
        status, _, text = await self.ask("GET", path)
        assert status == 200, text
        return text

    async def press(self, path: str, **fields: str | list[str]) -> tuple[int, dict[str, str], str]:
        body = urlencode({"csrf": self.csrf, **fields}, doseq=True).encode()
        return await self.ask("POST", path, body, "application/x-www-form-urlencoded")

    async def script(self, path: str, **fields: str) -> tuple[int, dict[str, Any]]:
        """As a script of ours posts: status, and what the JSON says."""
        body = urlencode({"csrf": self.csrf, **fields}).encode()
        asked = {"x-requested-with": "tocsin", "accept": "application/json"}
        status, _, text = await self.ask("POST", path, body, "application/x-www-form-urlencoded", **asked)
        return status, loads(text)

    async def send(
        self, path: str, file: str | None, *, field: str = "file", **fields: str
    ) -> tuple[int, dict[str, str], str]:
        parts = [
            f'--edge\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
            for k, v in {"csrf": self.csrf, **fields}.items()
        ]
        if file is not None:
            parts.append(
                f'--edge\r\ncontent-disposition: form-data; name="{field}"; filename="rota.ics"\r\n'
                f"content-type: text/calendar\r\n\r\n{file}\r\n"
            )
        return await self.ask("POST", path, ("".join(parts) + "--edge--\r\n").encode(), IMPORT)
