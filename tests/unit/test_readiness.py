"""Who is ready to be on call: a verified first contact method, and a second one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tocsin.duty.readiness import Method, in_order, notes_of, problems_of

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def method(number: int, **more: Any) -> Method:
    """Verified, with a rule for high urgency at once, never tested."""
    fields: dict[str, Any] = {
        "id": UUID(int=number), "user_id": UUID(int=99), "transport": "email", "address": f"{number}@example.org",
        "label": "", "verified_at": NOW - DAY, "unusable": None, "delay_s": 60 * number, "position": number,
        "sent_at": None, "state": None, "receipt_at": None, "failed_in_row": 0, "unproven_since": None,
    }  # fmt: skip
    return Method(**(fields | more))


@pytest.mark.parametrize(
    ("methods", "problems"),
    [
        ([], ("no contact method",)),
        ([method(1)], ("no second",)),
        ([method(1), method(2)], ()),
        ([method(1, verified_at=None), method(2), method(3)], ("first contact method, email, is not verified",)),
        ([method(1, verified_at=None), method(2)], ("not verified", "no second")),
        ([method(1), method(2, verified_at=None)], ("no second",)),
        ([method(1, unusable="gone", label="work"), method(2), method(3)], ("email (work), does not work",)),
        ([method(1, delay_s=None, verified_at=None), method(2), method(3)], ()),
        ([method(1, delay_s=None, verified_at=None), method(2, delay_s=None), method(3, delay_s=None)], ()),
    ],
)  # fmt: skip
def test_what_is_missing(methods: list[Method], problems: tuple[str, ...]) -> None:
    found = problems_of(methods)
    assert len(found) == len(problems)
    assert all(part in sentence for part, sentence in zip(problems, found, strict=True)), found


def test_rules_come_before_positions() -> None:
    late, early, unruled = method(1, delay_s=300), method(2, delay_s=0), method(0, delay_s=None)
    assert in_order([unruled, late, early]) == [early, late, unruled]


def test_what_was_not_confirmed_for_three_weeks_is_not_proven() -> None:
    fresh = method(1, unproven_since=NOW - 20 * DAY)
    old = method(2, unproven_since=NOW - 21 * DAY)
    failing = method(3, failed_in_row=2)
    assert [m.proven(NOW) for m in (method(0), fresh, old, failing)] == [True, True, False, False]
    assert notes_of([fresh, old, failing], NOW) == (
        "The weekly tests of email were not confirmed.", "The weekly tests of email fail.",
    )  # fmt: skip
