"""Commands of the rooms for entries: later, for others, as a reply; edited, pinned, taken out; what a terminal printed."""

from tocsin.chatops.times import time_before
from tocsin.chatops.verb import Verb
from tocsin.incidents import edits, entries, marks, output
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

AT, LOG, REPLY = "/at 02:50 I saw errors", "/log 14:02 Ana: restarted redis", "/reply 12 words"
EDIT, REDACT, REACT = "/edit 12 other words", "/redact 12 why", "/react 12 👍"
OUTPUT = "/output kubectl get pods, then its text on the next lines"


async def _at(u: Unit, incident: Incident, rest: str) -> None:
    at, _, words = await time_before(u, rest, said_by=False)
    if at is None or not words:
        raise Invalid("text", f"Write {AT}.")
    await entries.say(u, incident.id, words, at=at)


async def _log(u: Unit, incident: Incident, rest: str) -> None:
    at, by, words = await time_before(u, rest, said_by=True)
    if not words:
        raise Invalid("text", f"Write {LOG}.")
    await entries.say(u, incident.id, words, at=at, said_by=by, tag="said" if by else "")


def _numbered(rest: str, usage: str, *, words: bool = True) -> tuple[int, str]:
    number, _, text = rest.partition(" ")
    number = number.lstrip("#")
    if not number.isdecimal() or len(number) > 9 or (words and not text.strip()):
        raise Invalid("text", f"Write {usage}.")
    return int(number), text.strip()


async def _reply(u: Unit, incident: Incident, rest: str) -> None:
    seq, words = _numbered(rest, REPLY)
    await entries.say(u, incident.id, words, reply_to=seq)


async def _edit(u: Unit, incident: Incident, rest: str) -> None:
    seq, words = _numbered(rest, EDIT)
    await edits.edit_entry(u, incident.id, seq, words)


async def _redact(u: Unit, incident: Incident, rest: str) -> None:
    seq, why = _numbered(rest, REDACT)
    await edits.redact_entry(u, incident.id, seq, why)


async def _pin(u: Unit, incident: Incident, rest: str) -> None:
    await marks.pin_entry(u, incident.id, _numbered(rest, "/pin 12", words=False)[0])


async def _unpin(u: Unit, incident: Incident, rest: str) -> None:
    await marks.unpin_entry(u, incident.id, _numbered(rest, "/unpin 12", words=False)[0])


async def _react(u: Unit, incident: Incident, rest: str) -> None:
    seq, emoji = _numbered(rest, REACT)
    await marks.react(u, incident.id, seq, emoji)


async def _output(u: Unit, incident: Incident, rest: str) -> None:
    command, _, text = rest.partition("\n")
    if not text.strip():
        raise Invalid("text", f"Write {OUTPUT}.")
    # A dash says that nobody knows which command it was: text that was pasted.
    await output.log_output(u, incident.id, text, "" if command.strip() == "-" else command)


async def _call(u: Unit, incident: Incident, rest: str) -> None:
    await (output.end_call if rest.lower() in ("over", "end", "off") else output.start_call)(u, incident.id)


VERBS = {
    "at": Verb(AT, "add a line with an earlier time", _at),
    "log": Verb(LOG, "write down what somebody said", _log),
    "reply": Verb(REPLY, "answer an entry", _reply),
    "edit": Verb(EDIT, "put your line, task, decision or caption in other words", _edit),
    "pin": Verb("/pin 12", "show an entry above the record", _pin),
    "unpin": Verb("/unpin 12", "show it there no more", _unpin),
    "react": Verb(REACT, "react to an entry, or take it back", _react),
    "redact": Verb(REDACT, "take the words out of an entry for good", _redact),
    "output": Verb(OUTPUT, "keep what a command printed", _output),
    "call": Verb("/call or /call over", "people talk: the scribe writes it down", _call),
}
