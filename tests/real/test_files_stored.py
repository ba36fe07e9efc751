"""Files of incidents in both storages: sent, shown, exported, redacted; and what becomes of bytes that no entry points at."""

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests import folders
from tests.contract.api import Api, api_of
from tests.contract.browsing import Browser
from tests.contract.test_export_doors import fetch
from tests.contract.test_files import picture
from tests.domain.paging_world import run, value
from tests.domain.people_world import signed_in
from tests.product.harness import Tocsin, until
from tests.real.storage import Line, line_to
from tests.shape.source import ROOT
from tests.support import Company
from tocsin.edge.session import form_token
from tocsin.edge.site import Site
from tocsin.incidents import file_work
from tocsin.incidents.file_work import AGE, MARK, MOST_REMOVED, SWEEP, TAKE_OUT, sweep, sweep_some
from tocsin.kernel import work
from tocsin.kernel.blobs import LOOKS, Blobs, whole
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.ids import new_id
from tocsin.kernel.work import JobPump
from tocsin.vendors import Bucket

CONTENT = b"the log of a server\n" * 10_000


def url_of(bucket: Bucket) -> str:
    scheme, _, host = bucket.endpoint.partition("://")
    return f"{scheme}://{bucket.access_key}:{bucket.secret_key}@{host}/{bucket.name}/{bucket.prefix}"


@pytest.fixture(params=["disk", "s3"])
async def api(
    request: pytest.FixtureRequest, db: Database, dsn: str, company: Company, tmp_path: Path
) -> AsyncIterator[Api]:
    on = {} if request.param == "disk" else {"TOCSIN_S3_URL": url_of(request.getfixturevalue("own"))}
    async with api_of(db, dsn, company, tmp_path, **on) as found:
        yield found


@pytest.fixture
async def spoilt(
    own: Bucket, db: Database, dsn: str, company: Company, tmp_path: Path
) -> AsyncIterator[tuple[Line, Api]]:
    """The product with a bucket behind a line that can be spoilt."""
    async with (
        line_to(own) as (line, at_its_end),
        api_of(db, dsn, company, tmp_path, TOCSIN_S3_URL=url_of(at_its_end)) as api,
    ):
        yield line, api


def site(api: Api) -> Site:
    return api.app.state.site  # type: ignore[no-any-return]


async def declared(api: Api, **more: Any) -> tuple[str, str]:
    """Key and id."""
    made = await api.good("POST", "/incidents", {"summary": "Checkout fails", "severity": 1, **more})
    return made["key"], str(await value(api.db, "select id from incidents where key = $1", made["key"]))


async def attached(api: Api, key: str, content: bytes = CONTENT, name: str = "log.txt") -> dict[str, Any]:
    answer = await api.upload(f"/incidents/{key}/files", name, content)
    assert answer.status == 201, answer.data
    return dict(answer.data)


async def names(blobs: Blobs) -> set[str]:
    return {blob.name for blob in await blobs.listed("", 1000)}


async def test_a_file_is_sent_shown_and_exported(api: Api, company: Company) -> None:
    key, _ = await declared(api)
    kept = await attached(api, key, picture(), "graph.png")
    log = await attached(api, key)
    status, headers, body = await fetch(api, f"/incidents/{key}/files/{log['id']}")
    assert (status, body) == (200, CONTENT)
    assert headers["content-disposition"] == 'attachment; filename="log.txt"'
    assert await names(site(api).blobs) == {kept["id"], f"{kept['id']}.thumb", log["id"]}
    _, _, archive = await fetch(api, f"/incidents/{key}/export/zip")
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert CONTENT in [opened.read(name) for name in opened.namelist()]
    ben = await api.as_(company.as_ben())
    assert (await fetch(ben, f"/incidents/{key}/files/{log['id']}"))[2] == CONTENT


async def test_a_private_file_is_for_whoever_may_see_it(api: Api, company: Company) -> None:
    key, _ = await declared(api, private=True)
    kept = await attached(api, key)
    ben = await api.as_(company.as_ben())
    assert (await fetch(ben, f"/incidents/{key}/files/{kept['id']}"))[0] == 404
    assert (await fetch(api, f"/incidents/{key}/files/{kept['id']}"))[0] == 200


