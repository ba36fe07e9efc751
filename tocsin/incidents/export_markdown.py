"""The record as Markdown, for people: the state, then every entry. Built from the same data as the JSON."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: What would be markup in running text.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
_TIMES = (
    ("impact_started_at", "Impact began"), ("detected_at", "Detected"), ("declared_at", "Declared"),
    ("acknowledged_at", "Acknowledged"), ("first_update_at", "First update"), ("mitigated_at", "Mitigated"),
    ("resolved_at", "Resolved"),
)  # fmt: skip


def head(data: Mapping[str, Any]) -> Iterator[str]:
    """The lines before the entries."""
    state, origin = data["incident"], data["origin"]
    yield f"# {origin['key']}: {escaped(state['summary'])}"
    yield ""
    if data["confidential"]:
        yield "**Confidential: this incident is private.**"
        yield ""
    yield (
        f"SEV{state['severity']}, {state['status']}"
        + (f", service {escaped(state['service'])}" if state["service"] else "")
        + (f", {escaped(state['type'])}" if state["type"] else "")
    )
    yield ""
    yield from (f"- {words}: {moment(state[name])}" for name, words in _TIMES if state[name])
    if data["imported_from"]:
        yield f"- Imported, was {escaped(data['imported_from']['key'])} at {escaped(data['imported_from']['url'])}"
    yield f"- Exported: {moment(data['exported_at'])} by {escaped(data['exported_by'])}, {state['entries']} entries"
    yield from _part("Impact", [escaped(state["impact"])] if state["impact"] else [])
    yield from _part("Fields", [f"- {escaped(f['title'])}: {escaped(f['words'])}" for f in state["fields"]])
    yield from _part(
        "Roles", [f"- {r['role'].replace('_', ' ')}: {escaped(r['name'])}" for r in data["roles"]]
    )
    yield from _part("Responders", [f"- {escaped(r['name'])}" for r in data["responders"]])
    yield from _part(
        "Alerts", [f"- #{a['number']} {a['priority']} {escaped(a['message'])}" for a in data["alerts"]]
    )
    yield from _part("Work", [_item(item) for item in data["items"]])
    yield from _part("Attachments", [f"- #{a['seq']} {escaped(a['name'])}" for a in data["attachments"]])
    yield ""
    yield "## Record"
    yield ""


def entries(batch: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A paragraph for each entry; the words of people keep their lines."""
    for entry in batch:
        later = ", noted later" if entry["recorded_at"][:16] > entry["happened_at"][:16] else ""
        yield f"**{entry['seq']}** {moment(entry['happened_at'])}{later} · **{escaped(entry['actor'])}**"
        yield ""
        yield from (f"> {escaped(line)}" for line in words(entry).splitlines() or [""])
        yield ""


def origin(data: Mapping[str, Any]) -> Iterator[str]:
    """The heading before the entries of an incident that was merged into this one."""
    yield f"## Record of {data['key']}, merged into this one: {escaped(data['summary'])}"
    yield ""


def notes(data: Mapping[str, Any]) -> Iterator[str]:
    """The notes page as it is: it is Markdown already."""
    if data["notes"]:
        yield "## Notes"
        yield ""
        yield data["notes"]


def transcripts(data: Mapping[str, Any]) -> Iterator[str]:
    """What was said on calls, a line each."""
    for each in data["transcripts"]:
        yield f"## Transcript #{each['seq']}: {escaped(each['name'])}"
        yield ""
        yield f"Began {moment(each['began_at'])}."
        yield ""
        for cue in each["cues"]:
            who = f"**{escaped(cue['speaker'])}**: " if cue["speaker"] else ""
            told = f" (#{cue['entry']})" if cue["entry"] else ""
            yield f"- {cue['at'][11:19]} {who}{escaped(cue['text'])}{told}"
        yield ""


def words(entry: Mapping[str, Any]) -> str:
    """What an entry says, or why its words are gone."""
    gone = entry["redacted"]
    return f"(taken out by {gone['by']}: {gone['reason']})" if gone else str(entry["text"])


def moment(value: str) -> str:
    """`2026-11-27 19:40 UTC`."""
    return f"{value[:10]} {value[11:16]} UTC"


def escaped(text: str) -> str:
    """Somebody's words as words: no markup, no HTML."""
    return _MARKUP.sub(r"\\\1", text)


def _part(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"## {title}"
        yield ""
        yield from lines


def _item(item: Mapping[str, Any]) -> str:
    who = f" ({escaped(item['owner'])})" if item["owner"] else ""
    came = f": {escaped(item['outcome'])}" if item["outcome"] else ""
    return f"- #{item['seq']} {item['kind']}, {item['state']}: {escaped(item['text'])}{who}{came}"
