"""A stream of alerts from several threads, with a log of what was promised."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.product.setting import alert

#: How far the receiver may lag before the stream waits for it: the promise is about losing, not about speed.
AHEAD = 200


@dataclass
class Answers:
    """What senders were told. Threads append; the test reads."""

    accepted: list[str] = field(default_factory=list)
    #: Status and Retry-After of what was not accepted; 0 where there was no answer at all.
    refused: list[tuple[int, str]] = field(default_factory=list)


class Stream:
    """Four threads that report one new alert after the other to `/v1/alerts` until the block ends.

    A thread whose server does not take an alert turns to the next port. `log`: a line for each alert that was accepted.
    """

    def __init__(
        self, ports: Sequence[int], key: str, lag: Callable[[int], int], *, log: Path | None = None, threads: int = 4
    ) -> None:  # fmt: skip
        self.answers = Answers()
        self._ports, self._key, self._lag, self._log = ports, key, lag, log
        self._end, self._pause, self._writing = threading.Event(), threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._send, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(30)

    def _send(self, thread: int) -> None:
        turn, at = 0, thread
        connection = self._connection(at)
        while not self._end.is_set():
            while self._lag(len(self.answers.accepted)) > AHEAD and not self._end.is_set():
                self._pause.wait(0.02)
            turn += 1
            alias = f"a{thread}-{turn}"
            status, retry_after = self._post(connection, alias)
            if 200 <= status < 300:
                self._promised(alias)
            else:
                self.answers.refused.append((status, retry_after))
                connection.close()
                at += 1
                connection = self._connection(at)
                self._pause.wait(0.05)
        connection.close()

    def _connection(self, at: int) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._ports[at % len(self._ports)], timeout=60)

    def _promised(self, alias: str) -> None:
        if self._log:
            with self._writing, self._log.open("a") as lines:
                lines.write(json.dumps({"at": time.time(), "alias": alias}) + "\n")
        self.answers.accepted.append(alias)

    def _post(self, connection: http.client.HTTPConnection, alias: str) -> tuple[int, str]:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._key}"}
        try:
            connection.request("POST", "/v1/alerts", alert(alias, details={"alias": alias}), headers)
            with connection.getresponse() as answer:
                answer.read()
                return answer.status, answer.headers.get("retry-after", "")
        except (OSError, http.client.HTTPException):
            return 0, ""


def received_aliases(received: Iterable[dict[str, Any]]) -> set[str]:
    """Which alerts the receiver knows."""
    return {body["data"]["alert"]["details"]["alias"] for body in list(received)}
