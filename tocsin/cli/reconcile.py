"""`tocsin reconcile`: one look of the reconciler, on the database directly: for a timer that does not depend on the service."""

import typer

from tocsin.cli.client import REFUSED
from tocsin.cli.direct import with_database
from tocsin.cli.output import Json, show
from tocsin.kernel.db import Database
from tocsin.paging.reconcile import StateOfPaging, state_of_paging
from tocsin.paging.reconcile import reconcile as look
from tocsin.settings import Settings


def reconcile(as_json: Json = False) -> None:
    """Look for alerts that nobody was paged for, see to it that somebody is, and say what is wrong; 1 if anything is."""

    async def run(database: Database, _: Settings) -> tuple[int, StateOfPaging]:
        found = await look(database)
        return (found.resumed if found else 0), await state_of_paging(database)

    resumed, state = with_database(run)
    problems = [*([f"Paging of {resumed} alerts was begun again."] if resumed else []), *state.problems]
    answer = {"resumed": resumed, "problems": state.problems}
    show(answer, as_json, lambda _: "\n".join(problems) or "Nobody was forgotten.")
    if problems:
        raise typer.Exit(REFUSED)
