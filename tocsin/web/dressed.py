"""Entries as they are drawn: with their newest words, and with what people made of them since. The same for every reader."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from tocsin.edge.templates import Templates
from tocsin.incidents.said_model import Mention, words_in
from tocsin.incidents.said_read import Extra, extras, key_of
from tocsin.kernel.db import Reader
from tocsin.record.model import Entry
from tocsin.web.entry_shown import called, calls_of, shown
from tocsin.web.ours import ours
from tocsin.web.words import html, is_block, pre

_MENTIONS: TypeAdapter[tuple[Mention, ...]] = TypeAdapter(tuple[Mention, ...])


async def dressed(db: Reader, templates: Templates, incident_id: UUID, entries: Sequence[Entry]) -> list[str]:
    """Each entry as HTML."""
    if not entries:
        return []
    key = await key_of(db, incident_id)
    found = await extras(db, incident_id, [e.seq for e in entries])
    texts = [found[e.seq].text or str(e.payload.get("text", "")) for e in entries if e.redacted_at is None]
    own = await ours(db, texts)
    base = str(templates.env.globals.get("own_url", ""))
    calls = await calls_of(db, incident_id)
    return [
        templates.text(
            "incidents/entry.html",
            {"room_key": key, "entry": _context(e, found[e.seq], own, base) | called(e, calls)},
        )
        for e in entries
    ]


def _context(entry: Entry, extra: Extra, own: dict[str, str], base: str) -> dict[str, Any]:
    context = shown(entry) | {"extra": extra, "reactions": _counted(extra), "html": "", "block": False}
    payload = context["payload"]
    if payload is None:
        return context
    if entry.kind == "message":
        text = payload.text if extra.text is None else extra.text
        mentions = payload.mentions if extra.text is None else _MENTIONS.validate_python(extra.mentions or ())
        return context | {"html": html(text, mentions, own, base), "block": is_block(text)}
    if entry.kind == "command_output":
        return context | {"html": pre(payload.text, "output"), "block": True}
    if extra.text is not None and words_in(entry.kind):
        payload = replace(payload, **{words_in(entry.kind): extra.text})
        context |= {"payload": payload, "text": payload.sentence()}
    return context | {"html": html(context["text"], (), own, base)}


def _counted(extra: Extra) -> list[dict[str, Any]]:
    """Each emoji with who chose it, in the order in which they first came."""
    people: dict[str, list[tuple[str, str]]] = {}
    for emoji, person, name in extra.reactions:
        people.setdefault(emoji, []).append((person, name))
    return [{"emoji": emoji, "people": them} for emoji, them in people.items()]
