"""What an HTTP exchange came to: an answer or an error, and whether to try again, wait or give up. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Self

import orjson

from tocsin.kernel.errors import TocsinError

# Longer wishes are cut: asking once an hour harms nobody, and a hostile server must not silence us for a year.
LONGEST_WAIT = 3600.0
_RETRY = frozenset({408, 421, 425, 429})


class Verdict(StrEnum):
    """`WAIT` is a retry for which the other side named the time."""

    SUCCESS = "success"
    RETRY = "retry"
    WAIT = "wait"
    PERMANENT = "permanent"


@dataclass(frozen=True)
class Outcome:
    """A verdict; `after` are the seconds to wait, with WAIT only."""

    verdict: Verdict
    after: float | None = None

    @property
    def ok(self) -> bool:
        return self.verdict is Verdict.SUCCESS

    @property
    def retry(self) -> bool:
        return self.verdict in {Verdict.RETRY, Verdict.WAIT}


class NetError(TocsinError):
    """A failed exchange. `retry`: whether trying again can help; `after`: in how many seconds at the earliest.

    The text names scheme and host, never path, query, headers or body: those may hold secrets.
    """

    retry = True
    after: float | None = None

    def __init__(self, origin: str, problem: str) -> None:
        self.origin = origin
        super().__init__(f"{origin} {problem}.")


class Unreachable(NetError):
    """No connection, or one that broke."""


class TimedOut(NetError):
    """No answer in time; the other side may have acted all the same."""


class Untrusted(NetError):
    """No valid certificate. Worth another try: certificates get renewed, a lost page does not come back."""


class Refused(NetError):
    """The target is a private address and nobody allowed it. Nothing was sent."""

    retry = False


class BadTarget(NetError):
    """The URL or a header cannot be used. Nothing was sent."""

    retry = False


class Rejected(NetError):
    """An answer with a status other than success."""

    def __init__(self, origin: str, status: int, outcome: Outcome) -> None:
        self.status = status
        self.retry = outcome.retry
        self.after = outcome.after
        super().__init__(origin, f"answered {status}")


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status. `headers` have lower-case names; `body` is cut at one megabyte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    origin: str
    truncated: bool = False

    def outcome(self, *, now: datetime | None = None) -> Outcome:
        return outcome(self.status, self.headers, now=now)

    def checked(self) -> Self:
        """Itself if it is a success, else raises Rejected, which knows whether to try again."""
        result = self.outcome()
        if result.verdict is not Verdict.SUCCESS:
            raise Rejected(self.origin, self.status, result)
        return self

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> object:
        """The body as JSON. Raises Unreachable when it is none: what answered was not the service."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            pass
        raise Unreachable(self.origin, "answered something that is not JSON")


def outcome(status: int, headers: Mapping[str, str], *, now: datetime | None = None) -> Outcome:
    """Judges a status: 2xx success; 408, 421, 425, 429 and 5xx another try; the rest, redirects too, permanent.

    `Retry-After` of a 429 or 503 counts, as seconds or as a date, which is read against the answer's own `Date`
    (clocks differ), else against `now`.
    """
    if 200 <= status < 300:
        return Outcome(Verdict.SUCCESS)
    if status not in _RETRY and status < 500:
        return Outcome(Verdict.PERMANENT)
    named = {name.lower(): value for name, value in headers.items()}
    after = _seconds(named.get("retry-after", ""), _date(named.get("date", "")) or now or datetime.now(UTC))
    if status in {429, 503} and after is not None:
        return Outcome(Verdict.WAIT, min(max(after, 0.0), LONGEST_WAIT))
    return Outcome(Verdict.RETRY)


def _seconds(text: str, now: datetime) -> float | None:
    text = text.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    date = _date(text)
    return None if date is None else (date - now).total_seconds()


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
