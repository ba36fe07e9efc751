"""The archive of an export comes in with its files; hostile ones are refused whole, and leave nothing."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.contract.door import Answer
from tests.contract.test_export_doors import fetch
from tests.contract.test_files import SVG, picture
from tests.contract.test_recording_doors import a_wav, ago
from tests.support import Company
from tocsin.edge.archive import LONGEST_LIST
from tocsin.incidents import file_work
from tocsin.incidents.file_work import FORGET
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id


async def with_files(api: Api) -> str:
    """An incident with a picture, a log that says it is a picture, and one that was taken out."""
    key: str = (await api.good("POST", "/incidents", {"summary": "Checkout fails", "severity": 1}))["key"]
    for name, content, caption in (
        ("graph ü.png", picture(), "The error rate"),
        ("not.png", SVG, ""),
        ("secret.txt", b"hunter2", ""),
    ):
        assert (await api.upload(f"/incidents/{key}/files", name, content, caption=caption)).status == 201
    call = await api.upload(f"/incidents/{key}/recordings", "call.wav", a_wav(), began_at=ago(60))
    assert call.status == 201, call.data
    await api.good("POST", f"/incidents/{key}/entries/4/redact", {"reason": "a secret"})
    return key


async def archive(api: Api, key: str) -> dict[str, bytes]:
    """What the export has, by name."""
    _, _, body = await fetch(api, f"/incidents/{key}/export/zip")
    with zipfile.ZipFile(io.BytesIO(body)) as found:
        return {name: found.read(name) for name in found.namelist()}


def packed(members: Mapping[str, bytes], *, new: bool = True, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of them; `new`: of an export that was not imported before."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as made:
        for name, content in members.items():
            renamed = new and name == "record.json"
            made.writestr(name, fresh(content) if renamed else content)
    return out.getvalue()


def fresh(record: bytes) -> bytes:
    return orjson.dumps(orjson.loads(record) | {"export_id": str(new_id())})


async def send(api: Api, content: bytes) -> Answer:
    return await api.upload("/incidents/import", "x.zip", content, key=str(new_id()))


def blobs(folder: Path) -> set[str]:
    """What the storage holds; nothing may lie in its waiting room either."""
    assert not list((folder / "files/.arriving").glob("*"))
    return {str(path.relative_to(folder)) for path in (folder / "files").rglob("*") if path.is_file()}


async def test_an_archive_comes_in_with_its_files(api: Api, db: Database, company: Company) -> None:
    key = await with_files(api)
    first = await archive(api, key)
    made = await send(api, packed(first, new=False))
    assert made.status == 201, made.data
    listed = (await api.good("GET", f"/incidents/{made.data['key']}/files"))["files"]
    assert [(f["seq"], f["name"], f["media"]) for f in listed] == [
        (2, "graph ü.png", "image/png"),
        (3, "not.png", "text/plain"),
        (5, "call.wav", "audio/wav"),
    ]
    there = (await api.good("GET", f"/incidents/{key}/files"))["files"]
    assert [f["sha256"] for f in listed] == [f["sha256"] for f in there]
    assert not {f["id"] for f in listed} & {f["id"] for f in there}
    _, _, content = await fetch(api, f"/incidents/{made.data['key']}/files/{listed[0]['id']}")
    assert content == picture()
    second = await archive(api, made.data["key"])
    assert {n: c for n, c in second.items() if n.startswith("files/")} == {
        n: c for n, c in first.items() if n.startswith("files/")
    }
    for one, other in zip(entries(first), entries(second)[:-1], strict=True):
        assert one == other
    one, other = (orjson.loads(members["record.json"])["attachments"] for members in (first, second))
    assert one == other
    assert one[2]["began_at"]
    again = await send(api, packed(first, new=False))
    assert (again.data["key"], again.data["new"]) == (made.data["key"], False)


def entries(members: Mapping[str, bytes]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(members["record.json"])["entries"]
    for entry in found:
        entry["payload"].pop("file_id", None)
    return found


async def test_the_page_takes_it_and_shows_the_files(api: Api, browser: Browser, company: Company) -> None:
    key = await with_files(api)
    whole = packed(await archive(api, key))
    body = (
        f'--edge\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{browser.csrf}\r\n--edge\r\n'
        'content-disposition: form-data; name="record"; filename="x.zip"\r\n\r\n'
    ).encode() + whole + b"\r\n--edge--\r\n"  # fmt: skip
    status, headers, text = await browser.ask(
        "POST", "/incidents/import", body, "multipart/form-data; boundary=edge"
    )
    assert status == 303, text
    room = await browser.see(headers["location"])
    assert '?small" alt="The error rate"' in room
    assert "download><bdi>not.png</bdi></a>" in room
    # The JSON alone brings their names, and no address of somewhere else.
    data = (await browser.see(f"/incidents/{key}/export/json")).replace(
        '"export_id":"', '"export_id":"0000', 1
    )
    data = fresh(data.encode()).decode()
    _, headers, _ = await browser.send("/incidents/import", data, field="record")
    room = await browser.see(headers["location"])
    assert "did not come along" in room
    assert "/files/" not in room.split('id="record"')[-1].split("<form")[0]


async def test_what_is_gone_there_comes_as_its_name(api: Api, company: Company) -> None:
    members = await archive(api, await with_files(api))
    made = await send(api, packed({n: b"" if n.startswith("files/2-") else c for n, c in members.items()}))
    assert made.status == 201, made.data
    assert [f["seq"] for f in (await api.good("GET", f"/incidents/{made.data['key']}/files"))["files"]] == [
        3,
        5,
    ]


def with_record(members: Mapping[str, bytes], **more: Any) -> dict[str, bytes]:
    return dict(members) | {"record.json": orjson.dumps(orjson.loads(members["record.json"]) | more)}


def attached(members: Mapping[str, bytes], **more: Any) -> dict[str, bytes]:
    """The same, where the record says something else of its first file."""
    found = orjson.loads(members["record.json"])["attachments"]
    return with_record(members, attachments=[found[0] | more, *found[1:]])


def encrypted(data: bytes) -> bytes:
    """Every member says that it is encrypted."""
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(magic)
        while place >= 0:
            data = data[: place + at] + b"\x01\x00" + data[place + at + 2 :]
            place = data.find(magic, place + 4)
    return data


def linked(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO(packed(members))
    with zipfile.ZipFile(out, "a") as made:
        link = zipfile.ZipInfo("files/9-link")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    return out.getvalue()


def twice(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO(packed(members))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as made:
        made.writestr("record.md", b"again")
    return out.getvalue()


def spoilt(members: Mapping[str, bytes]) -> bytes:
    """One byte of a file is another."""
    data = packed(members, how=zipfile.ZIP_STORED)
    at = data.index(SVG) + 5
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def long_list(members: Mapping[str, bytes]) -> bytes:
    """Its end says that the list of members is as long as the rest of the file."""
    data = packed(members) + b"\x00" * (LONGEST_LIST * 2)
    end = data.rindex(b"PK\x05\x06")
    tail = bytearray(data[end : end + 22])
    struct.pack_into("<LL", tail, 12, len(data), 0)
    return data + bytes(tail)


def overlapping(members: Mapping[str, bytes]) -> bytes:
    """Two members of the list have the same bytes."""
    data = packed(members)
    end = data.rindex(b"PK\x05\x06")
    (count,) = struct.unpack_from("<H", data, end + 10)
    size, begins = struct.unpack_from("<LL", data, end + 12)
    last = data[data.rindex(b"PK\x01\x02") : begins + size]
    name = last[46:]
    copies = b"".join(last[:46] + name[:-1] + bytes([65 + n]) for n in range(20))
    tail = bytearray(data[end:])
    struct.pack_into("<HHL", tail, 8, count + 20, count + 20, size + len(copies))
    return data[:end] + copies + bytes(tail)


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "no record": (lambda m: packed({n: c for n, c in m.items() if n != "record.json"}), "lacks record.json"),
    "no file": (lambda m: packed({n: c for n, c in m.items() if not n.startswith("files/2")}), "lacks files/2"),
    "cut": (lambda m: packed(m)[:-400], "damaged"),
    "spoilt": (spoilt, "damaged"),
    "encrypted": (lambda m: encrypted(packed(m)), "no export has"),
    "link": (linked, "no export has"),
    "outside": (lambda m: packed(m | {"files/../../etc/cron.d/x": b"x"}), "no export has"),
    "root": (lambda m: packed(m | {"/etc/passwd": b"x"}), "no export has"),
    "backslash": (lambda m: packed(m | {"..\\x": b"x"}), "no export has"),
    "another way": (lambda m: packed(m, how=zipfile.ZIP_LZMA), "no export has"),
    "two of a name": (twice, "two of one name"),
    "many": (lambda m: packed(m | {f"x/{n}": b"" for n in range(1200)}), "too many members"),
    "overlap": (overlapping, "overlap"),
    "long list": (long_list, "damaged"),
    "not below": (lambda m: packed(attached(m, path="record.json")), "not below files/"),
    "above": (lambda m: packed(attached(m, path="files/../record.json")), "not below files/"),
    "another length": (lambda m: packed(attached(m, size=7)), "another length"),
    "too large": (lambda m: packed(attached(m, size=26_000_000) | {"files/2-graph ü.png": b"\x00" * 26_000_000}), "too large"),
    "bomb": (lambda m: packed(m | {"record.md": b"\x00" * 120_000_000}), "far more than it holds"),
    "large record": (lambda m: packed(m | {"record.json": b" " * 30_000_001}, new=False), "too large"),
    "no recording": (lambda m: packed(m | {"files/5-call.wav": b"x" * len(m["files/5-call.wav"])}), "no recording"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_archives_are_refused_whole(
    api: Api, db: Database, company: Company, tmp_path: Path, name: str
) -> None:
    spoil, said = HOSTILE[name]
    members = await archive(api, await with_files(api))
    before, incidents = blobs(tmp_path), await api.good("GET", "/incidents")
    refused = await send(api, spoil(members))
    assert (refused.status, refused.data["field"]) == (422, "record"), refused.data
    assert said in refused.data["error"]
    assert blobs(tmp_path) == before
    assert await api.good("GET", "/incidents") == incidents


async def test_files_of_words_that_were_taken_out_do_not_come(
    api: Api, company: Company, tmp_path: Path
) -> None:
    """Nor those of entries that are no files, whatever the record says."""
    members = await archive(api, await with_files(api))
    found = orjson.loads(members["record.json"])["attachments"]
    more = [found[0] | {"seq": seq, "path": "files/9-x", "size": 7} for seq in (4, 6)]
    made = await send(api, packed(with_record(members, attachments=found + more) | {"files/9-x": b"hunter2"}))
    assert made.status == 201, made.data
    assert len((await api.good("GET", f"/incidents/{made.data['key']}/files"))["files"]) == 3


async def test_who_may_not_leaves_nothing(api: Api, company: Company, tmp_path: Path) -> None:
    whole = packed(await archive(api, await with_files(api)))
    before = blobs(tmp_path)
    assert (await send(await api.as_(company.as_vic()), whole)).status == 403
    assert blobs(tmp_path) == before


async def test_bytes_of_an_import_that_never_was_go(
    api: Api, db: Database, company: Company, tmp_path: Path
) -> None:
    site = api.app.state.site
    incident, ids = new_id(), [new_id()]
    before = blobs(tmp_path)
    await file_work.announce(db, incident, ids)
    await site.blobs.put(str(incident), str(ids[0]), io.BytesIO(b"x"))
    await file_work.forget(db, site.blobs, incident, [str(each) for each in ids])
    assert blobs(tmp_path) == before
    made = (await send(api, packed(await archive(api, await with_files(api))))).data
    there = blobs(tmp_path)
    files = (await api.good("GET", f"/incidents/{made['key']}/files"))["files"]
    await file_work.forget(db, site.blobs, made["id"], [f["id"] for f in files])
    assert blobs(tmp_path) == there, FORGET
