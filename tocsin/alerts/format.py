"""What a parser of inbound alerts is, and the lenient readings that all parsers share. No I/O.

A wrong word in an alert must not cost somebody their page. So readings never fail: what is not understood becomes the
default and is marked, and an alert without any sense becomes `Bad`, which intake turns into a visible alert.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from tocsin.alerts.model import Signal, clean
from tocsin.kernel.errors import Invalid

#: Deeper structures are cut: the database's driver encodes at most 254 levels.
DEPTH = 60
#: A raw alert larger than this, in bytes of JSON, is not kept beside its fields.
RAW_BYTES = 32_768
_WORDS = {
    1: ("critical", "crit", "page", "emergency", "emerg", "fatal", "disaster", "highest", "urgent"),
    2: ("high", "error", "err", "major"),
    3: ("moderate", "medium", "warning", "warn", "average", "normal"),
    4: ("low", "minor", "notice"),
    5: ("informational", "info", "information", "none", "debug", "lowest", "ok"),
}
_PRIORITY = {word: number for number, words in _WORDS.items() for word in words}
_PRIORITY |= {f"{p}{number}": number for number in range(1, 6) for p in ("", "p")}


@dataclass(frozen=True, slots=True)
class Bad:
    """One alert without any sense: the field at fault, a sentence about it, and what came."""

    field: str
    sentence: str
    raw: Any = None

    def signal(self, sender: str) -> Signal:
        """The visible alert about it: one per sender and field, however often it comes."""
        return Signal(
            alias=f"bad-input:{sender}:{self.field}", message=f"Bad input from {sender}: {self.sentence}",
            description=f"This came in, and nobody was paged for it:\n\n{_shown(self.raw)}",
            source=sender, tags=("bad-input",), raw=kept(self.raw),
        )  # fmt: skip


class Format(Protocol):
    """One inbound format. `hint` says where its address goes at the sender; `doc` is a page of `docs/`."""

    name: str
    title: str
    hint: str
    doc: str

    def parse(self, body: bytes) -> Sequence[Signal | Bad]:
        """The alerts of one request, in order. Raises `Invalid` when the body as a whole has no sense."""
        ...


def load(body: bytes) -> Any:
    """JSON that PostgreSQL can hold. Forgives a byte order mark, wrong UTF-8, NaN and half surrogates."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _tidy(_load_leniently(body))
    # The walk is dear; the fast reader lets pass only these two that need it.
    risky = b"\\u0000" in body or body.count(b"[") + body.count(b"{") > DEPTH
    return _tidy(data) if risky else data


def _load_leniently(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise Invalid("body", "The body is not JSON.") from error


def _tidy(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(k): _tidy(v, depth + 1) for k, v in value.items()} if depth < DEPTH else "…"
    if isinstance(value, list):
        return [_tidy(v, depth + 1) for v in value] if depth < DEPTH else "…"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > 63:
        return hex(value)[:1000]
    return value


def text(value: Any) -> str:
    """Any JSON value as text: null is empty, structures are JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts; one text is read as separated by commas."""
    if not value:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    return tuple(text(each) for each in value) if isinstance(value, list) else (text(value),)


def pairs(value: Any) -> dict[str, str]:
    """Names and values as text; what is not an object is kept under `details`."""
    if isinstance(value, dict):
        return {name: text(each) for name, each in value.items()}
    return {"details": text(value)} if value else {}


def priority(value: Any) -> int | None:
    """1 (worst) to 5, from a number, P1 to P5 or a usual word; None when it is none of these."""
    if isinstance(value, str):
        return _PRIORITY.get(value.strip().lower())
    return value if type(value) is int and 1 <= value <= 5 else None


def moment(value: Any) -> datetime | None:
    """A time between 2000 and 2100: ISO 8601 (UTC unless it says otherwise), or seconds or milliseconds since 1970."""
    try:
        found = _moment(value)
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found is not None and 2000 < found.year < 2100 else None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and value:
        found = datetime.fromisoformat(value.strip())
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    return None


def kept(raw: Any) -> Any:
    """What came, unless it is too large to be kept a second time."""
    return raw if len(orjson.dumps(raw)) <= RAW_BYTES else None


def _shown(raw: Any) -> str:
    return orjson.dumps(raw, option=orjson.OPT_INDENT_2).decode()[:10_000]