async def test_a_file_by_the_page(api: Api, company: Company) -> None:
    key, incident_id = await declared(api)
    cookie = await signed_in(api.db, company.ana)
    page = Browser(api.app, cookie, form_token(site(api), cookie))
    status, headers, _ = await page.send(f"/incidents/{key}/files", "BEGIN:VCALENDAR", caption="The rota")
    assert (status, headers["location"]) == (303, f"/incidents/{key}")
    file_id = await value(api.db, "select id from incident_files")
    assert await page.see(f"/incidents/{key}/files/{file_id}") == "BEGIN:VCALENDAR"
    assert "rota.ics" in await page.see(f"/incidents/{key}")
    opened = await site(api).blobs.open(incident_id, str(file_id))
    assert await whole(opened) == b"BEGIN:VCALENDAR"


async def test_the_small_picture_is_one(api: Api, company: Company) -> None:
    key, incident_id = await declared(api)
    kept = await attached(api, key, picture(), "graph.png")
    small = await whole(await site(api).blobs.open(incident_id, f"{kept['id']}.thumb"))
    with Image.open(io.BytesIO(small)) as seen:
        assert (seen.format, seen.size) == ("WEBP", (480, 320))


async def test_bytes_that_are_gone_or_another_length_are_not_the_file(api: Api) -> None:
    key, incident_id = await declared(api)
    kept = await attached(api, key)
    await site(api).blobs.put(incident_id, kept["id"], io.BytesIO(CONTENT[:-1]))
    status, _, body = await fetch(api, f"/incidents/{key}/files/{kept['id']}")
    assert (status, b"not there" in body) == (404, True)
    await site(api).blobs.remove(incident_id, kept["id"])
    assert (await fetch(api, f"/incidents/{key}/files/{kept['id']}"))[0] == 404


async def test_what_was_named_by_its_digest_is_still_found(api: Api) -> None:
    key, incident_id = await declared(api)
    kept = await attached(api, key)
    blobs = site(api).blobs
    await blobs.remove(incident_id, kept["id"])
    await blobs.put(incident_id, kept["sha256"], io.BytesIO(CONTENT))
    assert (await fetch(api, f"/incidents/{key}/files/{kept['id']}"))[2] == CONTENT
    await sweep_some(api.db, blobs, await api.db.clock() + AGE * 2)
    assert await names(blobs) == {kept["sha256"]}


async def test_what_is_refused_leaves_no_bytes(api: Api) -> None:
    key, incident_id = await declared(api)
    await run(
        api.db,
        "insert into incident_files (id, incident_id, seq, name, media, size, sha256)"
        " select gen_random_uuid(), $1, -n, 'x', 'x', 1, repeat('0', 64) from generate_series(1, 500) n",
        incident_id,
    )
    answer = await api.upload(f"/incidents/{key}/files", "log.txt", CONTENT)
    assert (answer.status, "no more fit" in answer.data["error"]) == (409, True)
    assert await names(site(api).blobs) == set()


async def redacted(api: Api, key: str, file: dict[str, Any]) -> None:
    await api.good("POST", f"/incidents/{key}/entries/{file['seq']}/redact", {"reason": "names of customers"})


def pump(api: Api) -> JobPump:
    return JobPump(api.db, file_work.jobs(site(api).blobs))


async def test_redacted_bytes_go_and_the_same_bytes_of_another_entry_stay(api: Api) -> None:
    key, _ = await declared(api)
    one, two = [await attached(api, key, picture(), "graph.png") for _ in range(2)]
    assert one["sha256"] == two["sha256"]
    await redacted(api, key, one)
    await pump(api).turn()
    assert await names(site(api).blobs) == {two["id"], f"{two['id']}.thumb"}
    assert (await fetch(api, f"/incidents/{key}/files/{one['id']}"))[0] == 404
    assert (await fetch(api, f"/incidents/{key}/files/{two['id']}"))[2] == picture()


