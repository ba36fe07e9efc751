"""`tocsin serve` and `tocsin demo`; the server is handed in by whoever knows all its parts."""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Protocol

import typer

from tocsin.cli import demo
from tocsin.cli.reload import with_reload
from tocsin.kernel.log import set_up
from tocsin.settings import Settings, load
from tocsin.variables import misspelt


class Serve(Protocol):
    """What is handed in."""

    def __call__(self, settings: Settings, *, dev: bool, say: Callable[[str], None]) -> None: ...


def build(serve: Serve) -> typer.Typer:
    """These commands alone."""
    set_up()
    app = typer.Typer()

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

    demo.add_to(app)
    return app


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()
