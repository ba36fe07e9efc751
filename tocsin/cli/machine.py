"""Commands that work on the database itself, beside a server or without one."""

import typer

from tocsin.cli import admin, catalog, operate
from tocsin.cli.reconcile import reconcile
from tocsin.kernel.log import set_up


def build() -> typer.Typer:
    """These commands alone."""
    set_up()
    app = typer.Typer()
    operate.add_to(app)
    app.command()(reconcile)
    for name, group in (("admin", admin.app), ("token", admin.tokens), ("integration", catalog.app)):
        app.add_typer(group, name=name)
    return app
