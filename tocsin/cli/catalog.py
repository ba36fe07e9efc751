"""`tocsin integration`: the first inbound source, on the database directly."""

from typing import Annotated

import typer

from tocsin.catalog import commands
from tocsin.catalog.queries import service_by_name
from tocsin.cli.client import REFUSED, stop
from tocsin.cli.direct import OPERATOR, done, with_database
from tocsin.cli.output import Json, show
from tocsin.kernel.db import Database
from tocsin.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Inbound sources, on the database directly.")


@app.callback()
def _group() -> None:
    """Keeps `create` a command of its own while it is the only one."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The integration's name, for example Prometheus.")],
    form: Annotated[str, typer.Option("--format", help="generic, alertmanager or opsgenie.")] = "generic",
    service: Annotated[
        str, typer.Option(help="Name of the service that its alerts are about; made when missing.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Create an integration and print its key, once."""

    async def make(database: Database, settings: Settings) -> dict[str, object]:
        found = await service_by_name(database, service) if service else None
        async with database.unit(OPERATOR, "cli") as u:
            service_id = found.id if found else await commands.create_service(u, service) if service else None
            made = await commands.create_integration(u, name, format=_known(form), service_id=service_id)
        return {**made, "url": _address(settings.url, form, made["key"])}

    show(done(with_database(make)), as_json, lambda d: f"{d['key']}\nSend to: {d['url']}")


def _known(form: str) -> str:
    if form not in ("generic", "alertmanager", "opsgenie"):
        raise stop(f"There is no format {form}: choose generic, alertmanager or opsgenie.", REFUSED)
    return form


def _address(base: str, form: str, key: str) -> str:
    """Where its sender is pointed to."""
    if form == "opsgenie":
        return f"{base}/v2/alerts"
    return f"{base}/v1/alerts" if form == "generic" else f"{base}/in/{form}/{key}"
