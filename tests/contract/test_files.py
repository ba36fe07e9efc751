"""Files at the doors: known by their content, private with the incident, gone when redacted."""

import io
import zipfile

import pytest
from PIL import Image

from tests.contract.api import Api
from tests.support import Company
from tocsin.edge import pictures
from tocsin.incidents.files import safe_name


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "hello")
    return out.getvalue()


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("content", "media", "shown"),
    [
        (picture("PNG"), "image/png", True), (picture("JPEG"), "image/jpeg", True), (picture("GIF"), "image/gif", True),
        (picture("WEBP"), "image/webp", True), (a_zip(), "application/zip", False), (SVG, "text/plain", False),
        (b"<html><script>alert(1)</script>", "text/plain", False), (b"%PDF-1.7 x", "application/pdf", False),
        (b"\x89PNG\r\n\x1a\n and then nonsense", "application/octet-stream", False), (picture("PNG")[:60], "application/octet-stream", False),
        (b"GIF89a" + b"<script>alert(1)</script>", "text/plain", False), (b"plain \xf0\x9f\x94\xa5 words", "text/plain", False),
        (b"\x00\x01\x02", "application/octet-stream", False), (b"MZ\x90", "application/x-executable", False),
    ],
)  # fmt: skip
def test_what_it_is_its_content_says(content: bytes, media: str, shown: bool) -> None:
    found, width, height = pictures.look(io.BytesIO(content))
    assert (found, width is not None, height is not None) == (media, shown, shown)


def test_a_bomb_is_kept_as_a_file_and_never_drawn() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert pictures.look(io.BytesIO(out.getvalue()))[1] is None
    assert pictures.small(out) is None


def test_a_small_picture_forgets_where_it_was_taken() -> None:
    noted = Image.Exif()
    noted[0x010F] = "Camera of Ana"
    out = io.BytesIO()
    Image.new("RGB", (2000, 1000), "red").save(out, "JPEG", exif=noted)
    small = pictures.small(out)
    assert small
    assert b"Camera of Ana" not in small
    with Image.open(io.BytesIO(small)) as seen:
        assert seen.size == (480, 240)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\a\\b.png", "b.png"), ("a\u202egnp.exe", "agnp.exe"), ("", "file"), ("...", "file"),
        ("x" * 300, "x" * 200), ("line\nbreak\x00.png", "linebreak.png"),
    ],
)  # fmt: skip
def test_a_name_is_only_a_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


async def test_a_file_in_the_record(api: Api, company: Company) -> None:
    key = (await api.good("POST", "/incidents", {"summary": "Checkout fails", "severity": 1}))["key"]
    made = await api.upload(f"/incidents/{key}/files", "graph.png", picture(), caption="The error rate")
    assert made.status == 201, made.data
    assert (made.data["media"], made.data["width"], made.data["name"]) == ("image/png", 900, "graph.png")
    (listed,) = (await api.good("GET", f"/incidents/{key}/files"))["files"]
    assert listed["id"] == made.data["id"]
    said = (await api.good("GET", f"/incidents/{key}/entries"))["entries"][-1]
    assert (said["kind"], said["text"]) == ("file_attached", "attached graph.png: The error rate")
    assert (await api.upload(f"/incidents/{key}/files", "e.txt", b"")).status == 422
    private = (await api.good("POST", "/incidents", {"summary": "Secret", "severity": 1, "private": True}))[
        "key"
    ]
    hidden = await api.upload(f"/incidents/{private}/files", "s.txt", b"secret")
    ben = await api.as_(company.as_ben())
    assert (await ben.ask("GET", f"/incidents/{private}/files")).status == 404
    assert (await ben.ask("GET", f"/incidents/{private}/files/{hidden.data['id']}")).status == 404
    assert (await ben.ask("GET", f"/incidents/{key}/files/{hidden.data['id']}")).status == 404
    assert (await ben.upload(f"/incidents/{private}/files", "s.txt", b"x")).status == 404
