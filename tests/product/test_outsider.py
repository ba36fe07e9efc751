"""A private incident, to everybody who is not in it: no route, feed, list, count, search, mail or message shows a trace of it.

Every route is walked from the application's own table, so one that is added later is walked too. What an outsider sees is
compared with what they saw before the incident was there: nothing differs. And what names it is answered as if it named
nothing.
"""

import json
import re
import tempfile
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from tests import folders
from tests.contract.test_recording_doors import a_wav
from tests.product import setting
from tests.product.doors import FORM, House, served_house
from tests.product.harness import Tocsin, until
from tests.shape.test_routes import routes
from tocsin.edge.access import Who

SECRET = "XYZZYBREACH"
MISSING = "INC-qqqqqqqqqqqq"
NOBODY = "00000000-0000-4000-8000-000000000000"
#: The stream is listened to by itself; the others are of machines, or measure the installation and not incidents.
NOT_WALKED = {"/events", "/wall/events"}
#: How many messages a vendor took in all is one of these: the member's own are among them.
MEASURING = {
    "/settings/vendors",
    "/api/v1/vendors",
    "/metrics",
    "/settings/system",
    "/healthz",
    "/readyz",
    "/settings/audit",
    "/dev/components",
}
#: Differs from one request to the next by itself.
CHANGING = re.compile(
    r'(?:name="csrf" value|data-csrf|name="request_key" value|name="cursor" value)="[^"]*"'
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|\+00:00| UTC)?"
    r'|"took":[\d.]+'
    r"|[\w-]{20,}|\b\d+(?:\.\d+)? ?(?:s|sec|min|h|d|ms)\b|\bjust now\b|\d\d:\d\d(?::\d\d)?|in \d+ \w+|\d+ \w+ ago"
)
#: Fits every form and body that there is well enough to come to the question which incident is meant.
BODY: dict[str, Any] = {
    "text": "x", "severity": 2, "status": "identified", "why": "x", "state": "x", "audience": "responders", "role": "scribe",
    "user_id": NOBODY, "team_id": NOBODY, "summary": "x", "url": "https://x.example", "body": "x", "version": 1, "seq": 1,
    "alert": "1", "alert_id": NOBODY, "reason": "x", "what": "task", "sure": True, "relation": "related", "sub_status": "x",
    "into": "INC-1", "other": "INC-1", "message": "x", "target": "x", "outcome": "x", "verdict": "open", "evidence": "#1",
}  # fmt: skip


@dataclass
class Secret:
    """A private incident with something in each corner, and who is not in it."""

    house: House
    member: str
    tokens: dict[str, str]
    alert: int
    service: str
    team: str
    key: str = ""
    id: str = ""
    #: A transcript's entry and a recording's file.
    transcript: str = ""
    recording: str = ""
    before: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def trace(self, text: str) -> str:
        """What of the incident is in a text; empty when there is nothing."""
        return next((t for t in (SECRET.lower(), self.key.lower(), self.id) if t and t in text.lower()), "")

    def filled(self, path: str, key: str) -> str:
        path = path.replace("{alert}", str(self.alert)).replace("{service_id}", self.service)
        if "/incidents/{key}" in path:
            path = path.replace("{key}", key)
        if "/transcripts/{seq}" in path and self.transcript:
            path = path.replace("{seq}", self.transcript).replace("{n}", "1")
        path = path.replace("{file_id}", self.recording or NOBODY).replace("{file}", self.recording or NOBODY)
        return re.sub(r"\{seq[^}]*\}", "1", path).replace("{role}", "scribe")

    def ask(self, who: str, method: str, path: str, more: dict[str, Any] | None = None) -> tuple[int, str]:
        path = re.sub(r"\{[^}]+\}", NOBODY, path)
        if who in self.tokens:
            if method == "GET":
                return self.house.server.get(path, self.tokens[who])
            return self.house.server.send(method, path, BODY | (more or {}), self.tokens[who])
        person = self.house.people[Who(who)] if who != "nobody" else self.house.stranger()
        if method == "GET":
            status, _, page = person.ask("GET", path)
            return status, page
        fields = BODY | {"csrf": person.token() if who != "nobody" else "x"} | (more or {})
        body = urllib.parse.urlencode(fields)
        status, _, page = person.ask(method, path, body, content_type=FORM["content-type"])
        return status, page


