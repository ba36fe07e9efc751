"""A stream of alerts from several threads, and the check afterwards of what was promised against what arrived."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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
    """Four threads that report one new alert after the other to `/v1/alerts` until the block ends."""

    def __init__(self, port: int, key: str, lag: Callable[[int], int], threads: int = 4) -> None:
        self.answers = Answers()
        self._port, self._key, self._lag = port, key, lag
        self._end, self._pause = threading.Event(), threading.Event()
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
        turn = 0
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._end.is_set():
            while self._lag(len(self.answers.accepted)) > AHEAD and not self._end.is_set():
                self._pause.wait(0.02)
            turn += 1
            alias = f"a{thread}-{turn}"
            status, retry_after = self._post(connection, alias)
            if 200 <= status < 300:
                self.answers.accepted.append(alias)
            else:
                self.answers.refused.append((status, retry_after))
                connection.close()
                self._pause.wait(0.05)
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, alias: str) -> tuple[int, str]:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._key}"}
        try:
            connection.request("POST", "/v1/alerts", alert(alias, details={"alias": alias}), headers)
            with connection.getresponse() as answer:
                answer.read()
                return answer.status, answer.headers.get("retry-after", "")
        except (OSError, http.client.HTTPException):
            return 0, ""


@dataclass(frozen=True)
class Verdict:
    """Held against the promises. All three lists are empty when they were kept."""

    #: Accepted, but nobody was told.
    unpaged: list[str]
    #: More than one page, under different delivery ids: nobody may be paged twice on purpose.
    paged_twice: list[str]
    #: The same delivery more than once although it is not marked as a possible repeat.
    unmarked: list[str]

    @property
    def kept(self) -> bool:
        return not any((self.unpaged, self.paged_twice, self.unmarked))


def judge(accepted: Iterable[str], received: list[dict[str, Any]], marked: set[str]) -> Verdict:
    """Reads only the receiver's log and what senders were promised; `marked` are deliveries marked as repeats."""
    by_alias: dict[str, set[str]] = {}
    times = Counter[str]()
    for body in received:
        data = body["data"]
        by_alias.setdefault(data["alert"]["details"]["alias"], set()).add(data["delivery"])
        times[data["delivery"]] += 1
    return Verdict(
        sorted(set(accepted) - by_alias.keys()),
        sorted(alias for alias, deliveries in by_alias.items() if len(deliveries) > 1),
        sorted(delivery for delivery, count in times.items() if count > 1 and delivery not in marked),
    )


def received_aliases(received: list[dict[str, Any]]) -> set[str]:
    """Which alerts the receiver knows."""
    return {body["data"]["alert"]["details"]["alias"] for body in list(received)}


def shown(verdict: Verdict) -> str:
    """The first few of each list, for the failure's message."""
    parts = {
        "unpaged": verdict.unpaged,
        "paged twice": verdict.paged_twice,
        "unmarked repeats": verdict.unmarked,
    }
    return json.dumps({name: [len(found), found[:5]] for name, found in parts.items()})
