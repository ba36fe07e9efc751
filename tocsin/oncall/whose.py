"""Whose turn an imported event is: by address first, else by name. Pure."""

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from tocsin.oncall.icalread import Occurrence
from tocsin.oncall.model import Event, Somebody

#: What stands between addresses. Splitting takes time in proportion to the text, which a pattern for addresses does not.
_BETWEEN = re.compile(r"[\s<>()\[\],;:\"']+")
_WORD = re.compile(r"\w+")
MOST = 500


class Directory:
    """Finds people in what calendars say. Somebody whose whole name another one shares is found by address only."""

    def __init__(self, people: Iterable[Somebody]) -> None:
        people = list(people)
        self._mails = {p.email.casefold(): p.id for p in people}
        names: dict[str, set[UUID]] = {}
        for person in people:
            names.setdefault(_plain(person.name), set()).add(person.id)
        self._names = {name: ids for name, ids in names.items() if name}
        self._by_word: dict[str, list[str]] = {}
        for name in self._names:
            self._by_word.setdefault(_first_word(name), []).append(name)
        self._read: dict[str, UUID | None] = {}

    def event(self, found: Occurrence) -> Event:
        """The event with its person. Whoever attends counts first, then who the title names, then who organises: often
        that is only whoever keeps the calendar."""
        user_id = self._attendee(found) or self.in_text(found.summary) or self._by_mail([found.organizer])
        who = found.summary or next(iter(found.attendees), "") or found.organizer
        if user_id is None and found.attendees and found.attendees[0] not in who:
            who = f"{who} ({found.attendees[0]})"
        return Event(found.uid, found.starts_at, found.ends_at, user_id, who[:MOST])

    def _attendee(self, found: Occurrence) -> UUID | None:
        here = [m for m in found.attendees if m.casefold() in self._mails]
        ids = {self._mails[m.casefold()] for m in here}
        if len(ids) > 1:
            named = self.in_text(found.summary)
            if named in ids:
                return named
            here = [m for m in here if m != found.organizer] or here
        return self._by_mail(here)

    def in_text(self, text: str) -> UUID | None:
        """The only person whom a title or address names; None when there is none, or several."""
        if text not in self._read:
            self._read[text] = self._by_mail(_addresses(text)) or self._by_name(_plain(text))
        return self._read[text]

    def _by_name(self, plain: str) -> UUID | None:
        words = {"", *_WORD.findall(plain)}
        candidates = [name for word in words for name in self._by_word.get(word, ())]
        named = [name for name in candidates if name in plain and _whole(name, plain)]
        longest = [n for n in named if not any(n != other and n in other for other in named)]
        ids = {user_id for name in longest for user_id in self._names[name]}
        return ids.pop() if len(ids) == 1 else None

    def _by_mail(self, mails: Sequence[str]) -> UUID | None:
        return next((self._mails[m.casefold()] for m in mails if m.casefold() in self._mails), None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _addresses(text: str) -> list[str]:
    return [part for part in _BETWEEN.split(text) if "@" in part]


def _first_word(name: str) -> str:
    """The word by which a name is looked up; nothing for one that is all signs."""
    found = _WORD.search(name)
    return found.group() if found else ""


def _whole(name: str, text: str) -> bool:
    """Whether a name stands there as whole words: Ana is not in Anastasia."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
