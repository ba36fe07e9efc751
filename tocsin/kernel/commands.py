"""What a command is: one public verb, permitted once, answered once per request key."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from tocsin.kernel.db import Actor, Unit, sql
from tocsin.kernel.errors import Conflict

P = ParamSpec("P")
R = TypeVar("R")
Command = Callable[Concatenate[Unit, P], Awaitable[R]]

#: Every public command by its verb, for the permission table, the audit of doors and the docs.
COMMANDS: dict[str, Callable[..., Awaitable[Any]]] = {}

_READ_BACK: dict[Any, Callable[[Any], Any]] = {UUID: UUID}


def command(verb: str, *, secret: bool = False) -> Callable[[Command[P, R]], Command[P, R]]:
    """Registers a function `(u, ...)` as the public command `verb`, for example `incident.declare`.

    The outermost command of a unit is permitted and made idempotent; commands that it calls are its own affair.
    Answers must survive JSON: None, bool, int, str, UUID, or lists and dicts of these. A `secret` answer is shown
    once and kept nowhere: a repeat of its request is refused with that sentence.
    """

    def register(function: Command[P, R]) -> Command[P, R]:
        read_back = _READ_BACK.get(inspect.signature(function).return_annotation, lambda answer: answer)

        @functools.wraps(function)
        async def run(u: Unit, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if u.depth:
                return await function(u, *args, **kwargs)
            await u.database.permit(u, verb)
            key = _next_key(u)
            if key and not await u.value(sql.claim_request, actor_key(u.actor), key, verb, u.about):
                answered = await _answered(u, key, verb)
                if secret:
                    raise Conflict("This was done already, and its secret was shown once. Make another.")
                return cast("R", read_back(answered))
            u.depth += 1
            try:
                answer = await function(u, *args, **kwargs)
            finally:
                u.depth -= 1
            if key and not secret:
                await u.run(sql.keep_answer, actor_key(u.actor), key, answer)
            return answer

        if verb in COMMANDS:
            raise ValueError(f"{verb} is registered twice")
        COMMANDS[verb] = run
        return run

    return register


def actor_key(actor: Actor) -> str:
    """Whose request keys these are: keys of different actors never meet."""
    return str(actor.id) if actor.id else f"{actor.kind}:{actor.name}"


def _next_key(u: Unit) -> str | None:
    """One request may run several commands in one unit: each gets a key of its own, in order."""
    if not u.key:
        return None
    u.commands_run += 1
    return u.key if u.commands_run == 1 else f"{u.key}/{u.commands_run}"


async def _answered(u: Unit, key: str, verb: str) -> Any:
    row = await u.row(sql.answered_request, actor_key(u.actor), key)
    if row is None or row["verb"] != verb or (u.about and row["about"] and row["about"] != u.about):
        raise Conflict("This request key was used for something else.")
    return row["answer"]
