"""Reading transcripts as tools write them: WebVTT, SRT, and text with times. Pure: what does not fit is refused with its line."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tocsin.incidents.said_model import plain
from tocsin.kernel.errors import Invalid

#: Of one transcript; of one line, in characters; of its length.
MOST_BYTES, MOST_CUES, MOST_SPEAKERS = 5_000_000, 50_000, 500
MOST_LINES = 400_000
TEXT, SPEAKER = 5_000, 100
LONGEST_MS = 24 * 3600 * 1000
#: What turns a line around has no place in a name.
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
_SPAN = re.compile(rf"\s*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:\s.*)?")
_STAMP = re.compile(rf"\s*[\[(]?{_TIME}[\])]?(?:\s+|$)(?:[-\u2013\u2014]\s+)?(.*)")
#: `Ana Silva   0:07`, and the words on the lines that follow.
_NAMED_STAMP = re.compile(rf"(\S.{{0,79}}?)\s+[\[(]?{_TIME}[\])]?\s*")
_NAME = re.compile('([\\w+(][^:\uff1a<>{}!?;"\\[\\]]{0,79}?) ?(?:: |\uff1a ?)(\\S.*)')
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?[ \t]{1,10}([^<>]{1,300})>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|</?\d[\d:.]{0,20}>")
_SRT_TAG = re.compile(r"</?(?:i|b|u|s|font|v|c)(?:[ .][^<>]{0,300})?>|\{\\an?\d{1,2}\}", re.IGNORECASE)
#: Lines before the first time, as a title and who was there.
_PREFACE = 200


@dataclass(frozen=True, slots=True)
class Cue:
    """What somebody said: offsets from the beginning in milliseconds; the end is not always known. No speaker: not named."""

    starts_ms: int
    ends_ms: int | None
    speaker: str
    text: str


def decoded(data: bytes) -> str:
    """The text in a file. Raises `Invalid` for what is too large or no text."""
    if len(data) > MOST_BYTES:
        raise Invalid("file", f"The transcript is too large: {MOST_BYTES // 1_000_000} MB fit.")
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError:
        raise Invalid("file", "The transcript is not text in UTF-8.") from None
    return plain(text.replace("\r\n", "\n").replace("\r", "\n"))


def cues_of(text: str) -> tuple[Cue, ...]:
    """The lines in the order in which they begin. Raises `Invalid` with what is wrong, and where."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise Invalid("file", f"The transcript is too long: {MOST_LINES:,} lines of text fit.")
    vtt = re.match(r"WEBVTT(?:[ \t].*)?$", lines[0]) is not None
    if vtt or any(_SPAN.fullmatch(line) for line in lines[:_PREFACE]):
        found = list(_bounded(_spans(lines, _TAG if vtt else _SRT_TAG)))
    else:
        found = list(_bounded(_stamped(lines)))
    if not found:
        raise Invalid("file", "No line with a time was found, such as 00:07:12 or [00:07:12].")
    cues = tuple(sorted(_named(found), key=lambda cue: cue.starts_ms))
    if len({cue.speaker for cue in cues}) > MOST_SPEAKERS:
        raise Invalid("file", f"The transcript names more than {MOST_SPEAKERS} speakers.")
    return cues


def length_of(cues: Iterable[Cue]) -> int:
    """How long it is, as far as the lines tell, in milliseconds."""
    return max(cue.ends_ms or cue.starts_ms for cue in cues)


def speakers_of(cues: Iterable[Cue]) -> int:
    """How many speakers are named."""
    return len({cue.speaker for cue in cues if cue.speaker})


def _bounded(cues: Iterable[tuple[int, Cue]]) -> Iterator[Cue]:
    for count, (line, cue) in enumerate(cues, 1):
        if count > MOST_CUES:
            raise Invalid("file", f"The transcript is too long: {MOST_CUES:,} lines fit.")
        if len(cue.text) > TEXT:
            raise Invalid("file", f"Line {line} is too long: {TEXT:,} characters fit.")
        yield cue


