"""The server dies between two entries: three people write on, and send again what was not answered."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from pathlib import Path

import pytest

from tests import folders
from tests.product import setting
from tests.product.harness import PATIENCE_S, Tocsin, until

pytestmark = pytest.mark.crash
KILLS = 3
#: A moment within a request: long enough for entries to be half way, short enough to hit one.
MOMENTS_S = (0.003, 0.011, 0.023)


@dataclass
class Writer:
    """One client: each line has a key of its own, and is sent with it until it is answered."""

    server: Tocsin
    token: str
    path: str
    name: str
    enough: threading.Event
    #: What was answered: the line's words and its entry's number.
    answered: list[tuple[str, int]] = field(default_factory=list)
    #: Lines that were sent more than once, and what else went wrong.
    again: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        for number in count(1):
            if self.enough.is_set():
                return
            words = f"{self.name} {number}"
            seq = self._until_answered(words)
            if seq is None:
                return
            self.answered.append((words, seq))

    def _until_answered(self, words: str) -> int | None:
        wait = threading.Event()
        for turn in range(PATIENCE_S * 10):
            status, text = self._send(words)
            if status in (200, 201):
                self.again += turn > 0
                return int(json.loads(text)["seq"])
            # 0: the line broke; 503: the database is not there yet; 409: the first try is still under way.
            if status not in (0, 503, 409):
                self.wrong.append(f"{words}: {status} {text}")
                return None
            wait.wait(0.2)
        self.wrong.append(f"{words}: never answered")
        return None

    def _send(self, words: str) -> tuple[int, str]:
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self.token}",
            "idempotency-key": f"key of {words}",
        }
        request = urllib.request.Request(
            self.server.url + self.path, json.dumps({"text": words}).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (OSError, HTTPException):
            return 0, ""


@pytest.fixture
def folder() -> Iterator[Path]:
    with folders.new("killed") as home:
        yield home


def test_every_line_is_there_once_and_none_that_was_answered_is_lost(folder: Path) -> None:
    server = Tocsin(folder / "data")
    token = setting.administrator(server, durable=True)
    server.start()
    try:
        key = server.api("POST", "/incidents", {"summary": "Search is slow", "severity": 3}, token)["key"]
        path, enough = f"/api/v1/incidents/{key}/entries", threading.Event()
        writers = [Writer(server, token, path, name, enough) for name in ("Ada", "Ben", "Cay")]
        threads = [threading.Thread(target=writer.run, daemon=True) for writer in writers]
        for thread in threads:
            thread.start()
        for turn in range(KILLS):
            goal = [len(writer.answered) + 8 for writer in writers]
            until(
                lambda goal=goal: all(len(w.answered) >= g or w.wrong for w, g in zip(writers, goal, strict=True)),
                "lines of all three to be answered",
            )  # fmt: skip
            threading.Event().wait(MOMENTS_S[turn])
            server.kill()
            server.start()
        goal = [len(writer.answered) + 3 for writer in writers]
        until(
            lambda: all(len(w.answered) >= g or w.wrong for w, g in zip(writers, goal, strict=True)),
            "lines after the last start",
        )
        enough.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        check(server, writers)
    finally:
        enough.set()
        server.stop()


def check(server: Tocsin, writers: list[Writer]) -> None:
    """The record against what each client was told."""
    assert [wrong for writer in writers for wrong in writer.wrong] == []
    rows = server.rows(
        "select seq, kind, payload ->> 'text' as words from entries where stream_type = 'incident' order by seq"
    )
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1)), "gapless"
    assert server.rows("select head from incidents")[0]["head"] == len(rows)
    said = [(row["words"], row["seq"]) for row in rows if row["kind"] == "message"]
    told = [line for writer in writers for line in writer.answered]
    assert sorted(said) == sorted(told), "each line once, under the number that was answered"
    assert sum(writer.again for writer in writers) >= KILLS, "the kills hit somebody"