BROWSERS = ("admin", "viewer", "nobody")


def table(*methods: str) -> list[tuple[str, str, str]]:
    """Method and path of everything that is served, and who asks there: by token at the API, else with a browser."""
    found = set()
    for route in routes(Path(tempfile.mkdtemp())):
        path = getattr(route, "path", "")
        api = isinstance(route, APIRoute)
        path = f"/api/v1{path}" if api and not path.startswith("/api/") else path
        for method in (getattr(route, "methods", None) or set()) & set(methods):
            if path and path not in NOT_WALKED:
                found.add((method, path, "tokens" if path.startswith("/api/v1/") else "browsers"))
    return sorted(found)


def walk(secret: Secret, *methods: str) -> Iterator[tuple[str, str, str]]:
    """Who asks what: everybody who is not in it, at every route that takes the method."""
    for method, path, kind in table(*methods):
        for who in secret.tokens if kind == "tokens" else BROWSERS:
            yield who, method, path


def calm(text: str, *keys: str) -> str:
    """Without what changes by itself, and with the key that was asked for under one name."""
    for key in filter(None, keys):
        text = text.replace(key, "KEY").replace(urllib.parse.quote(key), "KEY")
    return CHANGING.sub("~", text)


def settled(server: Tocsin) -> None:
    """All that follows has been done."""
    until(
        lambda: (
            server.rows(
                "select 1 as one from work where set_aside_at is null and due_at <= clock()"
                " union all select 1 from deliveries where state in ('queued', 'sending')"
            )
            == []
        ),
        "all that follows is done",
    )


@pytest.fixture(scope="module")
def secret() -> Iterator[Secret]:
    with served_house() as house:
        server = house.server
        tokens = {
            who: setting.token_in(server.cli("token", "create", "--email", f"{who}@example.org", "--json"))
            for who in ("member", "viewer")
        }
        server.cli(
            "admin", "create", "--email", "out@example.org", "--name", "Otto Outside", "--role", "member",
            stdin=f"{setting.PASSWORD}\n",
        )  # fmt: skip
        outside = setting.token_in(server.cli("token", "create", "--email", "out@example.org", "--json"))
        service = setting.service_for(
            server, house.token, "Vault", users=[setting.id_of(server, house.token, "member@example.org")]
        )
        team = server.api("POST", "/teams", {"name": "Vault keepers"}, house.token)["id"]
        api = {"a token": outside, "a viewer's token": tokens["viewer"], "an admin's token": house.token}
        member = tokens["member"]
        server.api(
            "POST", "/incidents", {"summary": "Search is slow", "severity": 2, "service": "Vault"}, member
        )
        alert = server.api("POST", "/alerts", {"message": "Odd log-ins", "service": "Vault"}, member)[
            "number"
        ]
        house.mailbox.wait("member@example.org", "Odd log-ins")
        server.api("POST", f"/alerts/{alert}/acknowledge", {}, member)
        settled(server)
        made = Secret(house, member, api, alert, service, team)
        for who, method, path in walk(made, "GET"):
            made.before[who, path] = made.ask(who, method, made.filled(path, MISSING))
        fill(made)
        yield made


