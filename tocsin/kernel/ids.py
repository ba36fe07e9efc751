"""Identifiers: ordered ones for rows, random ones for whatever must not be guessed."""

import secrets
import string
import threading
import time
import uuid

BASE36 = string.digits + string.ascii_lowercase
_NANOSECONDS = 1_000_000


class _Ticks:
    """Milliseconds with a 12-bit fraction, strictly rising within this process."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS)
        tick = milliseconds << 12 | (rest << 12) // _NANOSECONDS
        with self._lock:
            self._last = max(tick, self._last + 1)
            return self._last


_ticks = _Ticks()


def new_id() -> uuid.UUID:
    """UUID version 7 (RFC 9562, method 3): rises within a process, near enough between processes.

    It tells when it was made and is not a secret.
    """
    tick = _ticks.next()
    return uuid.UUID(
        int=tick >> 12 << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    )


def new_key() -> str:
    """Random UUID (version 4) as text: integration keys, keys of private incidents."""
    return str(uuid.uuid4())


def slug12() -> str:
    """Twelve random lower-case letters and digits (62 bits): short addresses, not for secrets."""
    return _random(12)


def room_name() -> str:
    """Name of a call that nobody can guess (124 bits), safe in every video service's address."""
    return f"tocsin-{_random(24)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE36) for _ in range(length))
