"""Every door against those who should not come in, and against what should not be sent through it."""

import http.client
import json
import re
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from tests.product import setting
from tests.product.harness import Mailbox, Tocsin, link_in, until
from tests.shape.test_routes import routes
from tocsin.edge.access import Who
from tocsin.edge.headers import CSP

PASSWORD = setting.PASSWORD
FORM = {"content-type": "application/x-www-form-urlencoded"}
ROUTES = [
    (route.path, method, route.who)  # type: ignore[attr-defined]
    for route in routes(Path(tempfile.mkdtemp()))
    if isinstance(route, Route)
    and not route.path.startswith(("/v1", "/v2", "/in/", "/opsgenie", "/jsm", "/api/"))
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
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
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


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    home = Path(tempfile.mkdtemp(prefix="tocsin-doors-"))
    home.chmod(0o755)
    with Mailbox() as mailbox:
        server = Tocsin(home / "data", smtp_port=mailbox.port)
        token = setting.administrator(server)
        for role in ("member", "viewer"):
            server.cli(
                "admin", "create", "--email", f"{role}@example.org", "--name", role.title(), "--role", role,
                stdin=f"{PASSWORD}\n",
            )  # fmt: skip
        server.start()
        try:
            people = {Who.ADMIN: Browser(server).sign_in(setting.ADA)}
            people |= {who: Browser(server).sign_in(f"{who}@example.org") for who in (Who.MEMBER, Who.VIEWER)}
            yield House(server, token, mailbox, people)
        finally:
            server.stop()
    shutil.rmtree(home, ignore_errors=True)


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", path)


def test_nobody_comes_in_where_somebody_is_needed(house: House) -> None:
    wrong = []
    for path, method, who in ROUTES:
        if who not in RANKS:
            continue
        status, headers, _ = house.stranger().ask(method, filled(path))
        to_sign_in = status == 303 and headers["location"].startswith("/sign-in?next=")
        if not (to_sign_in if method == "GET" else status in (401, 403)):
            wrong.append(f"{method} {path}: {status}")
    assert wrong == []


@pytest.mark.parametrize("role", [Who.VIEWER, Who.MEMBER])
def test_a_role_ends_where_the_next_one_begins(house: House, role: Who) -> None:
    """With a good form token: the role is what refuses."""
    person, wrong = house.people[role], []
    token = person.token()
    for path, method, who in ROUTES:
        if RANKS.get(who, 0) > RANKS[role]:
            body = urllib.parse.urlencode({"csrf": token}) if method == "POST" else b""
            status, _, _ = person.ask(method, filled(path), body, content_type=FORM["content-type"])
            if status != 403:
                wrong.append(f"{method} {path}: {status}")
    assert wrong == []


def test_no_form_is_taken_from_elsewhere(house: House) -> None:
    """Without the token, with another session's, and from another site: refused, for every form there is."""
    person, wrong = house.people[Who.ADMIN], []
    other, mine = house.people[Who.MEMBER].token(), person.token()
    attacks: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
        ({}, {}), ({"csrf": other}, {}), ({"csrf": mine}, {"sec_fetch_site": "cross-site"}),
        ({"csrf": mine}, {"origin": "https://evil.example"}),
    )  # fmt: skip
    for path, method, who in ROUTES:
        if method != "POST" or who in (Who.DEVELOPER, Who.INTEGRATION_KEY, Who.TOKEN):
            continue
        for fields, headers in attacks:
            body = urllib.parse.urlencode(fields) or "x=1"
            status, _, _ = person.ask(
                "POST", filled(path), body, content_type=FORM["content-type"], **headers
            )
            if status != 403:
                wrong.append(f"{path} with {fields and 'a token'} {headers}: {status}")
    assert wrong == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/status",
        "/nothing",
        "/api/v1/alerts",
        "/api/v2/summary.json",
        "/static/js/app.js",
        "/healthz",
        "/openapi.json",
    ],
)
def test_every_answer_keeps_to_itself(house: House, path: str) -> None:
    _, headers, _ = house.people[Who.VIEWER].ask("GET", path)
    assert headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_pages_hold_no_script_or_style_of_their_own(house: House) -> None:
    person = house.people[Who.ADMIN]
    for path, method, who in ROUTES:
        if method == "GET" and "{" not in path and who in RANKS and path != "/events":
            status, headers, page = person.ask("GET", path)
            if "text/html" in headers.get("content-type", ""):
                assert status == 200, path
                assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", page), path


