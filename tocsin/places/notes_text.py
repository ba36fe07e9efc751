"""Texts that were edited apart, put together. Pure."""

from collections.abc import Iterator
from difflib import SequenceMatcher

#: Where two texts differ: from and to (characters of the first), and what stands there in the second.
Edit = tuple[int, int, str]


def edits(old: str, new: str) -> list[Edit]:
    """The edits that make `new` of `old`, the last one first, so that they can be applied in this order. Line by line, and within
    the lines that differ only what differs at their ends: enough for cursors to stay where they are, and fast for long texts."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            found.append(_narrow(starts[a], old[starts[a] : starts[b]], "".join(after[c:d])))
    return found[::-1]


def _narrow(at: int, old: str, new: str) -> Edit:
    """Without what both begin and end with."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return at + head, at + len(old) - tail, new[head : len(new) - tail]


def merge(base: str, mine: str, theirs: str) -> str:
    """What both made of `base`, line by line. Where both changed the same lines, theirs stand first and mine after them: nothing is
    lost, and whoever reads it sees both."""
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    return "".join(
        _merged(
            base.splitlines(keepends=True), mine.splitlines(keepends=True), theirs.splitlines(keepends=True)
        )
    )


def _merged(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[str]:
    at = my = their = 0
    for base_at, my_at, their_at, size in [
        *_stable(base, mine, theirs),
        (len(base), len(mine), len(theirs), 0),
    ]:
        was, i_say, they_say = base[at:base_at], mine[my:my_at], theirs[their:their_at]
        if i_say == was:
            yield from they_say
        elif they_say in (was, i_say):
            yield from i_say
        else:
            yield from _ended(they_say)
            yield from i_say
        yield from base[base_at : base_at + size]
        at, my, their = base_at + size, my_at + size, their_at + size


def _ended(lines: list[str]) -> list[str]:
    """Lines that others follow: the last one ends."""
    return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}\n"] if lines else lines


def _stable(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Stretches that neither changed: where they begin in each, and how long they are."""
    ours = {
        a + n: b + n
        for a, b, size in SequenceMatcher(None, base, mine, autojunk=False).get_matching_blocks()
        for n in range(size)
    }
    others = {
        a + n: b + n
        for a, b, size in SequenceMatcher(None, base, theirs, autojunk=False).get_matching_blocks()
        for n in range(size)
    }
    both = sorted(ours.keys() & others.keys())
    for line in both:
        yield line, ours[line], others[line], 1