def fill(made: Secret) -> None:
    """Something private in each corner, by the member alone."""
    server, member = made.house.server, made.member
    body = {
        "summary": f"{SECRET} at checkout", "severity": 1, "private": True, "alert": str(made.alert), "impact": SECRET,
        "service": "Vault", "products": [SECRET], "reporter_contact": SECRET,
    }  # fmt: skip
    made.key = server.api("POST", "/incidents", body, member)["key"]
    made.id = server.rows("select id::text as id from incidents where private")[0]["id"]
    one = f"/incidents/{made.key}"
    server.api("PUT", f"{one}/teams/{made.team}", {}, member)
    for line in (
        SECRET, f"/claim {SECRET}", f"/task {SECRET} @Member in 1 min", "/take im", f"/summary {SECRET} again", f"/known {SECRET}",
        f"/unknown {SECRET}", f"/decide {SECRET} because {SECRET}", f"/hypothesis {SECRET}", "/severity 2 " + SECRET,
        f"/severity 1 {SECRET}", "/status mitigated", f"/impact {SECRET}",
    ):  # fmt: skip
        server.api("POST", f"{one}/entries", {"text": line}, member)
    for audience in ("responders", "stakeholders"):
        update = {"audience": audience, "state": SECRET, "status_now": [SECRET], "next_update_in_minutes": 1}
        server.api("POST", f"{one}/updates", update, member)
    call_of(made)
    settled(server)


def call_of(made: Secret) -> None:
    """What was recorded and said on a call about it."""
    began = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    with folders.new("call") as home:
        words, sound = home / f"{SECRET}.vtt", home / f"{SECRET}.wav"
        words.write_text(f"WEBVTT\n\n00:01.000 --> 00:02.000\n<v {SECRET}>{SECRET}\n", encoding="utf-8")
        sound.write_bytes(a_wav())
        sent = [
            json.loads(
                made.house.server.cli(
                    "incident", "attach", made.key, str(file), "--began-at", began, *more, "--json", token=made.member
                )
            )
            for file, more in ((words, ["--transcript"]), (sound, []))
        ]  # fmt: skip
    made.transcript, made.recording = str(sent[0]["seq"]), sent[1]["id"]
    status, _ = made.house.server.get(
        f"/api/v1/incidents/{made.key}/transcripts/{made.transcript}", made.member
    )
    assert status == 200


def test_no_page_and_no_answer_differs_from_before(secret: Secret) -> None:
    """Every GET there is, as an outsider, a viewer, an administrator and nobody: as before, to the last count."""
    wrong = []
    for who, method, path in walk(secret, "GET"):
        status, text = secret.ask(who, method, secret.filled(path, MISSING))
        if found := secret.trace(text):
            wrong.append(f"{who} {path}: {found}")
        if (who, path) in secret.before and path not in MEASURING:
            was = secret.before[who, path]
            if (status, calm(text, MISSING)) != (was[0], calm(was[1], MISSING)):
                wrong.append(f"{who} {path}: {difference(calm(was[1]), calm(text))}")
    assert not wrong, chr(10).join(wrong)


def difference(one: str, other: str) -> str:
    lines = set(one.splitlines()) ^ set(other.splitlines())
    return " | ".join(sorted(line.strip()[:150] for line in lines)[:4])


def test_it_is_answered_as_if_there_were_none(secret: Secret) -> None:
    """Every route that takes a key, and every verb: the private one and one that does not exist, alike in status and body."""
    wrong, asked = [], 0
    for who, method, path in walk(secret, "GET", "POST", "PUT", "DELETE", "PATCH"):
        if "/incidents/{key}" not in path:
            continue
        asked += 1
        ours = secret.ask(who, method, secret.filled(path, secret.key))
        none = secret.ask(who, method, secret.filled(path, MISSING))
        if (ours[0], calm(ours[1], secret.key)) != (none[0], calm(none[1], MISSING)):
            wrong.append(f"{who} {method} {path}: {ours[0]} and {none[0]}: {difference(ours[1], none[1])}")
        if ours[0] < 300 or SECRET in ours[1]:
            wrong.append(f"{who} {method} {path}: {ours[0]}")
    assert asked > 150
    assert wrong == []


