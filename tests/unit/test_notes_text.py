"""Texts that were edited apart, put together: nothing that somebody wrote is lost, whatever the other did."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.places.notes_text import edits, merge

LINES = st.lists(
    st.sampled_from(["one\n", "two\n", "three\n", "\n", "a b\n", "\U0001f525 c\n"]), max_size=8
).map("".join)
TEXTS = st.one_of(LINES, st.text(alphabet="ab\n\U0001f525", max_size=30))


def applied(old: str, new: str) -> str:
    for begins, ends, words in edits(old, new):
        old = old[:begins] + words + old[ends:]
    return old


@given(TEXTS, TEXTS)
def test_edits_make_the_new_of_the_old(old: str, new: str) -> None:
    assert applied(old, new) == new


def test_edits_touch_little() -> None:
    assert edits("one\ntwo\nthree\n", "one\ntwo and a half\nthree\n") == [(7, 7, " and a half")]


@given(TEXTS, TEXTS)
def test_who_changed_nothing_gets_what_the_other_wrote(base: str, other: str) -> None:
    assert merge(base, other, base) == other
    assert merge(base, base, other) == other
    assert merge(base, other, other) == other


@settings(max_examples=300)
@given(LINES, st.lists(st.integers(0, 8), max_size=4), st.lists(st.integers(0, 8), max_size=4))
def test_lines_that_both_added_are_all_there(base: str, mine_at: list[int], theirs_at: list[int]) -> None:
    def with_lines(places: list[int], word: str) -> tuple[str, list[str]]:
        lines, added = base.splitlines(keepends=True), []
        for number, place in enumerate(places):
            added.append(f"{word}{number}\n")
            lines.insert(min(place, len(lines)), added[-1])
        return "".join(lines), added

    (mine, my_lines), (theirs, their_lines) = with_lines(mine_at, "mine"), with_lines(theirs_at, "theirs")
    merged = merge(base, mine, theirs)
    for line in my_lines + their_lines:
        assert merged.count(line) == 1, (base, mine, theirs, merged)


def test_where_both_changed_a_line_both_stand() -> None:
    merged = merge("a\nold\nz\n", "a\nmine\nz\n", "a\ntheirs\nz\n")
    assert merged == "a\ntheirs\nmine\nz\n"
