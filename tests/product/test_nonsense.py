"""Every door against what should not be sent through it: too much, nonsense, the wrong method."""

import json
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from tests.product import setting
from tests.product.doors import RANKS, ROUTES, House, filled, served_house
from tocsin.edge.access import Who


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with served_house() as served:
        yield served


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