@pytest.mark.parametrize("search", ["key", "word", "id", "title"])
def test_no_search_finds_it(secret: Secret, search: str) -> None:
    """Each page and each list that takes words in its address, with the words of the incident."""
    sought = {"key": secret.key, "word": SECRET, "id": secret.id, "title": f"{SECRET} at checkout"}[search]
    none = {"key": MISSING, "word": "QQQQQQQQQQQ", "id": NOBODY, "title": "QQQQQQQQQQQ at checkout"}[search]
    names = ("q", "text", "summary", "incident", "search", "key")
    wrong = []
    for who, method, path in walk(secret, "GET"):
        if (
            "{" in path.replace("{alert}", "").replace("{service_id}", "")
            or path in MEASURING
            or path.startswith("/static")
        ):
            continue
        where = secret.filled(path, MISSING)
        ours = secret.ask(who, method, f"{where}?{urllib.parse.urlencode(dict.fromkeys(names, sought))}")
        other = secret.ask(who, method, f"{where}?{urllib.parse.urlencode(dict.fromkeys(names, none))}")
        quoted = [urllib.parse.quote(sought), urllib.parse.quote_plus(sought)]
        if (ours[0], calm(ours[1], sought, *quoted)) != (
            other[0],
            calm(other[1], none, *(q.replace(sought, none) for q in quoted)),
        ):
            wrong.append(f"{who} {path}: {ours[0]} {other[0]} {difference(ours[1], other[1])}")
    assert wrong == []


def test_what_names_it_elsewhere_finds_nothing(secret: Secret) -> None:
    """Forms and bodies of something else that name an incident: paging for it, merging into it, relating to it."""
    wrong = []
    for who, method, path in walk(secret, "POST", "PUT"):
        if not (
            path.startswith(("/page", "/api/v1/page"))
            or path.endswith(("/merge", "/relate", "/links", "/split"))
        ):
            continue
        answers = [
            secret.ask(
                who, method, secret.filled(path, "INC-1"), dict.fromkeys(("incident", "into", "other"), key)
            )
            for key in (secret.key, MISSING)
        ]
        if calm(answers[0][1], secret.key) != calm(answers[1][1], MISSING) or answers[0][0] != answers[1][0]:
            wrong.append(
                f"{who} {method} {path}: {answers[0][0]} {answers[1][0]} {difference(answers[0][1], answers[1][1])}"
            )
    assert wrong == []


def test_no_event_reaches_an_outsider(secret: Secret) -> None:
    """Each topic there is, and the incident's own, while somebody speaks in it."""
    server, admin = secret.house.server, secret.house.people[Who.ADMIN]
    topics = (
        "alerts",
        "incidents",
        "oncall",
        "pages",
        "work",
        "status",
        f"incident:{secret.id}",
        f"incident:{secret.id.upper()}",
    )
    with admin.listening(*topics) as heard:
        for n in range(3):
            server.api("POST", f"/incidents/{secret.key}/entries", {"text": f"{SECRET} {n}"}, secret.member)
        server.api("POST", "/alerts", {"message": "The last one"}, secret.member)
        until(lambda: any("alerts" in line for line in heard), "an event of something else")
    assert not secret.trace("".join(heard)), heard


def test_nothing_that_was_sent_names_it(secret: Secret) -> None:
    """Mails as they arrived, and every message that was handed to any transport: none but the member's."""
    server = secret.house.server
    setting.later(server, 3600)
    try:
        settled(server)
        until(
            lambda: server.rows(
                "select 1 as one from entries where kind = 'update_missed' and stream = $1::uuid", secret.id
            ),
            "what is late is noticed",
        )
        settled(server)
    finally:
        setting.later(server, 0)
    sent = server.rows(
        "select u.email, d.message::text as message, d.address from deliveries d left join users u on u.id = d.user_id"
        " where u.email is distinct from 'member@example.org'"
    )
    assert [row for row in sent if secret.trace(f"{row['message']} {row['address']}")] == []
    for address in (setting.ADA, "viewer@example.org", "out@example.org"):
        assert [m["subject"] for m in secret.house.mailbox.to(address) if secret.trace(m.as_string())] == []
