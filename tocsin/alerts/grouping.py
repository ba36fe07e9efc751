"""Grouping rules: alerts that are one problem page once. Paging asks the schema which those are (`group_alerts`)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from tocsin.alerts.grouping_model import (
    MEMBERS_LEAST,
    MEMBERS_MOST,
    MOST_FIELDS,
    MOST_RULES,
    WINDOW_LEAST,
    WINDOW_MOST,
    GroupingDraft,
    GroupingPreview,
    GroupingRule,
    Seen,
    gathered,
    known_field,
)
from tocsin.alerts.model import clean
from tocsin.alerts.silence_check import checked_matcher
from tocsin.alerts.silence_model import MOST_MATCHERS
from tocsin.alerts.silences import LOOKED_AT, matches_anything
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.people.audit import audit

sql = Statements("tocsin.alerts", "grouping.sql")
NONE = "There is no such grouping rule."


@command("grouping.create")
async def create_rule(u: Unit, draft: GroupingDraft) -> UUID:
    """A new rule, for alerts that open from now on. Raises `Invalid` with the field's name, `Forbidden` for another team's."""
    kept = await _ready(u, draft)
    if await u.value(sql.in_use) >= MOST_RULES:
        raise Conflict(f"There are {MOST_RULES} rules already: remove one first.")
    rule_id = new_id()
    await u.run(sql.add, rule_id, *_columns(kept), u.actor.name)
    await _add_matchers(u, rule_id, kept)
    await audit(u, "grouping.create", _subject(kept.name, rule_id), None, _noted(kept))
    u.touch("grouping")
    return rule_id


@command("grouping.change")
async def change_rule(u: Unit, rule_id: UUID, draft: GroupingDraft) -> None:
    """What it is from now on. Groups that exist stay, and take no more members."""
    before = draft_of(await _locked(u, rule_id))
    await _may_decide(u, before)
    kept = await _ready(u, draft)
    await u.run(sql.change, rule_id, *_columns(kept))
    await u.run(sql.forget_matchers, rule_id)
    await _add_matchers(u, rule_id, kept)
    await u.run(sql.seal, rule_id)
    await audit(u, "grouping.change", _subject(kept.name, rule_id), _noted(before), _noted(kept))
    u.touch("grouping")


@command("grouping.remove")
async def remove_rule(u: Unit, rule_id: UUID) -> None:
    """Out of use: what opens from now on is not grouped by it; groups that exist stay. Doing it twice changes nothing."""
    rule = await _locked(u, rule_id, archived=True)
    await _may_decide(u, draft_of(rule))
    if not await u.run(sql.archive, rule_id):
        return
    await u.run(sql.seal, rule_id)
    await audit(u, "grouping.remove", _subject(rule.name, rule_id), _noted(draft_of(rule)))
    u.touch("grouping")


def draft_of(rule: GroupingRule) -> GroupingDraft:
    """One as it stands, to be changed."""
    return GroupingDraft(
        rule.name, rule.fields, rule.window, rule.most, rule.matchers, rule.service_id, rule.team_id, rule.position
    )  # fmt: skip


def checked(draft: GroupingDraft) -> GroupingDraft:
    """The draft as it is kept. Raises `Invalid` with the field's name."""
    name = clean(draft.name).strip()
    if not 1 <= len(name) <= 100:
        raise Invalid("name", "Give it a name of 1 to 100 characters.")
    fields = tuple(dict.fromkeys(f.strip() for f in draft.fields if f.strip()))
    if not 1 <= len(fields) <= MOST_FIELDS:
        raise Invalid("fields", f"Say what alerts of one group have in common: 1 to {MOST_FIELDS} fields.")
    for field in fields:
        if not known_field(field) or clean(field) != field:
            raise Invalid(
                "fields",
                f"“{field[:100]}” is no field: there are service, source, entity, integration, tag:PREFIX and details.KEY.",
            )
    if not WINDOW_LEAST <= draft.window <= WINDOW_MOST:
        raise Invalid("window", "A group takes members for 1 minute to 7 days.")
    if not MEMBERS_LEAST <= draft.most <= MEMBERS_MOST:
        raise Invalid("most", f"A group has {MEMBERS_LEAST} to {MEMBERS_MOST} alerts at most.")
    if draft.position is not None and not 1 <= draft.position <= 10_000:
        raise Invalid("position", "The place in the order is 1 to 10000.")
    if draft.service_id and draft.team_id:
        raise Invalid("team_id", "It is for one service or for one team, not for both.")
    if len(draft.matchers) > MOST_MATCHERS:
        raise Invalid("matchers", f"A rule has {MOST_MATCHERS} conditions at most.")
    return replace(
        draft, name=name, fields=fields, matchers=tuple(checked_matcher(m) for m in draft.matchers)
    )


