"""The editor of escalation policies, asked as a browser asks it: without a script, every button is a form's."""

import re
from uuid import UUID

from tests.contract.browsing import Browser
from tests.support import Company
from tocsin.alerts.commands import report
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement
from tocsin.paging.escalate import begin_for
from tocsin.paging.plans import Kind, Plan
from tocsin.paging.queries import escalation_of, policy

FIELDS = {"name": "Mine", "repeats": "1", "repeat_after": "1.5"}


async def plan_of(db: Database, company: Company) -> Plan:
    found = await policy(db, company.policy)
    assert found is not None
    return found.rules


async def test_an_old_policy_is_asked_for_its_final_step(
    browser: Browser, db: Database, company: Company
) -> None:
    here = f"/settings/policies/{company.policy}"
    assert "Not decided yet" in await browser.see("/settings/policies")
    assert "Not decided yet" in await browser.see(here)
    steps = {"step0_minutes": "0", "step0_targets": f"schedule:{company.schedule}"}
    status, _, text = await browser.press(here, **FIELDS, **steps, do="save")
    assert status == 422
    assert "Say what happens if nobody answers" in text
    assert not (await plan_of(db, company)).final.decided
    status, _, _ = await browser.press(here, **FIELDS, **steps, final="nobody", do="save")
    assert status == 303
    assert (await plan_of(db, company)).final.nobody
    assert "Not decided yet" not in await browser.see("/settings/policies")


async def test_targets_are_added_and_removed_by_buttons(browser: Browser, company: Company) -> None:
    here, team = f"/settings/policies/{company.policy}", f"round_robin:{company.team}"
    fields = FIELDS | {
        "step0_minutes": "0",
        "step0_targets": f"user:{company.ana}",
        "step0_add": team,
        "do": "target:0",
    }
    _, _, text = await browser.press(here, **fields)
    targets = re.findall(r'name="step0_targets" value="([^"]+)"', text)
    assert targets == [f"user:{company.ana}", team]
    _, _, text = await browser.press(here, **FIELDS, step0_minutes="0", step0_targets=targets, do="drop:0.0")
    assert re.findall(r'name="step0_targets" value="([^"]+)"', text) == [team]


async def test_steps_move_and_keep_their_times(browser: Browser, company: Company) -> None:
    steps = {
        "step0_minutes": "0", "step0_targets": f"user:{company.ana}",
        "step1_minutes": "7", "step1_targets": f"user:{company.ben}",
    }  # fmt: skip
    _, _, text = await browser.press(f"/settings/policies/{company.policy}", **FIELDS, **steps, do="up:1")
    assert re.findall(r'name="step\d_minutes" value="([^"]+)"', text) == ["0", "7"]
    assert re.findall(r'name="step\d_targets" value="([^"]+)"', text) == [
        f"user:{company.ben}",
        f"user:{company.ana}",
    ]


async def test_everything_is_saved_without_a_script(browser: Browser, db: Database, company: Company) -> None:
    """What a list stands on counts when it is saved; a webhook is asked for, and its address is not shown again."""
    here = f"/settings/policies/{company.policy}"
    step = {
        "step0_minutes": "2.5", "step0_add": f"next_in_schedule:{company.schedule}", "step0_hours": "outside",
        "step0_zone": "Europe/Berlin", "step0_days": ["1", "5"], "step0_from": "09:00", "step0_until": "17:00",
        "step0_priorities": "1,2", "step0_tags": "db, eu", "step0_without": "test",
        "step0_new0_kind": "webhook", "step0_new0_name": "Robot", "step0_new0_url": "https://hook.example/t0ken",
    }  # fmt: skip
    status, _, text = await browser.press(here, **FIELDS, **step, final=str(company.team), do="save")
    assert status == 303, text
    plan = await plan_of(db, company)
    (stored,) = plan.steps
    assert stored.delay_s == 150
    assert {(t.kind, t.name) for t in stored.targets} == {
        (Kind.NEXT, "Payments on-call"),
        (Kind.WEBHOOK, "Robot"),
    }
    assert stored.when.words == (
        "only outside Mon, Fri 09:00 to 17:00 (Europe/Berlin), P1 to P2, with the tag db, eu, without the tag test"
    )
    assert plan.final.team == company.team
    text = await browser.see(here)
    assert "Robot" in text
    assert "t0ken" not in text


async def test_what_is_wrong_is_said_and_what_was_typed_stays(browser: Browser, company: Company) -> None:
    here = f"/settings/policies/{company.policy}"
    steps = {
        "step0_minutes": "5", "step0_targets": f"user:{company.ana}",
        "step1_minutes": "5", "step1_targets": f"user:{company.ben}", "step1_tags": "db",
    }  # fmt: skip
    status, _, text = await browser.press(here, **FIELDS, **steps, final="nobody", do="save")
    assert status == 422
    assert "Step 2 must start later" in text
    assert 'value="db"' in text
    for field, typed in (
        ("step0_minutes", "soon"),
        ("step0_targets", "user:nobody"),
        ("step0_targets", "moon:1"),
        ("repeat_after", "0"),
        ("repeat_after", "nan"),
    ):
        status, _, _ = await browser.press(
            here, **(FIELDS | steps | {field: typed}), final="nobody", do="save"
        )
        assert status == 422, typed


