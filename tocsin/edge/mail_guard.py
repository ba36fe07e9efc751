"""One connection of a stranger who sends mail, within its bounds. The library speaks SMTP; what it leaves open is bounded here."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP

#: How often a command may come in one connection.
COMMANDS = {"*": 20, "RCPT": 30, "NOOP": 5}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one sender may take."""

    #: Seconds for a command or a mail, and for a connection.
    patience_s: float = 30.0
    life_s: float = 120.0
    #: Bytes of one mail, and of all that one connection may send.
    largest: int = 256 * 1024
    most: int = 1024 * 1024
    #: Connections at once, and of these from one address.
    at_once: int = 50
    from_one: int = 10
    #: Bytes of one mail with files: one of the largest, as mail writes it. How many such at once, and seconds for each.
    with_files: int = 35_000_000
    #: Up to here a mail to an incident takes no seat, if its sender says how large it is.
    small: int = 1024 * 1024
    seats: int = 4
    large_s: float = 240.0


class Guarded(SMTP):
    """What is of no use here is not offered: it would only help who looks around."""

    def __init__(
        self, mailbox: Any, hostname: str, present: Counter[str], seats: asyncio.Semaphore, bounds: Bounds
    ) -> None:
        super().__init__(
            mailbox, hostname=hostname, ident="Tocsin", data_size_limit=bounds.with_files, timeout=bounds.patience_s,
            command_call_limit=COMMANDS, auth_exclude_mechanism=("LOGIN", "PLAIN"), loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self._bounds = bounds
        self._present = present
        self._seats = seats
        self._seated = False
        self._from = ""
        self._got, self._most = 0, bounds.most
        self._end: asyncio.TimerHandle | None = None

    def keep_short(self) -> bool:
        """The mail is one of those that nobody reads. Answers False when its sender said that it is longer."""
        self.data_size_limit = self._bounds.largest
        return self._declared() <= self._bounds.largest

    async def make_room(self) -> bool:
        """The mail may bring files. Answers False while too many others bring some."""
        if self._seated:
            return True
        if 0 < self._declared() <= self._bounds.small:
            self._allow(self._bounds.small)
            return True
        if self._seats.locked():
            return False
        await self._seats.acquire()
        self._seated = True
        self._allow(self._bounds.with_files)
        self._timeout_duration = self._bounds.large_s
        self._live(self._bounds.large_s + self._bounds.life_s)
        return True

    def hand_over_seat(self) -> Callable[[], None]:
        """The mail is here, and takes room until it is stored, whatever becomes of its sender."""
        seated, self._seated = self._seated, False
        return self._seats.release if seated else lambda: None

    def connection_made(self, transport: Any) -> None:
        """Too many at once are turned away before a word."""
        peer = transport.get_extra_info("peername")
        self._from = str(peer[0]) if peer else ""
        self._present[self._from] += 1
        super().connection_made(transport)
        if self._present.total() > self._bounds.at_once or self._present[self._from] > self._bounds.from_one:
            transport.write(b"421 4.7.0 Too many connections. Try again later.\r\n")
            transport.close()
            return
        self._live(self._bounds.life_s)

    def data_received(self, data: bytes) -> None:
        """The library keeps a line for as long as it does not end: whoever sends more than any mail may have is cut off."""
        self._got += len(data)
        if self._got > self._most and self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined] # it is one that can be written to
            return
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._present[self._from] -= 1
        self._present += Counter()  # Forgets who has none left.
        if self._end is not None:
            self._end.cancel()
        self.hand_over_seat()()
        super().connection_lost(error)

    async def smtp_VRFY(self, _: str | None) -> None:  # noqa: N802 - the library's name
        await self.push("502 5.5.1 Not offered.")

    async def smtp_AUTH(self, _: str | None) -> None:  # noqa: N802 - the library's name
        await self.push("502 5.5.1 Not offered.")

    def _set_post_data_state(self) -> None:
        """After each mail, and when it is called off."""
        super()._set_post_data_state()  # type: ignore[no-untyped-call] # the library's own
        self.hand_over_seat()()
        self._timeout_duration = self._bounds.patience_s
        self.data_size_limit = self._bounds.with_files

    def _allow(self, size: int) -> None:
        self.data_size_limit = size
        # A line of a single dot is sent as two; the rest is slack for commands.
        self._most = max(self._most, self._got + size + size // 10 + 100_000)

    def _live(self, seconds: float) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self.loop.call_later(seconds, self._hang_up)

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined] # it is one that can be written to

    def _declared(self) -> int:
        options = self.envelope.mail_options if self.envelope else []
        sizes = [option[5:] for option in options if option.upper().startswith("SIZE=")]
        return int(sizes[0]) if sizes and sizes[0].isdigit() else 0
