"""`tocsin`: one module per noun. Those that ask a server are here; what works on this machine is handed in."""

import subprocess
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from tocsin.cli import (
    alert,
    calendar,
    cover,
    fairness,
    grouping,
    handover,
    heartbeat,
    incident_entries,
    incident_files,
    incident_lifecycle,
    incident_people,
    incident_record,
    ledger,
    me,
    noise,
    oncall,
    page,
    playbook,
    policy,
    readiness,
    schedule,
    selfcheck,
    silence,
)
from tocsin.cli.client import USAGE, stop
from tocsin.cli.output import Json, show
from tocsin.kernel.errors import TocsinError
from tocsin.variables import WrongSetting
from tocsin.version import VERSION

#: Makes commands that are loaded when one of them is named.
More = Callable[[], typer.Typer]


def build(*more: More) -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        cls=_with(more), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        help="Incident response for teams that are never in one room. Settings are environment variables: tocsin settings.",
    )  # fmt: skip
    fairness.add_to(app)
    incident_record.add_to(incident_entries.app)
    incident_files.add_to(incident_entries.app)
    ledger.add_to(app)
    incident_lifecycle.add(incident_entries.app)
    incident_people.add(incident_entries.app)
    app.command()(readiness.readiness)
    app.command()(noise.noise)
    app.command()(selfcheck.selfcheck)
    app.command()(page.page)
    for name, group in (
        ("alert", alert.app), ("oncall", oncall.app), ("schedule", schedule.app), ("heartbeat", heartbeat.app), ("silence", silence.app), ("grouping", grouping.app), ("policy", policy.app), ("playbook", playbook.app), ("cover", cover.app),
        ("handover", handover.app), ("calendar", calendar.app), ("incident", incident_entries.app), ("me", me.app),
    ):  # fmt: skip
        app.add_typer(group, name=name)

    @app.command()
    def version(as_json: Json = False) -> None:
        """Print the version."""
        show({"version": VERSION}, as_json, lambda _: VERSION)

    return app


def run(*more: More) -> None:
    """Runs one command; whatever is expected to go wrong ends with one sentence and an exit code."""
    try:
        build(*more)(prog_name="tocsin")
    except WrongSetting as error:
        raise SystemExit(stop(str(error), USAGE).exit_code) from error
    except (TocsinError, OSError, subprocess.SubprocessError) as error:
        raise SystemExit(stop(str(error), 1).exit_code) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _with(more: tuple[More, ...]) -> type[TyperGroup]:
    """A group of commands that looks among what is loaded first, and then loads more, one after the other."""
    waiting = list(more)

    class Growing(TyperGroup):
        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the framework calls it so
            while cmd_name not in self.commands and waiting:
                self._grow()
            return self.commands.get(cmd_name)

        def list_commands(self, ctx: Any) -> list[str]:
            while waiting:
                self._grow()
            return super().list_commands(ctx)

        def _grow(self) -> None:
            """What is loaded late stands first: it is what an operator begins with."""
            more = typer.main.get_group(waiting.pop(0)())
            self.commands = {**more.commands, **self.commands}

    return Growing
