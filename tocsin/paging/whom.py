"""Whom somebody means who types a name in a hurry: "the database on-call", "ben", "team payments". Pure.

A name that fits several is answered with all of them: nobody is paged by a guess.
"""

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from tocsin.kernel.errors import Invalid

KINDS = ("person", "schedule", "team", "service", "policy")
#: Words that say which kind is meant.
_HINTS = {kind: kind for kind in KINDS} | {"rota": "schedule", "everybody": "team"}
#: Words that people put around a name, or leave out of it.
_NOISE = frozenset(_HINTS) | {"the", "on", "call", "oncall", "whoever", "is", "for"}
_ON_CALL = (("on", "call"), ("oncall",), ("call",))
#: A target is the first words of a line: at most so many.
_LONGEST = 6


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something that can be paged. `policy_id`: of a policy itself, or the one of a service."""

    kind: str
    id: UUID
    name: str
    email: str = ""
    policy_id: UUID | None = None

    @property
    def words(self) -> str:
        """How it is told apart from others of its name: `team Payments`; people by their address."""
        return f"{self.name} ({self.email})" if self.email else f"{self.kind} {self.name}"

    @property
    def typed(self) -> str:
        """What to type so that only this one fits."""
        return self.email or self.words


def find(text: str, names: Sequence[Named]) -> Named:
    """The only one that a text fits. Raises `Invalid` for the field `target`, with the candidates."""
    fitting = candidates(text, names)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise Invalid(
            "target",
            f"There is nobody and nothing named {text.strip()[:80] or 'so'} to page.{_near(text, names)}",
        )
    shown = [each.words for each in fitting[:6]] + (["others"] if len(fitting) > 6 else [])
    raise Invalid(
        "target",
        f"“{text.strip()[:80]}” may be {', '.join(shown[:-1])} or {shown[-1]}. Say which, for example “{fitting[0].typed}”.",
    )


def candidates(text: str, names: Sequence[Named]) -> list[Named]:
    """Those that a text fits best: whole names before the words of names, and these before their beginnings."""
    typed, words = text.strip().casefold(), _words(text)
    meant = _meant(words)
    ways: tuple[Callable[[Named], bool], ...] = (
        lambda n: typed in (n.name.casefold(), n.email.casefold(), n.typed.casefold()),
        lambda n: meant == _meant(_words(n.name)),
        lambda n: _begins(meant, _words(n.name)),
    )
    for fits in ways if meant else ():
        found = [each for each in names if fits(each)]
        if found:
            return _as_hinted(words, found)
    return []


def split(line: str, names: Sequence[Named]) -> tuple[str, str]:
    """Target and message of one line: `"database on-call" lag grows`, `database: lag grows`, or the most first words that fit."""
    line = line.strip()
    if line[:1] in '"“' and (end := max(line.find('"', 1), line.find("”", 1))) > 0:
        return line[1:end].strip(), line[end + 1 :].lstrip(" :,")
    for colon in (": ", ":"):
        before, found, after = line.partition(colon)
        if found and candidates(before, names):
            return before, after.strip()
    words = line.split()
    for count in range(min(len(words), _LONGEST), 0, -1):
        target = " ".join(words[:count])
        if _ends_a_name(words[count - 1], candidates(target, names)):
            return target, " ".join(words[count:])
    return (words[0] if words else ""), " ".join(words[1:])


def _ends_a_name(word: str, fitting: Sequence[Named]) -> bool:
    """A target does not end with just any word around it: `checkout on fire` is Checkout, and it is on fire."""
    bare = _words(word)
    if not bare or not fitting:
        return False
    return (
        bare[-1] in _HINTS
        or bare in _ON_CALL
        or any(_begins(bare, _words(f"{n.name} {n.email}")) for n in fitting)
    )


def _as_hinted(words: Sequence[str], found: list[Named]) -> list[Named]:
    kinds = {_HINTS[word] for word in words if word in _HINTS}
    if "oncall" in words or {"on", "call"} <= set(words):
        kinds.add("schedule")
    hinted = [each for each in found if each.kind in kinds]
    return hinted or found


def _meant(words: Iterable[str]) -> tuple[str, ...]:
    """The words that name something; all of them when a name is made of nothing else."""
    words = tuple(words)
    return tuple(w for w in words if w not in _NOISE) or words


def _begins(typed: Iterable[str], name: Sequence[str]) -> bool:
    """Two letters are no beginning: whoever mistypes must not wake the only one whose name begins so."""
    return all(
        any(word == each or (len(each) > 2 and word.startswith(each)) for word in name) for each in typed
    )


def _words(text: str) -> tuple[str, ...]:
    """In lower case, without accents and punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return tuple("".join(c if c.isalnum() else " " for c in plain).split())


def _near(text: str, names: Sequence[Named]) -> str:
    by_name = {each.name.casefold(): each.name for each in names}
    close = difflib.get_close_matches(text.strip().casefold()[:80], by_name, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(by_name[name] for name in close)}?" if close else ""