async def _ready(u: Unit, draft: GroupingDraft) -> GroupingDraft:
    kept = checked(draft)
    await _may_decide(u, kept)
    await matches_anything(u, kept.matchers)
    return kept


async def _may_decide(u: Unit, draft: GroupingDraft) -> None:
    """Administrators, and a team's own for its alerts. Raises `Forbidden`, and `Invalid` for what is not there."""
    team = draft.team_id
    if draft.service_id:
        row = await u.row(sql.team_of_service, draft.service_id)
        if row is None:
            raise Invalid("service_id", "There is no such service.")
        team = row["team_id"]
    elif team and not await u.value(sql.team_exists, team):
        raise Invalid("team_id", "There is no such team.")
    if u.actor.kind == "engine" or u.actor.role == "admin":
        return
    if team is None or not await u.value(sql.is_team_admin, team, u.actor.id):
        raise Forbidden(
            "Only administrators group the alerts of all, and a team's own administrators those of the team."
        )


async def _add_matchers(u: Unit, rule_id: UUID, draft: GroupingDraft) -> None:
    matchers = draft.matchers
    columns = [m.field for m in matchers], [str(m.operator) for m in matchers], [m.value for m in matchers]
    await u.run(sql.add_matchers, rule_id, *columns)


def _columns(draft: GroupingDraft) -> tuple[Any, ...]:
    return (
        draft.name, draft.position, draft.service_id, draft.team_id, list(draft.fields),
        draft.window // timedelta(seconds=1), draft.most,
    )  # fmt: skip


def _noted(draft: GroupingDraft) -> dict[str, Any]:
    """For the audit."""
    return {
        "name": draft.name, "position": draft.position, "service": str(draft.service_id or ""), "team": str(draft.team_id or ""),
        "fields": list(draft.fields), "window_s": draft.window // timedelta(seconds=1), "most": draft.most,
        "matchers": [m.text for m in draft.matchers],
    }  # fmt: skip


def _subject(name: str, rule_id: UUID) -> str:
    return f"{name[:80]} ({rule_id})"


async def _locked(u: Unit, rule_id: UUID, *, archived: bool = False) -> GroupingRule:
    await u.row(sql.lock, rule_id)
    rule = await rule_by_id(u, rule_id)
    if rule.archived_at is not None and not archived:
        raise Conflict("This rule was removed. Make another one.")
    return rule


# -- reading


async def rule_by_id(db: Reader, rule_id: UUID) -> GroupingRule:
    """One, also when it is out of use. Raises `NotFound`."""
    found = await db.first(GroupingRule, sql.rules, rule_id)
    if found is None:
        raise NotFound(NONE)
    return found


async def rules(db: Reader) -> list[GroupingRule]:
    """All in use, in the order in which they are asked."""
    return await db.all(GroupingRule, sql.rules, None)


async def teams_decided(db: Reader, user_id: UUID) -> set[UUID]:
    """The teams that somebody is an administrator of: they group the alerts of these."""
    return {row["team_id"] for row in await db.rows(sql.teams_of_admin, user_id)}


async def preview(u: Unit, draft: GroupingDraft) -> GroupingPreview:
    """What a checked draft alone would have made of the last seven days. Raises `Invalid` for what is no pattern."""
    await matches_anything(u, draft.matchers)
    given = [{"field": m.field, "operator": str(m.operator), "value": m.value} for m in draft.matchers]
    looked_at = await u.value(sql.looked_at, LOOKED_AT)
    seen: Sequence[Seen] = await u.all(
        Seen, sql.seen, given, draft.service_id, draft.team_id, list(draft.fields), LOOKED_AT
    )
    groups, quiet = gathered(seen, draft.window, draft.most)
    return GroupingPreview(looked_at, len(seen), groups, quiet)
