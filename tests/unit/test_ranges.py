"""Which part of a recording a player asks for."""

import pytest

from tocsin.edge.sending import part_of


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("", (0, 99)), ("bytes=0-", (0, 99)), ("bytes=10-19", (10, 19)), ("bytes=90-200", (90, 99)), ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)), ("bytes=99-99", (99, 99)), ("bytes=100-", None), ("bytes=-0", None), ("bytes=5-4", None),
        ("bytes=0-1,5-6", (0, 99)), ("lines=1-2", (0, 99)), ("bytes=-", (0, 99)), ("bytes=x-y", (0, 99)),
        ("bytes=" + "9" * 500 + "-", None), (" bytes=0-0 ", (0, 0)), ("bytes=²-³", (0, 99)),
    ],
)  # fmt: skip
def test_of_a_hundred_bytes(asked: str, part: tuple[int, int] | None) -> None:
    assert part_of(asked, 100) == part
