"""Blobs in a bucket of any S3 server. Only this module knows the library that speaks to it.

The library is asked in its blocking form, in threads of its own: its asynchronous form can abort a process that ends right
after a request (see docs/dependencies.md). A slow server holds up these threads and nobody else's.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from io import SEEK_END
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from tocsin.kernel.blobs import PIECE, Blob, Opened, Remembers, StorageFailed
from tocsin.vendors import Bucket

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult
    from obstore.store import ClientConfig, S3Config, S3Credential

T = TypeVar("T")
#: Requests at once, and how many of them may be puts: each holds a file of up to `IN_ONE` bytes, or some parts of one, in memory.
AT_ONCE, PUTS_AT_ONCE = 8, 4
#: Seconds until whoever waits is told that it failed: for the bytes of a file, and for everything else.
PUT_S, ASK_S = 40.0, 10.0
#: What is larger, in bytes, goes in parts; and how many bytes a second are waited for at least, beside PUT_S.
IN_ONE, SLOWEST = 32_000_000, 2_000_000
CONNECT_S = 3.0
#: A reader may be slow, the server may not: between two pieces it has ASK_S.
LONGEST_READ_S = 900.0
#: What servers call what is wrong, in words.
CODES = {
    "SignatureDoesNotMatch": "the secret key is wrong",
    "InvalidAccessKeyId": "the access key is not known",
    "AccessDenied": "the key may not do this",
    "NoSuchBucket": "there is no such bucket",
    "AuthorizationHeaderMalformed": "the region is another",
    "PermanentRedirect": "the bucket is at another address",
    "RequestTimeTooSkewed": "the clocks differ",
    "SlowDown": "too many requests",
}
ANOTHER_LENGTH = "kept less or more than it was given"
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")


class S3Blobs(Remembers):
    """A bucket. `put_s` and `ask_s`: how long is waited, for tests of slow servers."""

    def __init__(self, bucket: Bucket, *, put_s: float = PUT_S, ask_s: float = ASK_S) -> None:
        super().__init__()
        self._bucket, self._put_s, self._ask_s = bucket, put_s, ask_s
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="files")
        self._puts = asyncio.Semaphore(PUTS_AT_ONCE)
        self._for_puts = _store(bucket, {"timeout": timedelta(seconds=put_s * 0.75)})
        self._for_asking = _store(bucket, {"timeout": timedelta(seconds=ask_s * 0.75)})
        self._for_reading = _store(
            bucket,
            {"timeout": timedelta(seconds=LONGEST_READ_S), "read_timeout": timedelta(seconds=ask_s * 0.75)},
        )
        self._stranger = _store(bucket, {"timeout": timedelta(seconds=ask_s * 0.75)}, signed=False)

    def __str__(self) -> str:
        return str(self._bucket)

    async def put(self, group: str, name: str, source: BinaryIO) -> None:
        try:
            async with asyncio.timeout(self._put_s):
                await self._puts.acquire()
        except TimeoutError:
            raise StorageFailed("is busy with other files") from None
        try:
            longest = self._put_s + source.seek(0, SEEK_END) / SLOWEST
            await self._do("put", partial(self._put, f"{group}/{name}", source), longest)
        finally:
            self._puts.release()

    async def open(self, group: str, name: str, first: int = 0, last: int | None = None) -> Opened:
        found = await self._do("read", partial(self._found, f"{group}/{name}", first, last), self._ask_s)
        if found is None:
            raise FileNotFoundError(name)
        return Opened(found.meta["size"], self._pieces(iter(found.stream(min_chunk_size=PIECE))))

    async def remove(self, group: str, *names: str) -> None:
        for name in names:
            await self._do("remove", partial(self._remove, f"{group}/{name}"), self._ask_s)

    async def listed(self, after: str, most: int) -> list[Blob]:
        return await self._do("list", partial(self._listed, after, most), self._ask_s)

    async def readable_by_anybody(self, group: str, name: str) -> bool:
        return await self._do("ask as a stranger", partial(self._given, f"{group}/{name}"), self._ask_s)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _do(self, what: str, act: Callable[[], T], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                done = await asyncio.get_running_loop().run_in_executor(self._threads, act)
        except TimeoutError:
            problem = "does not answer in time"
        except (BaseError, OSError) as error:
            problem = _problem(error)
        else:
            self.worked(what)
            return done
        # Raised outside the handler: the original holds whole addresses and what the server answered.
        raise self.failed(what, problem)

    def _put(self, path: str, source: BinaryIO) -> None:
        """One request, so that the server takes all of it or nothing, with the digest of its body as a checksum: that in the signature is
        not compared by every server. What is large goes in parts, which become a whole in the last request, or nothing."""
        size = source.seek(0, SEEK_END)
        source.seek(0)
        if size <= IN_ONE:
            obstore.put(self._for_puts, path, source.read(), use_multipart=False)
        else:
            obstore.put(self._for_puts, path, source, use_multipart=True, chunk_size=IN_ONE // 4)
        if self._length(path) != size:
            raise OSError(ANOTHER_LENGTH)

    def _length(self, path: str) -> int | None:
        try:
            return obstore.head(self._for_asking, path)["size"]
        except FileNotFoundError:
            return None

    def _found(self, path: str, first: int, last: int | None) -> "GetResult | None":
        options: GetOptions = {} if last is None else {"range": (first, last + 1)}
        try:
            return obstore.get(self._for_reading, path, options=options)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise
        return None

    def _remove(self, path: str) -> None:
        try:
            obstore.delete(self._for_asking, path)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise

    def _listed(self, after: str, most: int) -> list[Blob]:
        found: list[Blob] = []
        for batch in obstore.list(self._for_asking, offset=after or None, chunk_size=most):
            for each in batch:
                group, _, name = each["path"].partition("/")
                found.append(Blob(group, name, each["last_modified"]))
            if len(found) >= most:
                break
        return found[:most]

    def _given(self, path: str) -> bool:
        try:
            obstore.head(self._stranger, path)
        except (PermissionDeniedError, UnauthenticatedError, FileNotFoundError):
            return False
        return True

    async def _pieces(self, pieces: Iterator[Any]) -> AsyncIterator[bytes]:
        while piece := await self._do("read", lambda: bytes(next(pieces, b"")), self._ask_s):
            yield piece


def _store(bucket: Bucket, client: "ClientConfig", *, signed: bool = True) -> S3Store:
    """The library also reads AWS_… from the environment: what would change where or how we ask is said here."""
    config: S3Config = {
        "endpoint": bucket.endpoint, "aws_endpoint_url_s3": bucket.endpoint, "region": bucket.region,
        "virtual_hosted_style_request": False, "s3_express": False, "skip_signature": not signed, "unsigned_payload": False, "checksum_algorithm": "SHA256",
        "request_payer": False, "disable_tagging": True, "disable_bulk_delete": True,
    }  # fmt: skip

    def keys() -> "S3Credential":
        return {
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
            "token": None,
            "expires_at": None,
        }

    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config=config,
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_S),
            "user_agent": "Tocsin",
            **client,
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=5)},
        # A function and not values: those would stand in `config`, and a session's token of the environment beside them.
        credential_provider=keys,
    )


def _problem(error: Exception) -> str:
    """What went wrong in words, without addresses, and without what the server said but for its code."""
    text = str(error)
    if text == ANOTHER_LENGTH:
        return text
    if status := _STATUS.search(text):
        code = _CODE.search(text)
        said = f" {code[1]}" if code else ""
        meant = f": {CODES[code[1]]}" if code and code[1] in CODES else ""
        return f"answers {status[1]}{said}{meant}"
    for mark, words in (
        ("kind: Timeout,", "does not answer in time"),
        ("dns error", "has no address: its name was not found"),
        ("InvalidCertificate", "shows no valid certificate"),
        ("InvalidContentType", "does not speak https"),
        ("kind: Connect,", "cannot be reached"),
    ):
        if mark in text:
            return words
    return "broke the connection"
