"""Recordings and transcripts at the doors: known by their content, played by parts, private with the incident, sent once."""

import io
import math
import struct
import wave
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.types import Message

from tests.contract.api import Api
from tests.contract.asgi import ask
from tests.contract.browsing import Browser
from tests.domain.street import declared
from tests.support import Company
from tocsin.edge import pictures
from tocsin.edge.attachments import forms
from tocsin.edge.headers import BodyLimit
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement


def a_wav(seconds: float = 1.0) -> bytes:
    """A tone."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(
            b"".join(struct.pack("<h", int(3000 * math.sin(n / 4))) for n in range(int(8000 * seconds)))
        )
    return out.getvalue()


MP3 = (b"\xff\xfb\x90\x00" + bytes(413)) * 3
VTT = "WEBVTT\n\n00:00:05.000 --> 00:00:07.000\n<v Ana Silva>the pool is <b>full</b></v>\n\n00:07:12.000 --> 00:07:15.000\n<v <script>>x\n\n00:08:00.000 --> 00:08:02.000\n<v שרה\u202e כהן>&lt;img src=x onerror=alert(1)&gt; quagga\n"


def box(brand: bytes) -> bytes:
    return b"\x00\x00\x00\x18ftyp" + brand + bytes(32)


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (a_wav(), "audio/wav"), (MP3, "audio/mpeg"), (b"ID3\x04" + bytes(50), "audio/mpeg"), (box(b"M4A "), "audio/mp4"),
        (box(b"isom"), "video/mp4"), (box(b"mp42"), "video/mp4"), (b"OggS" + bytes(24) + b"OpusHead", "audio/ogg"),
        (b"OggS" + bytes(24) + b"\x80theora", "video/ogg"), (b"\x1aE\xdf\xa3\x9fB\x82\x84webm" + b"A_OPUS", "audio/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x82\x84webm" + b"V_VP9 A_OPUS", "video/webm"), (b"fLaC" + bytes(40), "audio/flac"),
        (b"\xff\xfb\x90\x00" + bytes(900), "application/octet-stream"), (b"\x1aE\xdf\xa3\x9fB\x82\x88matroska", "application/octet-stream"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "application/octet-stream"), (box(b"heic"), "application/octet-stream"),
        (b"\xff\xfeA\x00B\x00" * 300, "application/octet-stream"), (b"", "text/plain"), (b"\xff\xfb" * 9, "application/octet-stream"),
    ],
)  # fmt: skip
def test_what_it_is_its_content_says(content: bytes, media: str) -> None:
    assert pictures.look(io.BytesIO(content))[0] == media


async def made(api: Api, **more: Any) -> str:
    key = (await api.good("POST", "/incidents", {"summary": "Checkout fails", "severity": 1} | more))["key"]
    return str(key)


def ago(minutes: int) -> str:
    return (datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)).isoformat()


async def raw(api: Api, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Bytes, whatever they are."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    told = await ask(
        api.app, "GET", f"/api/v1{path}",
        headers={"authorization": f"Bearer {api.token}", "accept-encoding": "gzip"} | given,
    )  # fmt: skip
    return told.status, told.headers, told.body


async def test_a_recording_is_played_by_parts(api: Api) -> None:
    key, began, content = await made(api), ago(60), a_wav(30)
    sent = await api.upload(
        f"/incidents/{key}/recordings", "call.exe", content, began_at=began, clock_ahead_s="-30"
    )
    assert sent.status == 201, sent.data
    assert (sent.data["media"], sent.data["size"]) == ("audio/wav", len(content))
    assert datetime.fromisoformat(sent.data["began_at"]) == datetime.fromisoformat(began) + timedelta(
        seconds=30
    )
    here = f"/incidents/{key}/files/{sent.data['id']}"
    status, headers, body = await raw(api, here)
    assert (status, body) == (200, content)
    assert (headers["accept-ranges"], headers["content-type"]) == ("bytes", "audio/wav")
    assert "content-encoding" not in headers
    assert "sandbox" in headers["content-security-policy"]
    assert "no-store" in headers["cache-control"]
    status, headers, body = await raw(api, here, range="bytes=1000-1999")
    assert (status, body) == (206, content[1000:2000])
    assert headers["content-range"] == f"bytes 1000-1999/{len(content)}"
    assert (await raw(api, here, range="bytes=-10"))[2] == content[-10:]
    assert (await raw(api, here, range=f"bytes={len(content)}-"))[0] == 416
    assert (await raw(api, here, range="bytes=0-1", if_range=headers["etag"]))[0] == 206
    assert (await raw(api, here, range="bytes=0-1", if_range='"other"'))[0] == 200
    said = (await api.good("GET", f"/incidents/{key}/entries"))["entries"][-1]
    assert (said["kind"], said["seq"]) == ("recording_attached", sent.data["seq"])


@pytest.mark.parametrize(
    ("name", "content", "fields", "says"),
    [
        ("a.mp3", b"MZ\x90 not sound", {}, "no recording"), ("a.mp3", b"", {}, "empty"), ("a.wav", a_wav(0.1), {"began_at": "yesterday"}, "began_at"),
        ("a.wav", a_wav(0.1), {"began_at": "2026-11-27T02:50"}, "began_at"), ("a.wav", a_wav(0.1), {"began_at": "2999-01-01T00:00:00Z"}, "future"),
        ("a.wav", a_wav(0.1), {"clock_ahead_s": "99999999"}, "clock_ahead_s"), ("a.wav", a_wav(0.1), {"began_at": "0001-01-01T00:00:00+14:00"}, ""),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_refused(
    api: Api, name: str, content: bytes, fields: dict[str, str], says: str
) -> None:
    key = await made(api)
    answer = await api.upload(f"/incidents/{key}/recordings", name, content, **{"began_at": ago(60)} | fields)
    assert answer.status == 422, answer.data
    assert says in answer.data["error"]
    assert (await api.good("GET", f"/incidents/{key}/recordings")) == {"recordings": [], "transcripts": []}


@pytest.mark.parametrize("where", ["files", "recordings", "transcripts"])
async def test_a_repeat_of_a_request_adds_nothing(api: Api, where: str) -> None:
    key, began = await made(api), ago(60)
    content, other = (VTT.encode(), VTT.encode() + b"\n") if where == "transcripts" else (a_wav(), a_wav(2))
    fields = {} if where == "files" else {"began_at": began}
    first, second = [
        await api.upload(f"/incidents/{key}/{where}", "call", content, key="k1", **fields) for _ in (1, 2)
    ]
    assert (first.status, first.data) == (201, second.data)
    assert len((await api.good("GET", f"/incidents/{key}/files"))["files"]) == 1
    third = await api.upload(f"/incidents/{key}/{where}", "call", other, key="k1", **fields)
    assert third.status == 409


async def test_a_transcript_line_by_line(api: Api) -> None:
    key, began = await made(api), ago(60)
    sent = await api.upload(
        f"/incidents/{key}/transcripts", "call.vtt", VTT.encode(), began_at=began, caption="the bridge"
    )
    assert sent.status == 201, sent.data
    assert (sent.data["cues"], sent.data["speakers"]) == (3, 2)
    here = f"/incidents/{key}/transcripts/{sent.data['seq']}"
    lines = (await api.good("GET", here))["lines"]
    assert [(line["speaker"], line["text"]) for line in lines][::2] == [
        ("Ana Silva", "the pool is full"), ("שרה כהן", "<img src=x onerror=alert(1)> quagga"),
    ]  # fmt: skip
    assert datetime.fromisoformat(lines[2]["at"]) == datetime.fromisoformat(began) + timedelta(minutes=8)
    told = await api.good("POST", f"{here}/lines/3/entry")
    assert (await api.good("POST", f"{here}/lines/3/entry")) == told
    assert (await api.good("GET", here, first=3))["lines"][0]["entry"] == told["seq"]
    (line,) = (await api.good("GET", "/search", q="quag"))["lines"]
    assert line["url"].endswith(f"{here}/lines/3")
    right = (datetime.fromisoformat(began) + timedelta(seconds=9)).isoformat()
    moved = await api.good(
        "PUT", f"/incidents/{key}/recordings/{sent.data['seq']}/start", {"began_at": right}
    )
    assert datetime.fromisoformat(moved["transcripts"][0]["began_at"]) == datetime.fromisoformat(right)
    assert (await api.ask("POST", f"{here}/lines/4/entry")).status == 404
    refused = await api.upload(
        f"/incidents/{key}/transcripts", "x.vtt", b"WEBVTT\n\n00:99.000 --> 00:01.000\nx", began_at=began
    )
    assert (refused.status, refused.data["error"]) == (422, "Line 3: there is no such time.")
    large = await api.upload(f"/incidents/{key}/transcripts", "x.vtt", b"x" * 6_000_000, began_at=began)
    assert large.status == 413


async def test_outsiders_find_nothing(api: Api, company: Company) -> None:
    key = await made(api, private=True)
    sound = (await api.upload(f"/incidents/{key}/recordings", "c.wav", a_wav(), began_at=ago(60))).data
    seq = (await api.upload(f"/incidents/{key}/transcripts", "c.vtt", VTT.encode(), began_at=ago(60))).data[
        "seq"
    ]
    ben = await api.as_(company.as_ben())
    one = f"/incidents/{key}"
    for path in (f"{one}/recordings", f"{one}/files/{sound['id']}", f"{one}/transcripts/{seq}"):
        assert (await ben.ask("GET", path)).status == 404, path
    for what, content in (("recordings", a_wav()), ("transcripts", VTT.encode())):
        assert (await ben.upload(f"{one}/{what}", "x", content, began_at=ago(5))).status == 404
    assert (await ben.ask("POST", f"{one}/transcripts/{seq}/lines/1/entry")).status == 404
    assert (await ben.ask("PUT", f"{one}/recordings/{seq}/start", {"began_at": ago(70)})).status == 404
    assert (await ben.good("GET", "/search", q="quagga"))["lines"] == []


async def test_of_strangers_nothing_is_read(api: Api) -> None:
    """A body of half a gigabyte from somebody without a token ends before it begins."""
    key, read = await made(api), 0
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": read < 1000}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "server": ("test", 80),
        "path": f"/api/v1/incidents/{key}/recordings", "raw_path": b"", "query_string": b"", "client": ("127.0.0.1", 1),
        "root_path": "", "asgi": {"version": "3.0"},
        "headers": [(b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"400000000")],
    }  # fmt: skip
    await api.app(scope, receive, send)
    assert (sent[0]["status"], read) == (401, 0)


async def test_a_file_that_the_disk_has_no_room_for(api: Api) -> None:
    key = await made(api)
    scope_length = str(10**15)
    limit = next(m for m in walk(api.app) if isinstance(m, BodyLimit))
    limit.uploads = {"recordings": 10**18}
    answer = await api.ask(
        "POST",
        f"/incidents/{key}/recordings",
        b"x",
        media="multipart/form-data; boundary=x",
        length=scope_length,
    )
    assert answer.status == 507
    assert "no room" in answer.data["error"]


def walk(app: Any) -> Any:
    """The layers of an app, outermost first."""
    found = getattr(app, "middleware_stack", app)
    while found is not None:
        yield found
        found = getattr(found, "app", None) or getattr(found, "_stacked", None)


def test_each_address_has_a_limit_of_its_own() -> None:
    limit = BodyLimit(lambda *_: None, most=10, larger={"/incidents/import": 99}, uploads=forms(500))  # type: ignore[arg-type, return-value]
    form = "multipart/form-data; boundary=x"
    assert limit._most("/incidents/INC-1/recordings", form) == 500_100_000
    assert limit._most("/incidents/INC-1/recordings", "application/json") == 10
    assert limit._most("/api/v1/incidents/INC-1/transcripts", form) == 5_100_000
    assert limit._most("/incidents/import", "application/json") == 99
    assert limit._most("/incidents/INC-1/recordings/move", form) == 10
    assert limit._most("/recordings", form) == 10


async def test_pages_without_scripts(browser: Browser, db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    here = f"/incidents/{incident.key}"
    began = (datetime.now(UTC) - timedelta(minutes=40)).astimezone().replace(microsecond=0)
    berlin = (
        await db.value(
            Statement("t", "select (clock() - interval '40 minutes') at time zone 'Europe/Berlin'")
        )
    ).replace(microsecond=0)
    page = await browser.see(f"{here}/recordings")
    assert "On your clock, Europe/Berlin" in page
    wrong = await browser.send(
        f"{here}/transcripts", "WEBVTT\n\nsoon --> later\nx", began_at=berlin.isoformat()
    )
    assert wrong[0] == 422
    assert "Line 3 is no pair of times" in wrong[2]
    assert (await browser.send(f"{here}/transcripts", VTT, began_at=""))[0] == 422
    status, headers, _ = await browser.send(
        f"{here}/transcripts", VTT, began_at=berlin.isoformat(), request_key="k"
    )
    assert status == 303
    again = await browser.send(f"{here}/transcripts", VTT, began_at=berlin.isoformat(), request_key="k")
    assert again[1]["location"] == headers["location"]
    seq = int(headers["location"].rpartition("/")[2])
    page = await browser.see(headers["location"])
    assert "&lt;img src=x onerror=alert(1)&gt; quagga" in page
    assert "<bdi>שרה כהן</bdi>" in page
    # Each line is a request of its own, although the form has one key.
    for n in (1, 3, 1):
        told = await browser.press(f"{headers['location']}/tell", n=str(n), request_key="page")
        assert told[1]["location"] == f"{headers['location']}#line-{n}"
    page = await browser.see(headers["location"])
    assert page.count("On the timeline, #") == 2
    assert "what was said then" in await browser.see(f"{here}/entries/{seq + 1}/about")
    then = await browser.ask(
        "GET",
        f"{headers['location']}/then?at={(began + timedelta(minutes=7)).astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}",
    )
    assert then[1]["location"] == f"{headers['location']}#line-1"
    assert (await browser.ask("GET", f"{headers['location']}/lines/3"))[1]["location"].endswith("#line-3")
    for path in ("lines/9", "lines/x", "lines/9999999999"):
        assert (await browser.ask("GET", f"{headers['location']}/{path}"))[0] == 404
    assert (await browser.ask("GET", f"{headers['location']}/then?at=soon"))[0] == 422
    assert "Said on calls" in await browser.see(f"{here}/record?q=quagga")
    assert "Said on calls" in await browser.see("/search?q=quagga")
    later = berlin + timedelta(seconds=20)
    assert (await browser.press(f"{here}/recordings/move", seq=str(seq), began_at=later.isoformat()))[
        0
    ] == 303
    assert "20 s later" in await browser.see(f"{here}/record")
