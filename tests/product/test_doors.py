"""Every door against those who should not come in."""

import http.client
import json
import re
import urllib.parse
from collections.abc import Iterator

import pytest

from tests.product import setting
from tests.product.doors import FORM, PASSWORD, RANKS, ROUTES, Browser, House, filled, served_house
from tests.product.harness import Tocsin, link_in, until
from tocsin.edge.access import Who
from tocsin.edge.headers import CSP

#: A button in a notification and a program at its heartbeat post there, without a page or a cookie: the signed address
#: permits one thing.
NO_FORM = {
    "/ack/{token}/now",
    "/ack-all/{token}/now",
    "/in/heartbeat/{token}",
    "/push/shown/{token}",
    "/push/renew",
}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with served_house() as served:
        yield served


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
        if method != "POST" or who in (Who.DEVELOPER, Who.INTEGRATION_KEY, Who.TOKEN) or path in NO_FORM:
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
            "/metrics",
        ):
            page = person.ask("GET", path)[2].replace(f"q={secret}", "").replace(f'value="{secret}"', "")
            assert secret not in page, path
            assert key not in page, path
    token = admin.token()
    alike = admin.post("/incidents/declare/preview", csrf=token, summary=f"{secret} at checkout")[2]
    assert key not in alike
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


def test_a_profile_says_where_somebody_lives_and_works(house: House) -> None:
    member = house.people[Who.MEMBER]
    usual = {
        "name": "Mia Member",
        "time_zone": "Europe/Berlin",
        "locale": "en",
        "work_starts": "22:00",
        "work_ends": "06:00",
    }
    saved = member.post(
        "/settings/profile", **usual, country="DE", subdivision="", work_day_1="1", work_day_7="1"
    )
    assert saved[0] == 303, saved
    page = member.ask("GET", "/settings/profile")[2]
    assert '<option value="DE" selected>Germany</option>' in page
    assert '<option value="BE">Berlin</option>' in page, "the regions of the country that was chosen"
    assert re.findall(r'name="work_day_(\d)" value="1" checked', page) == ["1", "7"]
    assert 'value="22:00"' in page
    assert member.post("/settings/profile", **usual, country="DE", subdivision="BE", work_day_1="1")[0] == 303
    assert '<option value="BE" selected>Berlin</option>' in member.ask("GET", "/settings/profile")[2]
    assert member.post("/settings/profile", **usual, country="PT", subdivision="BE", work_day_1="1")[0] == 303
    for wrong in (
        {"country": "Atlantis"},
        {"work_starts": "late"},
        {"work_ends": "22:00"},
        {"work_day_1": ""},
    ):
        status, _, page = member.post(
            "/settings/profile", **({**usual, "country": "DE", "work_day_1": "1"} | wrong)
        )
        assert status == 422, wrong
        assert "Nothing was saved." in page
    assert '<option value="PT" selected>Portugal</option>' in member.ask("GET", "/settings/profile")[2]
