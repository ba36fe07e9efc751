"""Receivers that behave badly, each on a port of its own: what they do is decided per connection, below HTTP and SMTP."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

Manner = Callable[[socket.socket, int], None]


@dataclass
class Faulty:
    """Listens until the block ends. `manner` is called with each connection and its number, counted from 0."""

    manner: Manner
    port: int = 0
    connections: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = int(self._server.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/page"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that stands in accept() would keep the port: this wakes it.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for each in self._open:
            each.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._open.append(connection)
            number, self.connections = self.connections, self.connections + 1
            threading.Thread(target=self._one, args=(connection, number), daemon=True).start()

    def _one(self, connection: socket.socket, number: int) -> None:
        try:
            self.manner(connection, number)
        except OSError:
            return


def request(connection: socket.socket) -> dict[str, Any]:
    """Reads one HTTP request; answers its decoded JSON."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    size = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < size:
        body += connection.recv(65536)
    found: dict[str, Any] = json.loads(body)
    return found


def answer(connection: socket.socket, status: str, *headers: str) -> None:
    """A whole answer without a body, after which the connection is closed."""
    lines = [f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close", *headers]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    connection.close()


def after(pauses: int, status: str, *headers: str) -> Manner:
    """Answers so to the first ones, and well to those behind them."""

    def manner(connection: socket.socket, number: int) -> None:
        request(connection)
        if number < pauses:
            answer(connection, status, *headers)
        else:
            answer(connection, "204 No Content")

    return manner


def slowly(seconds: float) -> Manner:
    """Well, but late."""

    def manner(connection: socket.socket, _: int) -> None:
        request(connection)
        threading.Event().wait(seconds)
        answer(connection, "200 OK")

    return manner


def garbage(connection: socket.socket, _: int) -> None:
    """No HTTP at all, and no SMTP either."""
    connection.sendall(b"\x00\xff\xfe something else lives here \r\n\r\n")
    connection.close()


def hang_up(connection: socket.socket, _: int) -> None:
    """Takes the request, if one comes within a second, and resets the connection."""
    connection.settimeout(1)
    with suppress(TimeoutError):
        connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def say_nothing(connection: socket.socket, _: int) -> None:
    """Takes the connection and stays silent until the end."""
    while connection.recv(65536):
        pass
