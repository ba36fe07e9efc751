"""Opsgenie's heartbeats: pings, and what they say of one. By name, as its clients know them.

The real service answers a ping before it looks, so an unknown name is answered alike; here it is also told on the
integration's page, because somebody relies on it.
"""

from typing import Any
from urllib.parse import quote, unquote_to_bytes

from starlette.types import Receive, Scope, Send

from tocsin.alerts import heartbeats
from tocsin.alerts.heartbeat_model import Heartbeat
from tocsin.api.opsgenie.envelope import NOT_FOUND, Answer, Exchange, is_uuid
from tocsin.edge.intake import Intake
from tocsin.edge.raw import header, key_of
from tocsin.edge.senders import Sender
from tocsin.kernel.db import Actor
from tocsin.kernel.errors import TocsinError

_ROOT = b"/v2/heartbeats"
_UNITS = (("days", 86_400), ("hours", 3600), ("minutes", 60))


class Heartbeats:
    """The endpoint of everything under `/v2/heartbeats`."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        exchange = Exchange()
        try:
            status, data = await self._answer(scope)
        except TocsinError as error:
            await exchange.refuse(send, error)
        else:
            await exchange.send(send, status, data)

    async def _answer(self, scope: Scope) -> tuple[int, dict[str, Any]]:
        key = key_of(scope)
        if key and not is_uuid(key):
            raise Answer(422, "Key format is not valid!")
        sender = await self._intake.sender(key)
        path = _path(scope)
        if len(path) == 2 and path[1] == "ping" and scope["method"] in ("GET", "POST", "PUT", "PATCH"):
            await self._ping(sender, path[0], header(scope, b"user-agent"))
            return 202, {"result": "PONG - Heartbeat received"}
        if scope["method"] == "GET" and len(path) == 1:
            return 200, {"data": await self._shown(path[0])}
        raise Answer(404, NOT_FOUND)

    async def _ping(self, sender: Sender, name: str, program: str) -> None:
        db = self._intake.database
        heartbeat_id = await heartbeats.heartbeat_named(db, name)
        if heartbeat_id is None:
            await self._intake.senders.complain(sender, f"There is no heartbeat called {name[:100]}.")
            return
        async with db.unit(Actor(None, sender.integration.name, "integration"), "opsgenie") as u:
            await heartbeats.ping(u, heartbeat_id, came_from=program or sender.integration.name)

    async def _shown(self, name: str) -> dict[str, Any]:
        db = self._intake.database
        heartbeat_id = await heartbeats.heartbeat_named(db, name)
        if heartbeat_id is None:
            raise Answer(404, f"Heartbeat with name [{name[:100]}] does not exist.")
        return _data(await heartbeats.heartbeat_by_id(db, heartbeat_id))


def _data(found: Heartbeat) -> dict[str, Any]:
    size = next((size for _, size in _UNITS if found.interval_s % size == 0), 60)
    last = found.last_ping_at
    return {
        "name": found.name, "description": found.description, "interval": max(1, found.interval_s // size),
        "intervalUnit": next(unit for unit, each in _UNITS if each == size), "enabled": found.paused_at is None,
        "expired": found.missed_at is not None, "alertPriority": f"P{found.priority}", "alertTags": ["heartbeat"],
        "alertMessage": heartbeats.message_of(found.name),
        "lastPingTime": f"{last:%Y-%m-%dT%H:%M:%S}.{last.microsecond // 1000:03}Z" if last else None,
    }  # fmt: skip


def _path(scope: Scope) -> list[str]:
    """The parts after /v2/heartbeats, split before they are decoded: `%2F` belongs to a name."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    rest = raw.partition(_ROOT)[2].strip(b"/")
    return [unquote_to_bytes(part).decode("utf-8", "replace") for part in rest.split(b"/")] if rest else []
