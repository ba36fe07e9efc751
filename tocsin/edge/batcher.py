"""Group commit: alerts that arrive while a commit is under way share the next one.

1. A request hands its arrivals over and waits. If nothing is being committed, a commit begins at once: no timer.
2. What arrives meanwhile waits, and goes into the next commit together.
3. After the commit, and only then, everybody in it is answered.

Nothing is promised before it is durable, so nothing is lost when the process dies: who waited got no answer.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.alerts.commands import take_in_batch
from tocsin.alerts.model import Arrival, Outcome
from tocsin.kernel.db import DATA_ERRORS, RIVALRY_ERRORS, Actor, Database
from tocsin.kernel.errors import Conflict, Invalid, Unavailable
from tocsin.kernel.log import logger

log = logger(__name__)
#: The actor of a shared commit. Each entry names its own integration.
INTAKE = Actor(None, "intake", "integration")
#: How often a batch is tried again after a deadlock with another process.
TRIES = 5


@dataclass(slots=True)
class _Job:
    """One request's arrivals, and where its answer goes."""

    arrivals: Sequence[Arrival]
    answer: asyncio.Future[list[Outcome]]


class Batcher:
    """Commits arrivals in batches of about `most`; at most `room` may wait, the rest is sent away with a 503."""

    def __init__(self, database: Database, *, most: int = 500, room: int = 10_000) -> None:
        self._database = database
        self._most = most
        self._room = room
        self._jobs: deque[_Job] = deque()
        self._waiting = 0
        self._commit: asyncio.Task[None] | None = None
        self._closed = False

    async def take_in(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Answers after the commit, in order. Arrivals have been through `fit` and have an alias.

        A single arrival that the database refuses raises Invalid; among several it has an outcome that says so.
        Raises Unavailable when the database is away, when too many wait, and after `close`.
        """
        if len(arrivals) > self._most:
            parts = (arrivals[n : n + self._most] for n in range(0, len(arrivals), self._most))
            return [outcome for part in parts for outcome in await self.take_in(part)]
        if self._closed:
            raise Unavailable("This server is stopping. Send it again.")
        if self._waiting + len(arrivals) > self._room:
            raise Unavailable("Too many alerts are waiting to be stored. Send it again in a moment.", after=1)
        job = _Job(arrivals, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._waiting += len(arrivals)
        if self._commit is None:
            self._begin()
        return await job.answer

    async def close(self) -> None:
        """Takes nothing more, and returns when everybody who waits has been answered."""
        self._closed = True
        while self._commit is not None:
            await asyncio.wait({self._commit})

    def _begin(self) -> None:
        jobs: list[_Job] = []
        self._commit = asyncio.create_task(self._run(jobs))
        self._commit.add_done_callback(lambda task: self._ended(jobs, task))

    async def _run(self, jobs: list[_Job]) -> None:
        try:
            results: Sequence[Outcome | Invalid] = await self._together(lambda: self._join(jobs))
        except (Conflict, *DATA_ERRORS) as error:
            results = await self._split([arrival for job in jobs for arrival in job.arrivals], error)
        position = 0
        for job in jobs:
            _answer(job, results[position : position + len(job.arrivals)])
            position += len(job.arrivals)

    def _join(self, jobs: list[_Job]) -> list[Arrival]:
        """Takes in who waits, up to `most`. Called with the transaction open, so that the latest still join."""
        arrivals = [arrival for job in jobs for arrival in job.arrivals]
        while self._jobs and (not jobs or len(arrivals) + len(self._jobs[0].arrivals) <= self._most):
            job = self._jobs.popleft()
            self._waiting -= len(job.arrivals)
            jobs.append(job)
            arrivals += job.arrivals
        return arrivals

    def _ended(self, jobs: list[_Job], task: asyncio.Task[None]) -> None:
        """Nobody waits for ever, whatever went wrong; and the next commit begins."""
        error = Unavailable() if task.cancelled() else task.exception()
        if error is not None:
            self._fail(jobs, error)
        self._commit = None
        if self._jobs:
            self._begin()

    def _fail(self, jobs: list[_Job], error: BaseException) -> None:
        if isinstance(error, Unavailable):
            # The database is away: who still waits would only wait longer to hear the same.
            jobs = [*jobs, *self._jobs]
            self._jobs.clear()
            self._waiting = 0
        else:
            log.error("intake_failed", requests=len(jobs), error=repr(error), exc_info=error)
        for job in jobs:
            if not job.answer.done():
                job.answer.set_exception(error)

    async def _split(self, arrivals: Sequence[Arrival], error: Exception) -> list[Outcome | Invalid]:
        """Stores halves by themselves until the arrival whose values the database refuses stands alone."""
        if len(arrivals) == 1:
            return [_refused(arrivals[0], error)]
        half = len(arrivals) // 2
        return [*await self._store(arrivals[:half]), *await self._store(arrivals[half:])]

    async def _store(self, arrivals: Sequence[Arrival]) -> Sequence[Outcome | Invalid]:
        try:
            return await self._together(lambda: arrivals)
        except (Conflict, *DATA_ERRORS) as error:
            return await self._split(arrivals, error)

    async def _together(self, choose: Callable[[], Sequence[Arrival]]) -> list[Outcome]:
        """One transaction; tried again when it met another process's. `choose` is asked in each."""
        for _ in range(TRIES):
            try:
                async with self._database.unit(INTAKE, "intake") as u:
                    return await take_in_batch(u, choose())
            except RIVALRY_ERRORS as error:
                log.warning("intake_tries_again", error=type(error).__name__)
        raise Unavailable


def _refused(arrival: Arrival, error: Exception) -> Invalid:
    log.warning("alert_refused", integration=arrival.integration_name, error=type(error).__name__)
    return Invalid("alert", f"The database refused the values of this alert ({type(error).__name__}).")


def _answer(job: _Job, results: Sequence[Outcome | Invalid]) -> None:
    if job.answer.done():  # the client has left
        return
    if len(results) == 1 and isinstance(results[0], Invalid):
        job.answer.set_exception(results[0])
        return
    job.answer.set_result([_outcome(a, r) for a, r in zip(job.arrivals, results, strict=True)])


def _outcome(arrival: Arrival, result: Outcome | Invalid) -> Outcome:
    if isinstance(result, Outcome):
        return result
    return Outcome(None, None, arrival.signal.alias, success=False, status=str(result))
