"""The record out and in, at the API and on pages: every format, streamed, for those who may see it."""

import zipfile
from io import BytesIO
from typing import Any

import orjson
import typst
from jsonschema import Draft202012Validator

from tests.contract.api import Api
from tests.contract.asgi import ask
from tests.contract.browsing import Browser
from tests.domain.street import declared
from tests.domain.test_catchup import do
from tests.domain.test_export import a_whole_one, exported
from tests.support import Company
from tocsin.edge.exports import export
from tocsin.incidents.bonds import merge
from tocsin.incidents.entries import say
from tocsin.incidents.exporting import Attachment, schema
from tocsin.incidents.queries import incident_by_key
from tocsin.kernel.db import Database, Reader
from tocsin.places.queries import notes_of


async def fetch(api: Api, path: str) -> tuple[int, dict[str, str], bytes]:
    """A file, as bytes."""
    told = await ask(api.app, "GET", f"/api/v1{path}", headers={"authorization": f"Bearer {api.token}"})
    return told.status, told.headers, told.body


async def test_every_format_comes_out(api: Api, db: Database, company: Company) -> None:
    incident = await a_whole_one(db, company)
    here = f"/incidents/{incident.key}/export"
    status, headers, body = await fetch(api, f"{here}/json")
    assert status == 200
    assert headers["content-disposition"] == f'attachment; filename="{incident.key}.json"'
    data = orjson.loads(body)
    assert data["incident"]["entries"] == len(data["entries"]) == incident.head
    assert data["exported_by"] == "Ada Admin"
    _, headers, body = await fetch(api, f"{here}/md")
    assert headers["content-type"].startswith("text/markdown")
    assert f"**{incident.head}**" in body.decode()
    assert "hunter2" not in body.decode()
    _, headers, body = await fetch(api, f"{here}/pdf")
    assert headers["content-type"] == "application/pdf"
    assert body.startswith(b"%PDF")
    _, _, body = await fetch(api, f"{here}/zip")
    with zipfile.ZipFile(BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["record.json", "record.md", "record.pdf"]
        assert orjson.loads(archive.read("record.json"))["entries"] == data["entries"]
    assert (await fetch(api, f"{here}/exe"))[0] == 422


async def test_the_files_are_in_the_archive(api: Api, db: Database, company: Company) -> None:
    """Against the protocol that whoever keeps files has to speak."""
    incident = await declared(db, company.as_ana())

    class Two:
        async def of(self, _db: Reader, _incident_id: object) -> list[Attachment]:
            return [
                Attachment("a", 1, "graph.png", "image/png", 6, "1-graph.png"),
                Attachment("b", 1, "x", "text/plain", 1, "1-x"),
            ]

        async def read(self, attachment: Attachment) -> Any:
            yield b"abc" if attachment.id == "a" else b"x"
            yield b"def" if attachment.id == "a" else b""

    found = await export(api.app.state.site, incident, "zip", company.as_ana(), Two())
    body = b"".join([piece async for piece in found.body])
    with zipfile.ZipFile(BytesIO(body)) as archive:
        assert archive.read("files/1-graph.png") == b"abcdef"
        assert orjson.loads(archive.read("record.json"))["attachments"][0] == {
            "seq": 1, "name": "graph.png", "type": "image/png", "size": 6, "path": "files/1-graph.png",
            "began_at": None,
        }  # fmt: skip


async def test_words_of_people_are_no_source_of_the_document(
    api: Api, db: Database, company: Company
) -> None:
    hostile = '#panic("x") #read("/etc/passwd") ] $ $ ``` <a> \\ \u202e // /* @ref =\n= - + שלום 数据库 مرحبا'
    incident = await declared(db, company.as_ana(), hostile.replace("\n", " "), impact=hostile)
    status, _, body = await fetch(api, f"/incidents/{incident.key}/export/pdf")
    assert status == 200
    assert body.startswith(b"%PDF")
    assert typst.__version__


async def test_an_export_comes_in_by_the_api(api: Api, db: Database, company: Company) -> None:
    incident = await a_whole_one(db, company)
    data = await exported(db, incident, "# Notes")
    made = await api.good("POST", "/incidents/import", data)
    assert made["new"]
    assert made["url"].endswith(f"/incidents/{made['key']}")
    again = await api.good("POST", "/incidents/import", data)
    assert (again["key"], again["new"]) == (made["key"], False)
    found = await incident_by_key(db, made["key"], company.ada)
    assert found is not None
    notes = await notes_of(db, found.id)
    assert notes is not None
    assert notes.body == "# Notes"
    refused = await api.ask("POST", "/incidents/import", data | {"version": 7})
    assert (refused.status, refused.data["field"]) == (422, "record")
    vic = await api.as_(company.as_vic())
    assert (await vic.ask("POST", "/incidents/import", data)).status == 403


async def test_an_export_larger_than_a_form_comes_in(api: Api, db: Database, company: Company) -> None:
    data = await exported(db, await declared(db, company.as_ana()))
    line = data["entries"][0] | {"kind": "message", "payload": {"text": "x" * 2000}}
    data["entries"] += [line | {"seq": n} for n in range(2, 1500)]
    assert len(orjson.dumps(data)) > 2_600_000
    assert (await api.ask("POST", "/incidents/import", data)).status == 201
    assert (await api.ask("POST", "/incidents", {"summary": "x", "impact": "x" * 2_600_000})).status == 413


async def test_the_pages_of_it(browser: Browser, db: Database, company: Company) -> None:
    incident = await a_whole_one(db, company)
    here = f"/incidents/{incident.key}"
    assert f'href="{here}/export/pdf"' in await browser.see(f"{here}/export")
    data = await browser.see(f"{here}/export/json")
    assert orjson.loads(data)["exported_by"] == "Ana Silva"
    assert (await browser.ask("GET", f"{here}/export/exe"))[0] == 404
    assert orjson.loads(await browser.see("/incidents/export.schema.json"))["title"].startswith(
        "A Tocsin incident"
    )
    assert "Import an incident" in await browser.see("/incidents/import")
    status, headers, text = await browser.send("/incidents/import", data, field="record")
    assert status == 303, text
    first = headers["location"]
    assert "imported the record of" in await browser.see(first)
    assert (await browser.send("/incidents/import", data, field="record"))[1]["location"] == first
    status, _, text = await browser.send("/incidents/import", "{}", field="record")
    assert status == 422
    assert "not an export of version 1" in text


async def test_a_private_one_goes_only_to_its_members(
    api: Api, browser: Browser, db: Database, company: Company
) -> None:
    incident = await declared(db, company.as_ben(), private=True)
    for format_ in ("json", "md", "pdf", "zip"):
        assert (await fetch(api, f"/incidents/{incident.key}/export/{format_}"))[0] == 404
        assert (await browser.ask("GET", f"/incidents/{incident.key}/export/{format_}"))[0] == 404
    assert (await browser.ask("GET", f"/incidents/{incident.key}/export"))[0] == 404
    ben = await api.as_(company.as_ben())
    status, _, body = await fetch(ben, f"/incidents/{incident.key}/export/md")
    assert status == 200
    assert b"Confidential" in body
    data = orjson.loads((await fetch(ben, f"/incidents/{incident.key}/export/json"))[2])
    made = await ben.good("POST", "/incidents/import", data)
    assert (await api.ask("GET", f"/incidents/{made['key']}")).status == 404


async def test_what_was_merged_stands_in_the_record_and_in_its_exports(
    browser: Browser, api: Api, db: Database, company: Company
) -> None:
    one, two = (
        await declared(db, company.as_ana(), "Checkout fails"),
        await declared(db, company.as_ben(), "Cards are declined"),
    )
    await do(db, company.as_ben(), say, two.id, "The gateway <b>says</b> 504")
    await do(db, company.as_ana(), merge, two.id, one.id)
    await do(db, company.as_ana(), say, one.id, "Ours too")
    page = await browser.see(f"/incidents/{one.key}/record?merged=1")
    words = ["The gateway &lt;b&gt;says&lt;/b&gt; 504", "Ours too"]
    assert page.index(words[0]) < page.index(words[1])
    assert f'href="/incidents/{two.key}/entries/2">{two.key} #2</a>' in page
    assert words[0] not in await browser.see(f"/incidents/{one.key}/record")
    data = orjson.loads((await fetch(api, f"/incidents/{one.key}/export/json"))[2])
    (merged,) = data["merged"]
    assert (merged["key"], merged["entries"][1]["text"]) == (two.key, "The gateway <b>says</b> 504")
    Draft202012Validator(orjson.loads(schema())).validate(data)
    text = (await fetch(api, f"/incidents/{one.key}/export/md"))[2].decode()
    assert f"## Record of {two.key}, merged into this one: Cards are declined" in text
    assert (await fetch(api, f"/incidents/{one.key}/export/pdf"))[2].startswith(b"%PDF")
