"""What tests of doors share: every route, a served installation, and somebody of each role with a browser's cookies."""

import http.client
import re
import socket
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.routing import Route

from tests import folders
from tests.product import setting
from tests.product.harness import Mailbox, Tocsin
from tests.product.prepared import prepare
from tests.shape.test_routes import routes
from tocsin.edge.access import Who
from tocsin.edge.headers import MACHINES

PASSWORD = setting.PASSWORD
FORM = {"content-type": "application/x-www-form-urlencoded"}
ROUTES = [
    (route.path, method, route.who)
    for route in routes(Path(tempfile.mkdtemp()))
    if isinstance(route, Route) and not route.path.startswith(("/api/", *MACHINES))
    for method in sorted((route.methods or set()) - {"HEAD"})
]
RANKS = {Who.VIEWER: 1, Who.MEMBER: 2, Who.ADMIN: 3}


@dataclass
class Browser:
    """Somebody's requests with their cookies; keeps no connection."""

    server: Tocsin
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: bytes | str = b"", **headers: str
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body or None, {"accept": "text/html"} | sent)
            answer = connection.getresponse()
            for header in answer.headers.get_all("set-cookie") or []:
                name, _, value = header.partition(";")[0].partition("=")
                self.cookies[name] = value
            return (
                answer.status,
                {k.lower(): v for k, v in answer.getheaders()},
                answer.read().decode("utf-8", "replace"),
            )
        finally:
            connection.close()

    def token(self, path: str = "/") -> str:
        """The form token of a page."""
        page = self.ask("GET", path)[2]
        found = re.search(r'(?:name="csrf" value|data-csrf)="([^"]+)"', page)
        assert found, page[:300]
        return found.group(1)

    def post(self, path: str, **fields: str) -> tuple[int, dict[str, str], str]:
        fields.setdefault("csrf", self.token("/" if self.cookies else "/sign-in"))
        return self.ask("POST", path, urllib.parse.urlencode(fields), content_type=FORM["content-type"])

    @contextmanager
    def listening(self, *topics: str) -> Iterator[list[str]]:
        """One stream of events, never connected again: its lines, as they come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("GET", f"/events?topics={','.join(topics)}", headers={"cookie": cookie})
        answer, lines = connection.getresponse(), list[str]()
        assert answer.status == 200, answer.read()

        def read() -> None:
            with suppress(OSError, ValueError, http.client.HTTPException):
                lines.extend(line.decode() for line in answer)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        try:
            yield lines
        finally:
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)
            thread.join(60)
            connection.close()

    def sign_in(self, email: str) -> "Browser":
        status, _, page = self.post("/sign-in", email=email, password=PASSWORD)
        assert status == 303, page[:500]
        return self


@dataclass
class House:
    """A served installation with somebody of each role."""

    server: Tocsin
    token: str
    mailbox: Mailbox
    people: dict[Who, Browser]

    def stranger(self) -> Browser:
        return Browser(self.server)


@contextmanager
def served_house() -> Iterator[House]:
    """Served for the time of the block, on a data folder of its own."""
    with folders.new("doors") as home, Mailbox() as mailbox:
        server = Tocsin(home / "data", smtp_port=mailbox.port)
        token = prepare("house", server.data, lambda data: _somebody_of_each_role(Tocsin(data)))
        server.start()
        try:
            people = {Who.ADMIN: Browser(server).sign_in(setting.ADA)}
            people |= {who: Browser(server).sign_in(f"{who}@example.org") for who in (Who.MEMBER, Who.VIEWER)}
            yield House(server, token, mailbox, people)
        finally:
            server.stop()


def _somebody_of_each_role(server: Tocsin) -> str:
    token = setting.new_administrator(server)
    for role in ("member", "viewer"):
        server.cli(
            "admin", "create", "--email", f"{role}@example.org", "--name", role.title(), "--role", role,
            stdin=f"{PASSWORD}\n",
        )  # fmt: skip
    return token


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", path)
