"""One contract for both storages of files: a folder, and a bucket of a real S3 server. Then how the bucket fails, and how that is told."""

import asyncio
import io
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.product.harness import free_port
from tests.real.storage import SECRET, line_to
from tests.shape.source import ROOT
from tocsin.kernel.blobs import LOOK_S, LOOKS, Blobs, DiskBlobs, StorageFailed, look, whole
from tocsin.kernel.s3 import S3Blobs
from tocsin.vendors import Bucket

LARGE = os.urandom(3_000_000)


def of(content: bytes) -> io.BytesIO:
    """Read to its end, as an upload is that was weighed before."""
    source = io.BytesIO(content)
    source.seek(0, io.SEEK_END)
    return source


async def test_what_is_put_is_read(blobs: Blobs) -> None:
    await blobs.put("a", "large", of(LARGE))
    opened = await blobs.open("a", "large")
    assert opened.size == len(LARGE)
    pieces = [piece async for piece in opened.pieces]
    assert len(pieces) > 1
    assert b"".join(pieces) == LARGE
    await blobs.put("a", "large", of(b"another"))
    assert await whole(await blobs.open("a", "large")) == b"another"


async def test_what_is_not_there_is_not_there(blobs: Blobs) -> None:
    with pytest.raises(FileNotFoundError):
        await blobs.open("a", "nothing")
    await blobs.remove("a", "nothing", "nor this")
    assert await blobs.listed("", 10) == []
    assert blobs.problem == ""


async def test_what_is_removed_is_gone(blobs: Blobs) -> None:
    await blobs.put("a", "one", of(b"1"))
    await blobs.put("a", "two", of(b"2"))
    await blobs.remove("a", "one")
    with pytest.raises(FileNotFoundError):
        await blobs.open("a", "one")
    assert [blob.place for blob in await blobs.listed("", 10)] == ["a/two"]


async def test_a_long_list_is_read_in_parts(blobs: Blobs) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    places = sorted(f"{group}/{name}" for group in ("a", "b", LOOKS) for name in (".x", "1", "2.thumb"))
    for place in places:
        await blobs.put(*place.split("/"), of(b"."))
    found, after = [], ""
    while some := await blobs.listed(after, 4):
        assert len(some) <= 4
        assert all(before < blob.at < datetime.now(UTC) + timedelta(minutes=1) for blob in some)
        found += [blob.place for blob in some]
        after = found[-1]
    assert found == places


async def test_many_at_once_are_each_whole(blobs: Blobs) -> None:
    contents = {f"n{number}": os.urandom(200_000) for number in range(12)}
    await asyncio.gather(*(blobs.put("a", name, of(content)) for name, content in contents.items()))
    found = await asyncio.gather(*(_read(blobs, name) for name in contents))
    assert found == list(contents.values())


@pytest.mark.parametrize(("first", "last"), [(0, 0), (10, 19), (299_990, 299_999), (0, 299_999), (5, None)])
async def test_a_part_of_one_is_read(blobs: Blobs, first: int, last: int | None) -> None:
    content = os.urandom(300_000)
    await blobs.put("a", "one", of(content))
    opened = await blobs.open("a", "one", *((first, last) if last is not None else ()))
    assert opened.size == len(content)
    assert await whole(opened) == (content[first : last + 1] if last is not None else content)


async def test_what_goes_in_parts_is_whole(blobs: Blobs) -> None:
    content = os.urandom(1_000_000) * 45
    await blobs.put("a", "large", of(content))
    opened = await blobs.open("a", "large", 40_000_000, 40_000_999)
    assert (opened.size, await whole(opened)) == (len(content), content[40_000_000:40_001_000])


async def _read(blobs: Blobs, name: str) -> bytes:
    return await whole(await blobs.open("a", name))


async def test_a_look_leaves_nothing(blobs: Blobs) -> None:
    assert await look(blobs) == ""
    assert await blobs.listed("", 10) == []


async def test_a_disk_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    blobs = DiskBlobs(tmp_path / "files")
    with pytest.raises(StorageFailed, match=r"cannot be used: (not a directory|file exists)"):
        await blobs.put("a", "one", of(b"1"))
    assert "cannot be used" in await look(blobs)


async def test_bytes_of_a_put_that_ended_early_are_not_seen_on_disk(tmp_path: Path) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(10)

    blobs = DiskBlobs(tmp_path)
    with pytest.raises(StorageFailed):
        await blobs.put("a", "one", Breaks(LARGE))
    assert await blobs.listed("", 10) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"secret_key": "wrong"}, "answers 403 SignatureDoesNotMatch: the secret key is wrong"),
        ({"access_key": "NOBODY"}, "answers 403 InvalidAccessKeyId: the access key is not known"),
        ({"access_key": "READER"}, "answers 403 AccessDenied: the key may not do this"),
        ({"endpoint": "http://127.0.0.1:1"}, "cannot be reached"),
        ({"endpoint": "http://no-such-host.invalid"}, "has no address: its name was not found"),
        ({"name": "open"}, "gives files to anybody without a key: make the bucket private"),
    ],
)
async def test_a_wrong_setting_is_told_in_words(own: Bucket, change: dict[str, str], problem: str) -> None:
    blobs = S3Blobs(replace(own, **change))
    found = await look(blobs)
    blobs.close()
    assert found == problem
    assert SECRET not in found + repr(blobs) + str(blobs) + repr(own)