def test_only_our_own_pages_are_returned_to(house: House) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        person = house.stranger()
        status, headers, _ = person.post("/sign-in", email=setting.ADA, password=PASSWORD, next=target)
        assert (status, headers["location"]) == (303, "/")


def test_passwords_are_not_guessed(house: House) -> None:
    person = house.stranger()
    answers = [person.post("/sign-in", email="viewer@example.org", password=f"guess {n}") for n in range(12)]
    assert [status for status, _, _ in answers[:10]] == [403] * 10
    status, headers, page = answers[-1]
    assert status == 429
    assert int(headers["retry-after"]) > 0
    assert "Too many tries" in page
    unknown, _, words = house.stranger().post("/sign-in", email="nobody@example.org", password="guess")
    assert unknown == 403
    assert "E-mail or password is wrong" in words
    house.server.rows("delete from throttles returning key")


def test_signing_out_ends_the_session_itself(house: House) -> None:
    person = house.stranger().sign_in("member@example.org")
    kept = dict(person.cookies)
    assert person.post("/sign-out")[0] == 303
    assert Browser(house.server, kept).ask("GET", "/")[0] == 303
    one, other = (house.stranger().sign_in("member@example.org") for _ in range(2))
    assert one.post("/settings/profile/security/sign-out")[0] == 303
    assert other.ask("GET", "/")[0] == 303
    assert one.ask("GET", "/")[0] == 200
    house.people[Who.MEMBER] = one


def test_cookies_of_a_safe_site(house: House) -> None:
    safe = Tocsin(house.server.data, TOCSIN_URL="https://tocsin.example.org")
    safe.start()
    try:
        person = Browser(safe)
        body = urllib.parse.urlencode(
            {"email": setting.ADA, "password": PASSWORD, "csrf": person.token("/sign-in")}
        )
        connection = http.client.HTTPConnection("127.0.0.1", safe.port)
        connection.request("POST", "/sign-in", body, FORM)
        answer = connection.getresponse()
        cookie = next(c for c in answer.headers.get_all("set-cookie") or [] if c.startswith("__Host-tocsin="))
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= {
            part.strip().lower() for part in cookie.split(";")
        }
        assert answer.headers["strict-transport-security"]
        connection.close()
    finally:
        safe.stop()