async def test_redacted_bytes_are_asked_for_until_they_are_gone(spoilt: tuple[Line, Api], later: Any) -> None:
    line, api = spoilt
    key, _ = await declared(api)
    kept = await attached(api, key)
    await redacted(api, key, kept)
    line.spoil(500)
    for tries in range(1, work.MAX_ATTEMPTS + 3):
        await pump(api).turn()
        (waiting,) = await run(api.db, "select * from work where kind = $1", TAKE_OUT)
        assert (waiting["payload"]["tries"], waiting["set_aside_at"]) == (tries, None)
        assert waiting["due_at"] <= await api.db.clock() + timedelta(hours=1)
        await later(minutes=61)
    assert await value(api.db, "select count(*) from incident_files") == 1
    line.spoil()
    await pump(api).turn()
    assert await names(site(api).blobs) == set()
    assert await run(api.db, "select id from incident_files") == []
    assert await run(api.db, "select id from work where kind = $1", TAKE_OUT) == []


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (500, "answers 500"),
        (403, "answers 403"),
        ("breaks", "broke the connection"),
        ("changes", "answers 400 BadDigest"),
    ],
)
async def test_an_upload_that_cannot_be_kept_says_so_and_writes_nothing(
    spoilt: tuple[Line, Api], company: Company, fault: str | int, problem: str
) -> None:
    line, api = spoilt
    key, _ = await declared(api)
    head = len((await api.good("GET", f"/incidents/{key}/entries"))["entries"])
    line.spoil(fault)
    content = b"MARK" + CONTENT
    answer = await api.upload(f"/incidents/{key}/files", "log.txt", content)
    sentence = f"The storage of files {problem}. The file was not attached. Try again in a moment."
    assert (answer.status, answer.data["error"]) == (503, sentence)
    assert answer.headers["retry-after"] == "10"
    cookie = await signed_in(api.db, company.ana)
    page = Browser(api.app, cookie, form_token(site(api), cookie))
    status, headers, _ = await page.send(f"/incidents/{key}/files", content.decode())
    assert (status, headers["location"]) == (303, f"/incidents/{key}")
    assert "tocsin_files_failing 1.0" in (await page.ask("GET", "/metrics"))[2]
    assert len((await api.good("GET", f"/incidents/{key}/entries"))["entries"]) == head
    line.spoil()
    assert await names(site(api).blobs) == set()
    await attached(api, key, content)
    assert "tocsin_files_failing 0.0" in (await page.ask("GET", "/metrics"))[2]


async def test_a_file_that_cannot_be_fetched_now_says_so(spoilt: tuple[Line, Api]) -> None:
    line, api = spoilt
    key, _ = await declared(api)
    kept = await attached(api, key)
    line.spoil(503)
    status, headers, body = await fetch(api, f"/incidents/{key}/files/{kept['id']}")
    assert (status, headers["retry-after"]) == (503, "10")
    assert b"The storage of files answers 503" in body


async def test_the_system_page_says_where_files_are_and_whether_it_works(
    spoilt: tuple[Line, Api], company: Company, own: Bucket
) -> None:
    line, api = spoilt
    cookie = await signed_in(api.db, company.ada)
    page = Browser(api.app, cookie, form_token(site(api), cookie))
    text = await page.see("/settings/system")
    assert f"/files/{own.prefix} (us-east-1)" in text
    assert "No file can be attached" not in text
    line.spoil(403)
    text = await page.see("/settings/system")
    assert "The storage of files answers 403. No file can be attached until it works again." in text
    assert own.secret_key not in text
    assert own.access_key not in text


# What is swept


async def left(blobs: Blobs, group: str, content: bytes = CONTENT, suffix: str = "") -> str:
    """Bytes of an upload that ended before its entry."""
    name = f"{new_id()}{suffix}"
    await blobs.put(group, name, io.BytesIO(content))
    return name


async def swept(db: Database, blobs: Blobs, now: datetime) -> int:
    removed, after = 0, ""
    while True:
        some = await sweep_some(db, blobs, now, after)
        removed, after = removed + some.removed, some.after
        if not after:
            return removed


