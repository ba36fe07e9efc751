"""One command of the rooms' grammar."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit


@dataclass(frozen=True, slots=True)
class Verb:
    """How it is written, what it does. `run` gets what stands after the word and raises `Invalid` for `text`."""

    usage: str
    does: str
    run: Callable[[Unit, Incident, str], Awaitable[object]]
