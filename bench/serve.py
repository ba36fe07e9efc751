"""`python -m bench.serve`: the product as it is, but with a commit of its own for each request."""

import os
from collections.abc import Sequence

from tocsin.alerts.commands import take_in_batch
from tocsin.alerts.model import Arrival, Outcome
from tocsin.app import serve
from tocsin.edge.batcher import INTAKE, Batcher
from tocsin.kernel.db import Database
from tocsin.settings import load


class OneByOne(Batcher):
    """As most services do it: each request takes a connection of the pool and commits for itself."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._pool = database

    async def take_in(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        async with self._pool.unit(INTAKE, "intake") as u:
            return await take_in_batch(u, arrivals)


if __name__ == "__main__":
    serve(load(os.environ), commit=OneByOne)
