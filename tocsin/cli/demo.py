"""`tocsin demo`: a company on three continents, and an outage that can be watched live.

The outage enters through the real intake and is worked through the real API, with a token per person.
"""

import asyncio
import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from tocsin.catalog import commands as catalog
from tocsin.catalog.queries import service_by_name
from tocsin.cli.history import plant_history
from tocsin.cli.reload import end_with_us
from tocsin.cli.seed import PASSWORD, plant
from tocsin.comms.queries import components
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.home import database_of
from tocsin.kernel.net import NetError, Outbound
from tocsin.people import reach
from tocsin.people.permissions import Scope, permit
from tocsin.people.queries import any_user, user_by_email
from tocsin.settings import Settings, load

PATIENCE_S = 60
_DAY = timedelta(days=1)
ACTORS = ("niamh", "beatriz", "ben")


@dataclass
class Cast:
    """Who plays: a token per person, the monitoring's key, the public components by name."""

    key: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    components: dict[str, str] = field(default_factory=dict)


def add_to(app: typer.Typer) -> None:
    """Adds the command to the top level."""
    app.command()(demo)


def demo(
    pace: Annotated[float, typer.Option(min=0.0, help="Seconds between two steps of the outage.")] = 6.0,
    stay: Annotated[bool, typer.Option(help="Serve on after the outage, until Ctrl-C.")] = True,
) -> None:
    """Serve a company with people and history, and play an outage in it from the first alert to the postmortem."""
    end_with_us()
    settings = load(os.environ)
    settings = dataclasses.replace(
        settings, data=settings.data.parent / f"{settings.data.name}-demo", database_url=None
    )
    cast = asyncio.run(_prepare(settings))
    with _serving(settings.data, settings.url) as server:
        asyncio.run(_play(settings, cast, pace))
        typer.echo("\nThat was it. Look around; Ctrl-C ends the demo.")
        if stay:
            server.wait()


def plant_if_empty(settings: Settings) -> None:
    """Demo data for development: only into a database where nobody is."""

    async def run() -> None:
        async with database_of(settings, permit) as (database, _):
            await _plant_if_empty(database)

    asyncio.run(run())


async def _plant_if_empty(database: Database) -> None:
    if not await any_user(database):
        await plant_history(database, await plant(database))
    typer.echo(f"Sign in as ada@lantern.example with the password {PASSWORD}. Mail is at /dev/mail.")


async def _prepare(settings: Settings) -> Cast:
    async with database_of(settings, permit) as (database, _):
        await _plant_if_empty(database)
        return await _cast(database)


async def _cast(database: Database) -> Cast:
    cast = Cast()
    checkout = await service_by_name(database, "Checkout")
    async with database.unit(ENGINE, "cli") as u:
        for name in ACTORS:
            user = await user_by_email(u, f"{name}@lantern.example")
            if user:
                expires = await u.clock() + _DAY
                cast.tokens[name] = await reach.create_token_for(u, user.id, "demo", tuple(Scope), expires)
        made = await catalog.create_integration(
            u,
            f"Demo monitoring {int(time.time())}",
            format="generic",
            service_id=checkout.id if checkout else None,
        )
        cast.key = made["key"]
        cast.components = {c.name: c.id for c in await components(u)}
    return cast


@contextmanager
def _serving(data: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, "TOCSIN_DATA": str(data), "TOCSIN_URL": url}
    env.pop("DATABASE_URL", None)
    server = subprocess.Popen([sys.executable, "-m", "tocsin", "serve", "--dev", "--reloaded"], env=env)
    try:
        yield server
    finally:
        server.terminate()
        server.wait()