async def test_what_no_entry_points_at_goes_after_a_day_and_nothing_else(api: Api) -> None:
    blobs, db = site(api).blobs, api.db
    key, incident_id = await declared(api)
    kept, taken = await attached(api, key, picture(), "graph.png"), await attached(api, key)
    await redacted(api, key, taken)
    entries = {kept["id"], f"{kept['id']}.thumb", taken["id"]}
    orphans = {await left(blobs, incident_id), await left(blobs, incident_id, suffix=".thumb")}
    orphans |= {"0" * 64, f".{new_id().hex}"}
    for name in ("0" * 64, *(name for name in orphans if name.startswith("."))):
        await blobs.put(incident_id, name, io.BytesIO(b"left"))
    a_look = f".{new_id().hex}"
    await blobs.put(LOOKS, a_look, io.BytesIO(b"left"))
    somebodys = {f"{new_id()}", "notes.txt", f"{new_id()}.bak", ".hidden"}
    unknown = str(new_id())
    for name in somebodys:
        await blobs.put(incident_id if "-" not in name else unknown, name, io.BytesIO(b"not ours"))
    await blobs.put("photos", str(new_id()), io.BytesIO(b"not ours"))
    everything = await names(blobs)
    times = [blob.at for blob in await blobs.listed("", 1000)]
    assert await swept(db, blobs, min(times) + AGE) == 0
    assert await names(blobs) == everything
    assert await swept(db, blobs, max(times) + AGE + timedelta(seconds=1)) == len(orphans) + 1
    assert await names(blobs) == everything - orphans - {a_look}
    assert entries | somebodys <= await names(blobs)


MOMENT = timedelta(milliseconds=1)


async def test_an_upload_under_way_is_left_alone(api: Api) -> None:
    """The same bytes were left behind long ago: they go, and those that are being sent again stay."""
    blobs, db = site(api).blobs, api.db
    key, incident_id = await declared(api)
    old = {await left(blobs, incident_id) for _ in range(20)}
    then = max(blob.at for blob in await blobs.listed("", 1000))
    under_way = await left(blobs, incident_id)
    # A bucket tells seconds: until what is under way is newer than what was left.
    while {blob.name: blob.at for blob in await blobs.listed("", 1000)}[under_way] <= then + MOMENT:
        await blobs.put(incident_id, under_way, io.BytesIO(CONTENT))
    now = then + AGE + MOMENT
    removed, *sent = await asyncio.gather(swept(db, blobs, now), *(attached(api, key) for _ in range(6)))
    assert removed == len(old)
    assert await names(blobs) == {under_way, *(file["id"] for file in sent)}
    for file in sent:
        assert (await fetch(api, f"/incidents/{key}/files/{file['id']}"))[2] == CONTENT


async def test_the_sweep_goes_on_where_it_was_and_comes_again_tomorrow(api: Api, later: Any) -> None:
    blobs, db = site(api).blobs, api.db
    _, incident_id = await declared(api)
    for _ in range(MOST_REMOVED + 5):
        await left(blobs, incident_id, b".")
    await file_work.begin(db)
    await file_work.begin(db)
    await pump(api).turn()
    assert len(await names(blobs)) == MOST_REMOVED + 6  # with the mark of who sweeps
    (waiting,) = await run(db, "select * from work where kind = $1", SWEEP)
    assert timedelta(hours=23) < waiting["due_at"] - await db.clock() <= timedelta(days=1)
    await later(days=1, minutes=5)
    await pump(api).turn()
    assert len(await names(blobs)) == 6
    await pump(api).turn()
    assert await names(blobs) == {MARK[1]}
    (waiting,) = await run(db, "select * from work where kind = $1", SWEEP)
    assert timedelta(hours=23) < waiting["due_at"] - await db.clock()
    assert waiting["payload"] == {}


