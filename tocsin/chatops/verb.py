"""One command of the rooms' grammar."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid


class Told(Invalid):
    """The answer to a question that somebody asked in a room: for them only, and no entry. Doors that do not know it say it
    as they say what is wrong with a line: to whoever typed it."""

    def __init__(self, answer: str) -> None:
        super().__init__("text", answer)


@dataclass(frozen=True, slots=True)
class Verb:
    """How it is written, what it does. `run` gets what stands after the word and raises `Invalid` for `text`."""

    usage: str
    does: str
    run: Callable[[Unit, Incident, str], Awaitable[object]]
