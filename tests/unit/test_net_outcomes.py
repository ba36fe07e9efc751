"""What a status and its headers mean for the next try."""

from datetime import UTC, datetime

import pytest

from tocsin.kernel.net import Outcome, Verdict, outcome

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Outcome(Verdict.SUCCESS)),
        (204, {"Retry-After": "9"}, Outcome(Verdict.SUCCESS)),
        (301, {}, Outcome(Verdict.PERMANENT)),
        (400, {}, Outcome(Verdict.PERMANENT)),
        (401, {"Retry-After": "9"}, Outcome(Verdict.PERMANENT)),
        (404, {}, Outcome(Verdict.PERMANENT)),
        (410, {}, Outcome(Verdict.PERMANENT)),
        (408, {}, Outcome(Verdict.RETRY)),
        (500, {"Retry-After": "9"}, Outcome(Verdict.RETRY)),
        (502, {}, Outcome(Verdict.RETRY)),
        (504, {}, Outcome(Verdict.RETRY)),
        (429, {}, Outcome(Verdict.RETRY)),
        (429, {"retry-after": "30"}, Outcome(Verdict.WAIT, 30.0)),
        (429, {"Retry-After": "1.5"}, Outcome(Verdict.WAIT, 1.5)),
        (503, {"RETRY-AFTER": " 120 "}, Outcome(Verdict.WAIT, 120.0)),
        (503, {"Retry-After": "99999999999"}, Outcome(Verdict.WAIT, 3600.0)),
        (503, {"Retry-After": "9" * 500}, Outcome(Verdict.WAIT, 3600.0)),
        (503, {"Retry-After": "-5"}, Outcome(Verdict.RETRY)),
        (503, {"Retry-After": "soon"}, Outcome(Verdict.RETRY)),
        (503, {"Retry-After": "Sun, 01 Mar 2026 03:01:00 GMT"}, Outcome(Verdict.WAIT, 60.0)),
        (503, {"Retry-After": "Sun, 01 Mar 2026 02:00:00 GMT"}, Outcome(Verdict.WAIT, 0.0)),
        (
            429,
            {"Retry-After": "Sun, 01 Mar 2026 05:00:20 GMT", "Date": "Sun, 01 Mar 2026 05:00:00 GMT"},
            Outcome(Verdict.WAIT, 20.0),
        ),
    ],
)
def test_outcomes(status, headers, expected):
    assert outcome(status, headers, now=NOW) == expected
    assert expected.ok == (status < 300)
    assert expected.retry == (expected.verdict in {Verdict.RETRY, Verdict.WAIT})
