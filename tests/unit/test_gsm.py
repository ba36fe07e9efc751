"""What fits into one SMS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.paging.gsm import fits, is_narrow, one_segment, plain, units


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("[P1 #42] Checkout is failing · ack: reply 4", "[P1 #42] Checkout is failing - ack: reply 4"),
        ("it’s “down” … 5 → 7", "it's \"down\" ... 5 -> 7"),  # noqa: RUF001
        ("Zürich, Malmö, Ærø, Köln ß Ñ ¿?", "Zürich, Malmö, Ærø, Köln ß Ñ ¿?"),
        ("São Paulo, Łódź, Škoda, façade", "Sao Paulo, Lodz, Skoda, facade"),
        ("fire 🔥 in rack 7\u200b", "fire  in rack 7"),
        ("Не работает", "Не работает"),  # noqa: RUF001
        ("nul \0 bell \a", "nul  bell "),
        ("half \ud83d", "half "),
    ],
)  # fmt: skip
def test_typographic_characters_become_plain_ones(typed: str, sent: str) -> None:
    assert plain(typed) == sent


@pytest.mark.parametrize(
    ("text", "count"),
    [("abc", 3), ("a€b", 4), ("[x]", 5), ("Не", 2), ("Не😀", 4), ("", 0), ("a\n", 2)],  # noqa: RUF001
)
def test_brackets_and_the_euro_count_twice(text: str, count: int) -> None:
    assert units(text) == count


def test_the_borders_of_a_segment() -> None:
    assert fits("x" * 160)
    assert not fits("x" * 161)
    assert fits("ж" * 70)
    assert not fits("ж" * 71)
    assert fits("[" * 80)
    assert not fits("[" * 81)


def test_a_short_message_stays_whole() -> None:
    assert (
        one_segment("[P1 #42] Checkout is failing", " · ack: reply 4")
        == "[P1 #42] Checkout is failing - ack: reply 4"
    )


def test_a_long_one_loses_its_end_and_never_what_to_do() -> None:
    found = one_segment("[P1 #42] " + "x" * 10_000, " · ack: reply 4")
    assert found.endswith(".. - ack: reply 4")
    assert 155 <= units(found) <= 160


@given(st.text(max_size=400), st.sampled_from(["", " · ack: reply 4"]))
def test_whatever_is_sent_is_one_segment(text: str, tail: str) -> None:
    found = one_segment(text, tail)
    assert fits(found)
    assert found.endswith(plain(tail))
    assert "\0" not in found
    found.encode()


@given(st.text(max_size=100))
def test_plain_is_plain_already(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert is_narrow(plain(text)) or any(ord(c) > 127 for c in text)