class _Stage:
    """Talks to the served product as monitoring and as people."""

    def __init__(self, outbound: Outbound, base: str, cast: Cast, pace: float) -> None:
        self._outbound = outbound
        self._base = base
        self._cast = cast
        self._pace = pace

    async def ready(self) -> None:
        """Waits until the server answers."""
        for _ in range(PATIENCE_S * 5):
            try:
                if (await self._outbound.request("GET", f"{self._base}/readyz", trusted=True)).status == 200:
                    return
            except NetError:
                pass
            await asyncio.sleep(0.2)
        raise TimeoutError("The demo's server did not come up; its log above says why.")

    async def does(self, who: str, what: str, path: str, body: dict[str, Any]) -> Any:
        """One step: says what happens, does it, lets people watch."""
        token = self._cast.tokens.get(who, self._cast.key)
        answer = await self._outbound.request(
            "POST", self._base + path, json=body, headers={"authorization": f"Bearer {token}"}, trusted=True
        )
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {answer.body[:300]!r}")
        typer.echo(f"  {who:>10}  {what}")
        await asyncio.sleep(self._pace)
        return orjson.loads(answer.body) if answer.body else None


async def _play(settings: Settings, cast: Cast, pace: float) -> None:
    async with Outbound() as outbound:
        stage = _Stage(outbound, settings.url, cast, pace)
        await stage.ready()
        typer.echo(f"\nThe outage begins. Watch {settings.url} and, as a customer, {settings.url}/status\n")
        number = await _alerts(stage)
        declared = await stage.does("niamh", "declares an incident from it", "/api/v1/incidents", {
            "summary": "Checkout is failing for all customers", "severity": 1, "alert": str(number),
            "impact": "Nobody can pay. The shop itself works.", "products": ["Shop"],
        })  # fmt: skip
        await _work(stage, declared["key"], cast.components.get("Checkout"))
        typer.echo(f"\nThe postmortem is drafted: {settings.url}/incidents/{declared['key']}/postmortem")


async def _alerts(stage: _Stage) -> int:
    alarm = {
        "message": "Checkout: error rate is 97 %", "alias": f"checkout-errors-{int(time.time())}", "priority": "P1",
        "source": "synthetic checks", "description": "No order was placed in the last three minutes.",
        "details": {"service": "checkout", "region": "eu-west-1", "error_rate": "0.97"},
    }  # fmt: skip
    first = await stage.does("monitoring", "reports: error rate of Checkout is 97 %", "/v1/alerts", alarm)
    await stage.does(
        "monitoring", "reports it again; it is counted, nobody is paged twice", "/v1/alerts", alarm
    )
    number = int(first["number"])
    await stage.does("niamh", "acknowledges: escalation stops", f"/api/v1/alerts/{number}/acknowledge", {})
    return number


async def _work(stage: _Stage, key: str, component: str | None) -> None:
    room = f"/api/v1/incidents/{key}"
    say = f"{room}/entries"
    await stage.does("niamh", "takes the role incident manager", say, {"text": "/take incident manager"})
    await stage.does(
        "beatriz",
        "joins from São Paulo",
        say,
        {"text": "Here. Errors began with release 4211, 3 min before the alert."},
    )
    await stage.does("beatriz", "takes the role tech lead", say, {"text": "/take tech lead"})
    await stage.does("niamh", "tells the public", f"{room}/updates", {
        "audience": "public", "title": "Checkout is not working", "status": "investigating",
        "state": "Customers cannot complete orders since a few minutes. Browsing works.",
        "status_now": ["We know which change caused it"], "next_steps": ["We are undoing it"],
        "components": {component: "major_outage"} if component else {}, "next_update_in_minutes": 15,
    })  # fmt: skip
    await stage.does(
        "ben", "reads along in Sydney", say, {"text": "Acquirer dashboards are calm. It is on our side."}
    )
    await stage.does(
        "beatriz", "rolls back", say, {"text": "Rolling back 4211 in eu-west-1, then ap-southeast-2."}
    )
    await stage.does("niamh", "sets the status", say, {"text": "/status identified"})
    await stage.does(
        "beatriz",
        "sees it recover",
        say,
        {"text": "Rolled back. Orders per minute: 3 … 41 … 118, as usual for this hour."},
    )
    await stage.does("niamh", "says that it is mitigated", say, {"text": "/status mitigated"})
    await stage.does(
        "niamh", "resolves", f"{room}/resolve", {"text": "Rolled release 4211 back.", "close_alerts": True}
    )