def test_a_private_incident_does_not_exist(house: House) -> None:
    """Not for a member, not for an administrator, not for the public; its declarer sees it."""
    server, secret = house.server, "XYZZYBREACH"
    made = server.cli("token", "create", "--email", "member@example.org", "--json")
    member = json.loads(made)["token"]
    alert = server.api("POST", "/alerts", {"message": "Odd log-ins"}, member)["number"]
    body = {
        "summary": f"{secret} at checkout",
        "severity": 1,
        "private": True,
        "alert": str(alert),
        "impact": secret,
    }
    key = server.api("POST", "/incidents", body, member)["key"]
    server.api("POST", f"/incidents/{key}/entries", {"text": secret}, member)
    server.api("POST", f"/incidents/{key}/resolve", {"text": secret}, member)
    until(lambda: server.get(f"/api/v1/incidents/{key}/postmortem.md", member)[0] == 200, "its draft")
    assert secret in house.people[Who.MEMBER].ask("GET", f"/incidents/{key}")[2]
    admin, viewer = house.people[Who.ADMIN], house.people[Who.VIEWER]
    for person in (admin, viewer):
        for part in ("", "/state", "/entries", "/notes", "/postmortem", "/postmortem.md", "/update"):
            assert person.ask("GET", f"/incidents/{key}{part}")[0] in (403, 404), part
        for path in (
            "/",
            "/incidents",
            f"/incidents?q={secret}",
            f"/alerts/{alert}",
            "/status",
            "/api/v2/incidents.json",
            f"/incidents/look-alikes?summary={secret}+at+checkout",
            "/metrics",
        ):
            page = person.ask("GET", path)[2].replace(f"q={secret}", "").replace(f'value="{secret}"', "")
            assert secret not in page, path
            assert key not in page, path
    token = admin.token()
    for form in (
        "say",
        "severity",
        "resolve",
        "join",
        "take-role",
        "update",
        "notes",
        "ticket",
        "postmortem/draft",
    ):
        status, _, page = admin.post(
            f"/incidents/{key}/{form}",
            csrf=token,
            text="x",
            severity="2",
            role="scribe",
            url="https://x.example",
            body="x",
            version="1",
            audience="responders",
            state="x",
        )
        assert status == 404, (form, status)
    for path in (f"/incidents/{key}", f"/incidents/{key}/entries", f"/incidents/{key}/postmortem.md"):
        assert server.get(f"/api/v1{path}", house.token)[0] == 404
    assert key not in server.get("/api/v1/incidents?all=true", house.token)[1]


def test_opening_a_pages_link_changes_nothing(house: House) -> None:
    server = house.server
    ada = setting.id_of(server, house.token, setting.ADA)
    service = setting.service_for(server, house.token, "Doors", users=[ada])
    key = setting.key_for(server, house.token, "Doors", "generic", service)
    assert server.send("POST", "/v1/alerts", setting.alert("doors"), key)[0] == 202
    link = link_in(house.mailbox.wait(setting.ADA, "Disk is full on doors"), "/ack/").removeprefix(server.url)
    for method in ("GET", "HEAD", "OPTIONS"):
        house.stranger().ask(method, link)
    assert server.api("GET", "/alerts", token=house.token)["alerts"][0]["state"] == "open"
    for broken in (link[:-4] + "AAAA", "/ack/x", "/ack/" + "A" * 3000, link.replace("/ack/", "/reset/")):
        assert house.stranger().ask("GET", broken)[0] == 404


LARGE = b"x" * 10_000_000


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/api/v1/alerts",
        "/v1/alerts",
        "/v2/alerts",
        "/in/alertmanager/00000000-0000-4000-8000-000000000000",
        "/incidents/declare",
    ],
)
def test_too_much_is_refused_in_a_sentence(house: House, path: str) -> None:
    service = setting.key_for(house.server, house.token, f"Large {path}"[:90], "generic", None)
    bearer = service if path.startswith("/v1") else house.token
    scheme = "GenieKey" if path.startswith("/v2") else "Bearer"
    headers = {
        "authorization": f"{scheme} {service if scheme == 'GenieKey' else bearer}",
        "content_type": "application/json",
    }
    try:
        status, _, text = house.stranger().ask("POST", path, LARGE, **headers)
    except (BrokenPipeError, ConnectionResetError):
        return  # it hung up in the middle, which is an answer too
    assert status in (401, 403, 413), text[:300]
    assert len(text) > 20


