"""Words in the record, as pure rules: who is addressed, what is one emoji, what a terminal adds to its text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

#: How far before the declaration somebody can note what they saw.
BEFORE_DECLARED = timedelta(days=30)
#: A client's clock may be wrong by this much before a time lies in the future.
AHEAD = timedelta(minutes=2)
MESSAGE, OUTPUT, OUTPUT_STORED = 20_000, 5_000_000, 100_000
CAPTION, ITEM = 500, 500
#: Kinds of entries that begin what people work on, and that are a file: their words can be put in a better way.
ITEMS = frozenset(
    {"claim_made", "hypothesis_made", "decision_made", "task_made", "unknown_named", "fact_known"}
)
CAPTIONED = frozenset({"file_attached", "recording_attached", "transcript_attached"})
TAGS = {"said": "said", "decided": "decided", "seen": "saw"}

#: What may follow a name without being part of it, although names hold such marks.
AFTER = ".'\u2019-"
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_AT = re.compile(r"(?<![\w@/.+-])@([\w][\w.'\u2019-]*(?: [\w][\w.'\u2019-]*){0,5})")
#: Colours, cursor moves, window titles; then what is left of controls but line ends and tabs.
_ANSI = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BASE = re.compile(
    r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_JOINED = re.compile(
    r"(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    rf"{_BASE.pattern}(?:\ufe0f|[\U0001f3fb-\U0001f3ff]|[\U000e0020-\U000e007f])*"
    rf"(?:\u200d{_BASE.pattern}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])*)*)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody addressed with @: the words as they were written, and the people who are meant."""

    words: str
    people: tuple[UUID, ...] = ()


def mentions_in(text: str, known: Mapping[str, Sequence[UUID]]) -> tuple[Mention, ...]:
    """Who is addressed outside of code, each once: the longest known name at each @. Names in `known` are casefolded."""
    found: dict[str, Mention] = {}
    for match in _AT.finditer(_CODE.sub(" ", text)):
        for words in _shorter(match[1]):
            people = known.get(words.casefold())
            if people is not None:
                found.setdefault(words.casefold(), Mention(words, tuple(people)))
                break
    return tuple(found.values())


def _shorter(words: str) -> Iterator[str]:
    """`Ana Silva said.`, `Ana Silva said`, `Ana Silva`, `Ana`: what may be the name."""
    parts = words.split(" ")
    for n in range(len(parts), 0, -1):
        name = " ".join(parts[:n])
        yield name
        if name.rstrip(AFTER) != name:
            yield name.rstrip(AFTER)


def one_emoji(text: str) -> str | None:
    """The text when it is exactly one emoji, however many code points it has; otherwise None."""
    text = text.strip()
    return text if len(text) <= 16 and _JOINED.fullmatch(text) else None


def plain(text: str) -> str:
    """Text as it was meant to be read: without a terminal's colours and without controls, its lines kept.

    A line that was overwritten (`10 %`, carriage return, `20 %`) keeps its last state.
    """
    text = _ANSI.sub("", text.replace("\r\n", "\n"))
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROL.sub("", text)


def may_have_happened(at: datetime, declared_at: datetime, now: datetime) -> bool:
    """Whether a time told later is believable: not in the future, and not long before the incident."""
    return declared_at - BEFORE_DECLARED <= at <= now + AHEAD


def words_in(kind: str) -> str:
    """The field of an entry of that kind which holds the words that can be put in a better way; empty where there are none."""
    return "caption" if kind in CAPTIONED else "text" if kind == "message" or kind in ITEMS else ""
