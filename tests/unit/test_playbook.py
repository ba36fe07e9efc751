"""Playbooks: read whole or not at all, and checked off by what the record shows."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tocsin.kernel.errors import Invalid
from tocsin.playbooks.model import EVIDENCE, EVIDENT, Mark, Seen, Step, StepState, checklist, proof
from tocsin.playbooks.parse import parse
from tocsin.playbooks.queries import shipped

T = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
SEVERITIES = "severities: {1: {words: a}, 2: {words: b}, 3: {words: c}}\n"


def book(steps: str, more: str = "") -> str:
    return f"{SEVERITIES}{more}steps:\n{steps}"


def test_the_shipped_one_is_right_and_everything_in_it_can_be_shown() -> None:
    ours = parse(shipped())
    assert len(ours.steps) >= 12
    assert set(ours.roles) == {"incident_manager", "tech_lead", "communications_manager", "scribe"}
    assert [s.cadence_min for s in ours.severities.values()] == [30, 30, None]
    assert {step.role for step in ours.steps if step.role} <= set(ours.roles)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: [", "not YAML"),
        ("- a", "names with values"),
        (book("  - {id: a, text: b, colour: red}"), "steps[0]: there is no 'colour' here"),
        (book("  - {id: A B, text: b}"), "steps[0].id: an id is small letters"),
        (book("  - {id: a, text: b}\n  - {id: a, text: c}"), "the id a is used twice"),
        (book("  - {id: a, text: b, evidence: dance}"), "nothing in the record shows 'dance'"),
        (book("  - {id: a, text: b, due_min: soon}"), "steps[0].due_min: this has to be minutes"),
        (book("  - {id: a, text: b, due_min: true}"), "minutes"),
        (book("  - {id: a, text: b, severities: [4]}"), "severities are 1, 2 and 3"),
        (book("  - {id: a}"), "steps[0].text: this has to be words"),
        (book(""), "steps: this has to be a list"),
        ("severities: {1: {words: a}}\nsteps: []", "there have to be 1, 2 and 3"),
        (book("  []", "roles: {Boss: {words: x}}\n"), "a role's name is small letters"),
        ("a: &a [x, x]\nb: [*a, *a]", "aliases"),
        ("x" * 200_001, "too long"),
        ("!!python/object/apply:os.system ['true']", "not YAML"),
        ("[" * 5000, "not YAML"),
        (book("  - {id: a, text: 2026-01-01}"), "has to be words"),
    ],
)  # fmt: skip
def test_a_wrong_one_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(text)
    assert caught.value.field == "body"
    assert said in str(caught.value)


def test_billions_of_laughs_are_not_read() -> None:
    text = "a: &a [lol]\n" + "".join(
        f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(Invalid, match="aliases"):
        parse(text)


def test_what_was_read_says_the_same_again() -> None:
    data = yaml.safe_load(shipped())
    assert parse(yaml.safe_dump(data)).steps == parse(shipped()).steps


def seen(seq: int, kind: str, **payload: object) -> Seen:
    return Seen(seq, kind, T + timedelta(minutes=seq), "Ana", payload)


@pytest.mark.parametrize(
    ("evidence", "entry"),
    [
        ("role tech_lead", seen(4, "role_transferred", role="tech_lead")),
        ("update", seen(4, "update_published", audience="stakeholders")),
        ("update public", seen(4, "update_published", audience="public")),
        ("status mitigated", seen(4, "status_changed", status="mitigated")),
        ("status resolved", seen(4, "incident_resolved")),
        ("place ticket", seen(4, "ticket_linked")),
        ("place chat", seen(4, "place_opened", place="chat")),
        ("impact", seen(1, "incident_declared", impact="nobody can pay")),
        ("service", seen(4, "service_changed", service_id="x")),
        ("claim", seen(4, "hypothesis_made")),
        ("alert", seen(4, "alert_linked")),
        ("paged", seen(4, "people_paged")),
        ("decision", seen(4, "decision_made")),
        ("severity", seen(4, "severity_changed")),
        ("times", seen(4, "times_corrected")),
        ("resolved", seen(4, "incident_resolved")),
        ("postmortem", seen(4, "postmortem_drafted")),
    ],
)  # fmt: skip
def test_the_record_shows_what_was_done(evidence: str, entry: Seen) -> None:
    step = Step("a", "b", evidence)
    others = [
        seen(2, "role_taken", role="scribe"), seen(2, "update_published", audience="responders") if "public" in evidence else seen(2, "message"),
        seen(2, "status_changed", status="identified"), seen(2, "place_opened", place="video"), seen(2, "impact_changed", impact=""),
        seen(2, "service_changed", service_id=None), seen(2, "incident_declared"),
    ]  # fmt: skip
    assert proof(step, others) is None
    assert proof(step, [*others, entry, seen(9, entry.kind, **entry.payload)]) == entry
    assert entry.kind in EVIDENT


def test_every_evidence_has_its_case_above() -> None:
    assert len(EVIDENCE) == 14


def test_a_checklist() -> None:
    ours = parse(
        book("""
  - {id: all, text: for all, due_min: 5}
  - {id: bad, text: for the worst, severities: [1], evidence: update, due_min: 15}
  - {id: skip, text: perhaps, severities: [1]}
  - {id: theft, text: security, types: [security]}
""")
    )
    marks = {"skip": Mark("skip", StepState.SKIPPED, "not here", "Ben", T + timedelta(minutes=3), 7)}
    now = T + timedelta(minutes=10)
    one = checklist(ours, 1, T, [seen(8, "update_published", audience="public")], marks, now)
    assert [(c.step.id, c.state, c.seq) for c in one] == [
        ("all", "late", None),
        ("bad", "done", 8),
        ("skip", "skipped", 7),
    ]
    assert one[1].after == timedelta(minutes=8)
    assert one[1].shown
    three = checklist(ours, 3, T, [], marks, now, over=True)
    assert [(c.step.id, c.state) for c in three] == [("all", "open"), ("skip", "skipped")], (
        "what somebody spoke about stays"
    )
    assert [c.step.id for c in checklist(ours, 3, T, [], {}, now, type_="security")] == ["all", "theft"]
