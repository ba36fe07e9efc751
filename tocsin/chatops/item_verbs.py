"""Commands of the rooms for claims, hypotheses, tasks, decisions, and what is known."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from tocsin.chatops.names import person_typed
from tocsin.chatops.verb import Verb
from tocsin.incidents import claims, tasks
from tocsin.incidents.items import LooksAlike
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

Run = Callable[[Unit, Incident, str], Awaitable[object]]
HAND, TASK, TAKE = "/hand 14 to Ana", "/task what @Ben in 20 min", "/task-take 14 to Ana"
IN = re.compile(r"\s+in (\d{1,4}) ?(min|minutes|m|h|hours|hour)$", re.IGNORECASE)


def _claim(*, hypothesis: bool, anyway: bool) -> Run:
    async def run(u: Unit, incident: Incident, rest: str) -> None:
        word = "hypothesis" if hypothesis else "claim"
        try:
            await claims.claim(u, incident.id, rest, hypothesis=hypothesis, anyway=anyway)
        except LooksAlike as alike:
            raise Invalid(
                "text", f"{alike} Write /join-claim {alike.alike[0].seq}, or /{word}! {rest} all the same."
            ) from alike

    return run


def _numbered(usage: str, does: Callable[[Unit, UUID, int, str], Awaitable[object]]) -> Run:
    async def run(u: Unit, incident: Incident, rest: str) -> None:
        number, _, more = rest.partition(" ")
        if not number.lstrip("#").isdigit():
            raise Invalid("text", f"Write {usage}: the number is the one of its entry.")
        await does(u, incident.id, int(number.lstrip("#")[:9]), more.strip())

    return run


async def _hand(u: Unit, incident: UUID, seq: int, more: str) -> None:
    await claims.hand(u, incident, seq, (await person_typed(u, more.removeprefix("to "), HAND)).id)


async def _judge_supported(u: Unit, incident: UUID, seq: int, more: str) -> None:
    await claims.judge(u, incident, seq, "supported", more)


async def _judge_disproved(u: Unit, incident: UUID, seq: int, more: str) -> None:
    await claims.judge(u, incident, seq, "disproved", more)


async def _join(u: Unit, incident: UUID, seq: int, _: str) -> None:
    await claims.join(u, incident, seq)


async def _renew(u: Unit, incident: UUID, seq: int, _: str) -> None:
    await claims.renew(u, incident, seq)


async def _reopen(u: Unit, incident: UUID, seq: int, _: str) -> None:
    await tasks.reopen(u, incident, seq)


async def _take(u: Unit, incident: UUID, seq: int, more: str) -> None:
    to = (await person_typed(u, more.removeprefix("to "), TAKE)).id if more else None
    await tasks.take(u, incident, seq, to)


async def _task(u: Unit, incident: Incident, rest: str) -> None:
    """`replace the disk @Ben in 20 min`: whom and when are optional."""
    due = IN.search(rest)
    said = rest[: due.start()] if due else rest
    line, at, name = said.rpartition(" @")
    owner = (await person_typed(u, name, TASK)).id if at else None
    minutes = int(due[1]) * (60 if due[2].lower().startswith("h") else 1) if due else 0
    await tasks.make(
        u, incident.id, line if at else said, owner_id=owner,
        due_at=await u.clock() + timedelta(minutes=minutes) if minutes else None,
    )  # fmt: skip


async def _decide(u: Unit, incident: Incident, rest: str) -> None:
    """`roll back because errors rose; undo: deploy 142`: why and undo are optional."""
    said, _, undo = rest.partition("; undo:")
    line, _, why = said.partition(" because ")
    await tasks.decide(u, incident.id, line, why=why.strip(), undo=undo.strip())


async def _ask(u: Unit, incident: Incident, rest: str) -> None:
    await tasks.ask(u, incident.id, rest)


async def _know(u: Unit, incident: Incident, rest: str) -> None:
    await tasks.know(u, incident.id, rest)


def _verb(usage: str, does: str, run: Callable[[Unit, UUID, int, str], Awaitable[object]]) -> Verb:
    return Verb(usage, does, _numbered(usage, run))


VERBS = {
    "claim": Verb(
        "/claim what you look into",
        "tell the others what you are looking at",
        _claim(hypothesis=False, anyway=False),
    ),
    "claim!": Verb(
        "/claim! the same",
        "although somebody looks into something like it",
        _claim(hypothesis=False, anyway=True),
    ),
    "join-claim": _verb("/join-claim 14", "look into it together", _join),
    "still-on": _verb("/still-on 14", "a sign of life: you are still on it", _renew),
    "hand": _verb(HAND, "give a claim to somebody else", _hand),
    "finish": _verb("/finish 14 what came out", "a claim is finished", claims.finish),
    "drop": _verb("/drop 14 why", "let go of a claim or a hypothesis", claims.drop),
    "hypothesis": Verb(
        "/hypothesis the cause may be", "name a hypothesis", _claim(hypothesis=True, anyway=False)
    ),
    "hypothesis!": Verb(
        "/hypothesis! the same", "although there is one like it", _claim(hypothesis=True, anyway=True)
    ),
    "supported": _verb("/supported 14 why", "the verdict: supported", _judge_supported),
    "disproved": _verb("/disproved 14 why", "the verdict: disproved", _judge_disproved),
    "evidence": _verb("/evidence 14 #21", "an entry or a link that shows it", claims.add_evidence),
    "decide": Verb("/decide what because why; undo: how", "write down a decision", _decide),
    "undo-decision": _verb("/undo-decision 14 why", "take a decision back", tasks.undo),
    "task": Verb(TASK, "add a task", _task),
    "task-take": _verb("/task-take 14", "the task is yours, or: 14 to Ana", _take),
    "task-done": _verb("/task-done 14 what came out", "the task is done", tasks.finish),
    "task-reopen": _verb("/task-reopen 14", "it is to be done after all", _reopen),
    "task-cancel": _verb("/task-cancel 14 why", "it need not be done", tasks.cancel),
    "unknown": Verb("/unknown a question", "what is not known yet", _ask),
    "answer": _verb("/answer 14 what is known now", "an unknown is known", tasks.answer),
    "known": Verb("/known a fact", "what is known for certain", _know),
}
