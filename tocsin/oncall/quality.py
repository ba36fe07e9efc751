"""What may be wrong with a schedule, before it hurts: pure. How each is counted is in docs/on-call-quality.md."""

from collections.abc import Callable, Iterable
from itertools import chain

from tocsin.oncall.clockwatch import clock_findings, zone_findings
from tocsin.oncall.findings import Case, Finding, FindingKind, Grade
from tocsin.oncall.holes import empty_findings, gap_findings
from tocsin.oncall.strain import double_findings, holiday_findings, imbalance_findings, night_findings

__all__ = ["MOST_PER_KIND", "Case", "Finding", "FindingKind", "Grade", "findings"]

#: More of a kind are left out: who mends these sees the rest.
MOST_PER_KIND = 20
_ORDER = {grade: number for number, grade in enumerate(Grade)}
_CHECKS: tuple[Callable[[Case], Iterable[Finding]], ...] = (
    gap_findings, empty_findings, double_findings, night_findings, imbalance_findings, clock_findings, holiday_findings,
    zone_findings,
)  # fmt: skip


def findings(case: Case) -> list[Finding]:
    """Everything that is found, worst and soonest first; what happens again and again is one finding."""
    return _sorted(chain.from_iterable(_sorted(check(case))[:MOST_PER_KIND] for check in _CHECKS))


def _sorted(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda f: (_ORDER[f.grade], f.starts_at, -f.count, f.sentence))
