"""`tocsin`: one module per noun; the server is handed in by `app`."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Protocol

import typer

from tocsin.cli import (
    admin,
    alert,
    calendar,
    catalog,
    cover,
    demo,
    fairness,
    handover,
    incident,
    oncall,
    operate,
    readiness,
    schedule,
)
from tocsin.cli.client import USAGE, stop
from tocsin.cli.output import Json, show
from tocsin.cli.reload import with_reload
from tocsin.kernel.errors import TocsinError
from tocsin.kernel.log import set_up
from tocsin.settings import Settings, load
from tocsin.variables import WrongSetting, misspelt
from tocsin.version import VERSION


class Serve(Protocol):
    """What `app` hands in."""

    def __call__(self, settings: Settings, *, dev: bool, say: Callable[[str], None]) -> None: ...


def build(serve: Serve) -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        help="Incident response for teams that are never in one room. Settings are environment variables: tocsin settings.",
    )  # fmt: skip

    @app.command("serve")
    def serve_(
        dev: Annotated[
            bool, typer.Option("--dev", help="Reload on change, demo data, mail shown at /dev/mail.")
        ] = False,
        child: Annotated[bool, typer.Option("--reloaded", hidden=True)] = False,
    ) -> None:
        """Serve the product: pages, API, intake, paging."""
        settings = load(os.environ)
        for name, meant in misspelt(os.environ).items():
            typer.echo(f"tocsin: {name} is not a setting. Is {meant} meant?", err=True)
        if dev and not child:
            with_reload([sys.executable, "-m", "tocsin", "serve", "--dev", "--reloaded"])
            return
        if dev:
            demo.plant_if_empty(settings)
        serve(settings, dev=dev, say=_say)

    operate.add_to(app)
    demo.add_to(app)
    fairness.add_to(app)
    app.command()(readiness.readiness)
    for name, group in (
        ("admin", admin.app), ("token", admin.tokens), ("integration", catalog.app), ("alert", alert.app),
        ("oncall", oncall.app), ("schedule", schedule.app), ("cover", cover.app), ("handover", handover.app), ("calendar", calendar.app), ("incident", incident.app),
    ):  # fmt: skip
        app.add_typer(group, name=name)

    @app.command()
    def version(as_json: Json = False) -> None:
        """Print the version."""
        show({"version": VERSION}, as_json, lambda _: VERSION)

    return app


def run(serve: Serve) -> None:
    """Runs one command; whatever is expected to go wrong ends with one sentence and an exit code."""
    set_up()
    try:
        build(serve)(prog_name="tocsin")
    except WrongSetting as error:
        raise SystemExit(stop(str(error), USAGE).exit_code) from error
    except (TocsinError, OSError, subprocess.SubprocessError) as error:
        raise SystemExit(stop(str(error), 1).exit_code) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()