NONSENSE: tuple[Any, ...] = (
    b"", b"{", b"[]", b"null", b'"x"', b"[1,2", b"\xff\xfe\x00", b"{}" * 3, b'{"a":' * 500, b"[" * 20_000,
    {"message": None}, {"message": 5}, {"message": "\x00"}, {"message": "x" * 5000, "priority": "P9"},
    {"summary": "x" * 5000, "severity": 99}, {"summary": "\ud800", "severity": 1}, {"severity": "high"},
    {"name": "n" * 5000}, {"name": "\x00\x00"}, {"name": "x", "tier": 10**30, "users": 5}, {"text": "\x00"},
    {"email": "no", "name": ""}, {"steps": [{}]}, {"rotations": [{"participants": ["x"]}]}, {"until": "never"},
    {"starts_at": "0001-01-01T00:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}, {"minutes": -1}, {"priority": True},
    {"time_zone": "Mars/Phobos", "name": "x", "rotations": []}, {"user_id": "00000000-0000-4000-8000-000000000000"},
    {"next_update_at": "9999-12-31T23:59:59+00:00", "state": "x"}, {"next_update_in_minutes": 10**9, "state": "x"},
)  # fmt: skip


def test_nonsense_is_never_our_fault(house: House) -> None:
    """Every address of the API, with every kind of nonsense: a sentence, and never a 500."""
    paths = json.loads(house.server.get("/openapi.json")[1])["paths"]
    assert len(paths) >= 25
    wrong, ids = (
        [],
        ("00000000-0000-4000-8000-000000000000", "1", "%00", "x" * 300, "INC-1", "..%2f..", "-1", "9" * 40),
    )
    for path, methods in paths.items():
        for number, one in enumerate(ids if "{" in path else ids[:1]):
            address = re.sub(r"\{[^}]+\}", one, path)
            for method in methods:
                for body in NONSENSE if number == 0 and method != "get" else NONSENSE[:1]:
                    data = body if isinstance(body, bytes) else json.dumps(body).encode()
                    status, _, text = house.server.ask(method.upper(), address, data, house.token)
                    if status >= 500 or (status >= 400 and not json.loads(text).get("error")):
                        wrong.append(f"{method} {address} {data[:60]!r}: {status} {text[:80]}")
    assert wrong == []


def test_nonsense_in_pages_is_never_our_fault(house: House) -> None:
    person, wrong = house.people[Who.ADMIN], []
    token = person.token()
    key = house.server.api("POST", "/incidents", {"summary": "Nonsense", "severity": 3}, house.token)["key"]
    fields = dict.fromkeys(
        (
            "name",
            "summary",
            "severity",
            "text",
            "state",
            "status",
            "url",
            "body",
            "version",
            "minutes",
            "user_id",
            "alert",
            "email",
            "time_zone",
            "role",
            "audience",
            "title",
            "service_id",
            "seq",
            "steps",
            "message",
            "label",
            "value",
            "format",
            "what",
            "request_key",
        ),
        "x\x00\ud7ff" * 50,
    )
    for path, method, who in ROUTES:
        if who not in RANKS or path in (
            "/events",
            "/sign-out",
            "/settings/profile/security/sign-out",
            "/settings/profile/security/password",
        ):
            continue
        address = filled(path.replace("{key}", key).replace("{alert}", "1"))
        for extra in ({}, fields, dict.fromkeys(fields, "-99999999999999999999")):
            if method == "GET":
                status, _, _ = person.ask("GET", f"{address}?{urllib.parse.urlencode(extra)}")
            else:
                status, _, _ = person.post(address, **(extra | {"csrf": token}))
            if status >= 500:
                wrong.append(f"{method} {address} {sorted(extra)[:3]}: {status}")
    strange = (
        "/static/../app.py",
        "/static/%2e%2e/%2e%2e/settings.py",
        "/%00",
        "/alerts/%00",
        "/alerts/%ff",
        "/status/%00",
    )
    wrong += [path for path in strange if person.ask("GET", path)[0] not in (400, 404, 405)]
    assert wrong == []


def test_a_method_that_is_not_there_says_so(house: House) -> None:
    for path, method in (
        ("/alerts", "DELETE"),
        ("/api/v1/alerts", "PATCH"),
        ("/v1/alerts", "GET"),
        ("/status", "POST"),
    ):
        assert house.people[Who.ADMIN].ask(method, path)[0] in (403, 405), path