async def test_a_copy_of_the_database_sweeps_nothing_while_the_other_does(api: Api, later: Any) -> None:
    blobs, db = site(api).blobs, api.db
    _, incident_id = await declared(api)
    newer = await left(blobs, incident_id)
    then = await db.clock()
    await later(days=2)
    mark = json.dumps({"database": "another", "at": then.isoformat()}).encode()
    await blobs.put(*MARK, io.BytesIO(mark))
    await sweep(db, blobs)
    assert await names(blobs) == {newer, MARK[1]}
    assert await whole(await blobs.open(*MARK)) == mark
    (waiting,) = await run(db, "select * from work where kind = $1", SWEEP)
    assert timedelta(hours=23) < waiting["due_at"] - await db.clock()
    await later(days=1, minutes=1)
    await sweep(db, blobs)
    assert await names(blobs) == {MARK[1]}
    assert json.loads(await whole(await blobs.open(*MARK)))["database"] != "another"
    await left(blobs, incident_id)
    await later(days=20)
    await sweep(db, blobs)
    assert await names(blobs) == {MARK[1]}


async def test_a_sweep_that_fails_comes_again_in_an_hour(spoilt: tuple[Line, Api]) -> None:
    line, api = spoilt
    line.spoil(500)
    await sweep(api.db, site(api).blobs, "behind this")
    (waiting,) = await run(api.db, "select * from work where kind = $1", SWEEP)
    assert waiting["payload"] == {"after": "behind this"}
    assert timedelta(minutes=59) < waiting["due_at"] - await api.db.clock() <= timedelta(hours=1)


async def test_bytes_of_an_entry_that_failed_at_the_last_moment_are_swept(api: Api) -> None:
    """The database ends the upload after its bytes were kept: no entry, and a day later no bytes."""
    key, _ = await declared(api)
    await run(api.db, "alter table incident_files alter size type smallint")
    answer = await api.upload(f"/incidents/{key}/files", "log.txt", CONTENT)
    assert (answer.status, "cannot be stored" in answer.data["error"]) == (422, True)
    assert len(await names(site(api).blobs)) == 1
    assert "file_attached" not in str(await api.good("GET", f"/incidents/{key}/entries"))
    assert await swept(api.db, site(api).blobs, await api.db.clock() + AGE * 2) == 1
    assert await names(site(api).blobs) == set()


async def test_who_was_told_twice_sent_once(api: Api) -> None:
    """The answer was lost, and the page sends again with the same key: one entry, and what it does not need goes."""
    key, incident_id = await declared(api)
    blobs = site(api).blobs
    cookie = await signed_in(
        api.db, await value(api.db, "select id from users where email = 'ana@example.org'")
    )
    page = Browser(api.app, cookie, form_token(site(api), cookie))
    for _ in range(2):
        status, _, _ = await page.send(f"/incidents/{key}/files", "once", request_key="a-key-of-the-page")
        assert status == 303
    (file_id,) = [row["id"] for row in await run(api.db, "select id from incident_files")]
    assert len(await names(blobs)) == 2
    assert await swept(api.db, blobs, await api.db.clock() + AGE * 2) == 1
    assert await whole(await blobs.open(incident_id, str(file_id))) == b"once"


async def test_begin_is_due_once(db: Database) -> None:
    for _ in range(2):
        await file_work.begin(db)
    async with db.unit(ENGINE, "test") as u:
        assert len(await u.rows(work.sql.backlog)) == 1


def test_a_process_tells_at_its_start_and_stops_at_once_all_the_same(bucket: Bucket) -> None:
    """A bucket that does not work stops no start, one that works is told of, and no key is in a log."""
    for change, said in (({}, "storage_of_files_works"), ({"secret_key": "wr/ng"}, "storage_of_files_fails")):
        with folders.new("server") as home:
            server = Tocsin(home / "data", TOCSIN_S3_URL=url_of(replace(bucket, **change)))
            try:
                server.start()
                until(lambda: said in server.log.read_text(), said)  # noqa: B023 - called at once
            finally:
                server.stop()
            log = server.log.read_text()
            assert server.process is not None
            assert server.process.returncode == 0
            assert ("the secret key is wrong" in log) == bool(change)
            assert not [key for key in (bucket.access_key, bucket.secret_key, "wr/ng") if key in log]


def test_a_wrong_address_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    server = Tocsin(tmp_path / "data", TOCSIN_S3_URL="https://KEYOFOURS:hunter2@s3.example.org")
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "serve"],
        cwd=ROOT,
        env=server.env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "TOCSIN_S3_URL must name a host and a bucket behind the @" in done.stderr
    assert "hunter2" not in done.stderr
