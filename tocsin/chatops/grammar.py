"""One grammar for every room: a line that starts with `/` is a command, everything else is said.

`//like this` says a line that starts with a slash.
"""

from difflib import SequenceMatcher, get_close_matches

from tocsin.chatops import (
    bonds_verbs,
    catchup_verbs,
    entry_verbs,
    field_verbs,
    item_verbs,
    people_verbs,
    privacy_verbs,
    role_verbs,
    state_verbs,
    step_verbs,
)
from tocsin.chatops.verb import Told, Verb
from tocsin.incidents import entries
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import head
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

__all__ = ["VERBS", "Told", "say_or_do"]

#: How alike a typo and the command that was meant are at least, from 0 to 1; and how much less a second one.
ALIKE, LESS = 0.6, 0.1


async def _help(_: Unit, __: Incident, rest: str) -> None:
    """Which commands there are, or how one is written; for whoever asks."""
    name = rest.lower().lstrip("/")
    if name and name not in VERBS:
        raise Invalid("text", _unknown(name))
    raise Told("\n".join(f"{v.usage}: {v.does}" for v in ([VERBS[name]] if name else VERBS.values())))


VERBS: dict[str, Verb] = {
    **state_verbs.VERBS,
    **role_verbs.VERBS,
    **people_verbs.VERBS,
    **item_verbs.VERBS,
    **step_verbs.VERBS,
    **entry_verbs.VERBS,
    **privacy_verbs.VERBS,
    **bonds_verbs.VERBS,
    **catchup_verbs.VERBS,
    **field_verbs.VERBS,
    "help": Verb("/help or /help resolve", "which commands there are, told only to you", _help),
}


async def say_or_do(u: Unit, incident: Incident, line: str) -> int:
    """Runs one line; answers the number of the newest entry afterwards. Raises `Invalid` with what would have worked, and `Told`
    with the answer to a question."""
    line = line.strip()
    if not line.startswith("/") or line.startswith("//"):
        return await entries.say(u, incident.id, line[1:] if line.startswith("//") else line)
    name, rest = _split(line[1:].replace("\n", " \n", 1))
    verb = VERBS.get(name.lower())
    if verb is None and "/" in name:
        return await entries.say(u, incident.id, line)  # A path, as in `/var/log is full`.
    if verb is None:
        raise Invalid("text", _unknown(name))
    await verb.run(u, incident, rest.strip())
    return await head(u, incident.id)


def _unknown(name: str) -> str:
    """What to say of a command that there is not: the one or two that may be meant, and where all of them are told."""
    typed, verbs = name.lower()[:40], [verb for verb in VERBS if not verb.endswith("!")]
    alike = {v: SequenceMatcher(None, v, typed).ratio() for v in get_close_matches(typed, verbs, 2, ALIKE)}
    near = [verb for verb, how in alike.items() if how > max(alike.values()) - LESS]
    meant = f" Did you mean {' or '.join(f'/{each}' for each in near)}?" if near else ""
    return f"There is no command /{name[:40]}.{meant} /help lists them."


def _split(line: str) -> tuple[str, str]:
    """The command's word and what follows; `/decline: why` is written without a space before the colon."""
    name, _, rest = line.partition(" ")
    return (name[:-1], f": {rest}") if name.endswith(":") else (name, rest)
