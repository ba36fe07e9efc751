"""The checker of the crash runs finds what it is there for."""

from pathlib import Path
from typing import Any

import pytest

from tests.product.checker import judge, main


def promise(alias: str, at: float = 0.0) -> dict[str, Any]:
    return {"at": at, "alias": alias}


def page(
    alias: str, delivery: str, at: float = 1.0, *, marked: bool = False, kind: str = "page"
) -> dict[str, Any]:
    data: dict[str, Any] = {"delivery": delivery, "alert": {"details": {"alias": alias}}}
    return {
        "at": at,
        "body": {"type": f"tocsin.{kind}", "data": data | ({"maybe_repeated": True} if marked else {})},
    }


def test_all_is_well() -> None:
    verdict = judge([promise("a"), promise("b")], [page("a", "1"), page("b", "2"), page("x", "3")])
    assert verdict.kept
    assert (verdict.accepted, verdict.received, verdict.slowest_s) == (2, 3, 1.0)


@pytest.mark.parametrize(
    ("received", "found"),
    [
        ([], "lost 1"),
        ([page("a", "1", kind="notice")], "lost 1"),
        ([page("a", "1"), page("a", "2", marked=True)], "doubled 1"),
        ([page("a", "1"), page("a", "1")], "repeated without a mark 1"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_named(received: list[dict[str, Any]], found: str) -> None:
    verdict = judge([promise("a")], received)
    assert not verdict.kept
    assert found in str(verdict)


@pytest.mark.parametrize("order", [1, -1])
def test_a_marked_repeat_is_kept_apart_also_when_it_comes_first(order: int) -> None:
    received = [page("a", "1"), page("a", "1", marked=True), page("a", "1", marked=True)][::order]
    verdict = judge([promise("a")], received)
    assert verdict.kept
    assert verdict.repeated == ["1"]


def test_what_is_late_is_not_lost() -> None:
    verdict = judge([promise("a")], [page("a", "1", at=31.0)])
    assert verdict.kept
    assert verdict.late == ["a"]


def test_as_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "accepted").write_text('{"at": 0, "alias": "a"}\n')
    assert main([str(tmp_path / "accepted"), str(tmp_path / "received")]) == 1
    assert "lost 1" in capsys.readouterr().out