async def test_the_preview_follows_the_form(browser: Browser, company: Company) -> None:
    here = f"/settings/policies/{company.policy}/preview"
    step = {"step0_minutes": "0", "step0_targets": f"schedule:{company.schedule}"}
    _, _, text = await browser.press(here, **FIELDS, **step, final=str(company.team))
    assert "Ana Silva" in text
    assert "If nobody in the fallback team Payments answers either" in text
    _, _, text = await browser.press(here, **FIELDS, **step, step0_priorities="1", preview_priority="4")
    assert "Skipped: not for P4." in text
    _, _, text = await browser.press(here, **FIELDS, step0_minutes="0")
    assert "once a step names somebody" in text
    _, _, text = await browser.press(here, **FIELDS, **step, preview_at="yesterday")
    assert "not a date and time" in text


async def test_a_stored_policy_is_previewed_at_a_chosen_time(browser: Browser, company: Company) -> None:
    here = f"/settings/policies/{company.policy}/forecast"
    assert "Ana Silva" in await browser.see(here)
    text = await browser.see(f"{here}?preview_at=2040-01-01T03:00&preview_priority=2")
    assert "Nobody is on call for it" in text
    assert "Ben Okafor" in text


async def test_an_edit_reaches_what_runs_only_when_asked(
    browser: Browser, db: Database, company: Company
) -> None:
    here = f"/settings/policies/{company.policy}"
    assert "Also apply to" not in await browser.see(here)
    alert = await reported(db, company)
    assert "Also apply to the 1 escalation that runs now" in await browser.see(here)
    fields = FIELDS | {
        "step0_minutes": "9",
        "step0_targets": f"user:{company.ben}",
        "final": "nobody",
        "do": "save",
    }
    for apply, steps in (({}, 2), ({"apply": "1"}, 1)):
        status, _, _ = await browser.press(here, **fields, **apply)
        assert status == 303
        escalation = await escalation_of(db, alert)
        assert escalation is not None
        assert len(escalation.plan["steps"]) == steps


async def reported(db: Database, company: Company) -> UUID:
    async with db.unit(company.admin(), "web") as u:
        alert = await report(u, "Checkout is slow", service="Checkout", priority=1)
        await begin_for(u, [alert])
    return alert


async def test_a_teams_rule_is_changed_on_its_page(browser: Browser, db: Database, company: Company) -> None:
    here = f"/settings/teams/{company.team}"
    assert "Whoever is on call in its schedules" in await browser.see(here)
    status, _, _ = await browser.press(f"{here}/rule", paging_rule="everybody")
    assert status == 403  # Ana is a member, no administrator of the team.
    await db.run(Statement("test", "update team_members set role = 'admin' where user_id = $1"), company.ana)
    assert (await browser.press(f"{here}/rule", paging_rule="round_robin"))[0] == 303
    assert re.search(r'value="round_robin" selected', await browser.see(here))
    assert (await browser.press(f"{here}/rule", paging_rule="loudly"))[0] == 422


async def test_a_problem_stands_at_its_step_and_its_field(browser: Browser, company: Company) -> None:
    """A step without anybody is left out when it is saved, and still counts where it is shown."""
    here = f"/settings/policies/{company.policy}"
    steps: dict[str, str | list[str]] = {
        "step0_minutes": "0", "step1_minutes": "5", "step1_targets": f"user:{company.ana}",
        "step2_minutes": "5", "step2_targets": f"user:{company.ben}",
    }  # fmt: skip
    for typed, field, said in (
        ({}, "s2-minutes", "Step 3 must start later"),
        ({"step1_minutes": "soon"}, "s1-minutes", "Step 2: the minutes must be a number."),
        ({"step1_targets": "moon:1"}, "s1-add", "Step 2: whom to page is not known."),
        ({"step2_hours": "within", "step2_minutes": "9", "step2_zone": "UTC", "step2_from": "x", "step2_until": "y",
          "step2_days": "1"}, "s2-from", "Step 3: the working hours need"),
        ({"step2_hours": "within", "step2_minutes": "9", "step2_zone": "UTC", "step2_from": "09:00",
          "step2_until": "17:00"}, "s2-days", "Step 3: choose at least one day"),
        ({"step2_minutes": "9", "step2_new0_kind": "chat_channel", "step2_new0_name": "x" * 101, "step2_new0_url": "https://hooks.slack.com/services/T/B/x"},
         "s2-n0-name", "Step 3: give the channel a name"),
    ):  # fmt: skip
        status, _, text = await browser.press(here, **{**FIELDS, **steps, **typed}, final="nobody", do="save")
        assert status == 422
        assert f'<a href="#f-{field}">{said}' in text, text[text.index("Nothing was saved") :][:300]
        assert f'id="f-{field}"' in text
        assert f'aria-describedby="p-{field}"' in text
        assert f'id="p-{field}">{said}' in text