def _spans(lines: Sequence[str], tags: re.Pattern[str]) -> Iterator[tuple[int, Cue]]:
    """WebVTT and SRT: a line with two times, then words up to an empty line. Notes, styles and numbers are passed over."""
    at = 0
    while at < len(lines):
        line, at = lines[at], at + 1
        if "-->" not in line:
            continue
        found, number = _SPAN.fullmatch(line), at
        if found is None:
            raise Invalid("file", f"Line {number} is no pair of times: write 00:07:12.000 --> 00:07:15.500.")
        starts, ends = _ms(found.groups()[:4], number), _ms(found.groups()[4:], number)
        if ends < starts:
            raise Invalid("file", f"Line {number} ends before it begins.")
        words = []
        while at < len(lines) and lines[at].strip() and "-->" not in lines[at]:
            words.append(lines[at])
            at += 1
        for speaker, text in _voices("\n".join(words), tags):
            yield number, Cue(starts, ends, speaker, text)


def _voices(words: str, tags: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Each voice in a cue; what comes before the first is nobody's."""
    parts = ["", *_VOICE.split(words)]
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        said = _line(html.unescape(tags.sub("", text)))
        if said:
            yield _name(html.unescape(name)), said


def _stamped(lines: Sequence[str]) -> Iterator[tuple[int, Cue]]:
    """Text with a time before, or on a line above, what was said; lines without one go on. Blank lines part what is told."""
    open_: tuple[int, Cue] | None = None
    at: int | None = None
    blank = True
    for number, line in enumerate(lines, 1):
        opening = _opening(line, number, after_blank=blank)
        blank = not line.strip()
        if blank:
            continue
        if opening is None and at is None:
            if number > _PREFACE:
                raise Invalid("file", f"No time in the first {_PREFACE} lines, such as 00:07:12.")
            continue
        if opening is not None:
            at, speaker, words = opening
        else:
            speaker, words = "", _line(line)
        awaited = open_ is not None and bool(open_[1].speaker) and not open_[1].text
        fresh = opening is not None or (not awaited and _NAME.fullmatch(words) is not None)
        if fresh or open_ is None:
            if open_ is not None and open_[1].text:
                yield open_
            open_ = number, Cue(at or 0, None, speaker, words)
        else:
            cue = open_[1]
            open_ = open_[0], replace(cue, text=f"{cue.text} {words}".strip())
        if len(open_[1].text) > TEXT:
            yield open_
    if open_ is not None and open_[1].text:
        yield open_


def _opening(line: str, number: int, *, after_blank: bool) -> tuple[int, str, str] | None:
    """Offset, speaker and words of a line that begins something; None when it goes on."""
    if found := _STAMP.fullmatch(_TURNS.sub("", line[:40]) + line[40:]):
        return _ms(found.groups()[:4], number), "", _line(found[5])
    if after_blank and len(line) <= 150 and (found := _NAMED_STAMP.fullmatch(line)):
        name = _name(found[1])
        if name and len(name.split()) <= 5 and name[-1] not in ".,:;?!":
            return _ms(found.groups()[1:5], number), name, ""
    return None


def _ms(parts: Sequence[str | None], number: int) -> int:
    """Milliseconds of hours, minutes, seconds and a fraction."""
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if seconds > 59 or (parts[0] is not None and minutes > 59):
        raise Invalid("file", f"Line {number}: there is no such time.")
    found = ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((parts[3] or "0").ljust(3, "0"))
    if found > LONGEST_MS:
        raise Invalid("file", f"Line {number} lies more than 24 hours after the beginning.")
    return found


def _named(cues: Sequence[Cue]) -> list[Cue]:
    """`Ana Silva: words` names a speaker where lines do so as a rule: in at least half of those that name nobody otherwise. Else
    a colon is a colon."""
    splits = [None if cue.speaker else _NAME.fullmatch(cue.text) for cue in cues]
    nobody = sum(not cue.speaker for cue in cues)
    if sum(found is not None for found in splits) * 2 < nobody:
        return list(cues)
    return [_split(cue, found) if found else cue for cue, found in zip(cues, splits, strict=True)]


def _split(cue: Cue, found: re.Match[str]) -> Cue:
    name = _name(found[1])
    return replace(cue, speaker=name, text=found[2]) if name and len(name.split()) <= 6 else cue


def _name(text: str) -> str:
    return _line(_TURNS.sub("", plain(text)))[:SPEAKER].strip()


def _line(text: str) -> str:
    return " ".join(text.split())