async def test_a_look_at_a_bucket_that_is_silent_ends(own: Bucket) -> None:
    async with line_to(own) as (line, spoilt):
        blobs = S3Blobs(spoilt)
        line.spoil("silent")
        begun = time.monotonic()
        assert await look(blobs) == "does not answer in time"
        assert time.monotonic() - begun < LOOK_S + 5
        blobs.close()


async def test_https_that_is_none_is_told(own: Bucket) -> None:
    blobs = S3Blobs(replace(own, endpoint=own.endpoint.replace("http:", "https:")))
    assert await look(blobs) == "does not speak https"
    blobs.close()


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (500, "answers 500"),
        (403, "answers 403"),
        (404, "answers 404"),
        ("silent", "does not answer in time"),
        ("breaks", "broke the connection"),
        ("changes", "answers 400 BadDigest"),
    ],
)
async def test_a_put_that_fails_leaves_nothing(own: Bucket, fault: str | int, problem: str) -> None:
    async with line_to(own) as (line, spoilt):
        blobs, truly = S3Blobs(spoilt, put_s=2, ask_s=2), S3Blobs(own)
        await blobs.put("a", "before", of(b"MARK" + LARGE))
        line.spoil(fault)
        with pytest.raises(StorageFailed) as failed:
            await blobs.put("a", "one", of(b"MARK" + LARGE))
        assert failed.value.problem == blobs.problem
        # Who answers before it has read the body may seem to have broken the connection.
        assert failed.value.problem in {
            problem,
            "broke the connection" if isinstance(fault, int) else problem,
        }
        assert str(failed.value) == f"The storage of files {failed.value.problem}. Try again in a moment."
        assert [blob.name for blob in await truly.listed("", 10)] == ["before"]
        line.spoil()
        await blobs.put("a", "one", of(LARGE))
        assert blobs.problem == ""
        assert await whole(await truly.open("a", "one")) == LARGE
        blobs.close()
        truly.close()


@pytest.mark.parametrize("fault", [500, 403, "silent"])
async def test_nothing_else_waits_long_for_a_bucket_that_fails(own: Bucket, fault: str | int) -> None:
    async with line_to(own) as (line, spoilt):
        blobs = S3Blobs(spoilt, put_s=1, ask_s=1)
        await blobs.put("a", "one", of(b"1"))
        line.spoil(fault)
        begun = time.monotonic()
        for ask in (blobs.open("a", "one"), blobs.remove("a", "one"), blobs.listed("", 1)):
            with pytest.raises(StorageFailed):
                await ask
        assert time.monotonic() - begun < 20
        line.spoil()
        assert await whole(await blobs.open("a", "one")) == b"1"
        blobs.close()


async def test_puts_that_wait_for_others_do_not_wait_for_ever(own: Bucket) -> None:
    async with line_to(own) as (line, spoilt):
        blobs = S3Blobs(spoilt, put_s=1, ask_s=1)
        line.spoil("silent")
        puts = (blobs.put("a", str(number), of(b"1")) for number in range(9))
        ended = await asyncio.gather(*puts, return_exceptions=True)
        assert {type(each) for each in ended} == {StorageFailed}
        blobs.close()


async def test_the_environment_of_others_changes_nothing(
    own: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "AWS_SESSION_TOKEN": "of-another",
        "AWS_ACCESS_KEY_ID": "other", "AWS_SECRET_ACCESS_KEY": "other", "AWS_REGION": "other", "AWS_BUCKET": "other",
        "AWS_SKIP_SIGNATURE": "true", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true", "AWS_UNSIGNED_PAYLOAD": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    blobs = S3Blobs(own)
    assert await look(blobs) == ""
    blobs.close()


ENDS_AT_ONCE = """
import asyncio, io, sys
from tocsin.kernel.blobs import StorageFailed
from tocsin.kernel.s3 import S3Blobs
from tocsin.vendors import Bucket
async def put():
    blobs = S3Blobs(Bucket(sys.argv[1], "files", "KEYOFOURS", sys.argv[2], prefix="ends"))
    try: await blobs.put("a", "b", io.BytesIO(b"1"))
    except StorageFailed: pass
asyncio.run(put())
"""


@pytest.mark.parametrize("works", [True, False])
def test_a_process_that_ends_right_after_a_request_ends_in_order(bucket: Bucket, works: bool) -> None:
    endpoint = bucket.endpoint if works else f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-c", ENDS_AT_ONCE, endpoint, SECRET]
    ends = [subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode for _ in range(8)]
    assert ends == [0] * 8
