"""Grouping: rules that make many alerts one page, and acting on a whole group."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from tocsin.alerts import grouping
from tocsin.alerts.grouping_model import GroupingDraft, GroupingPreview, GroupingRule
from tocsin.alerts.groups import acknowledge_group, close_group
from tocsin.alerts.queries import alert_named
from tocsin.alerts.silence_model import Matcher, Operator
from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.oncall_bodies import Strict
from tocsin.kernel.errors import NotFound

router = APIRouter(tags=["Grouping"])


class ConditionBody(Strict):
    """One condition on an alert, as in silences."""

    field: str = Field(min_length=1, max_length=208)
    operator: Operator = Operator.EQUALS
    value: str = Field(max_length=500)


class GroupingBody(Strict):
    """Alerts that open within `window_s` seconds of an open group's first one and have the same `fields` join it. `fields`: service,
    source, entity, integration, tag:PREFIX, details.KEY. Of one service, of one team's, or of all."""

    name: str = Field(min_length=1, max_length=100)
    fields: list[str] = Field(min_length=1, max_length=5)
    window_s: int = Field(1800, ge=60, le=604_800)
    most: int = Field(100, ge=2, le=1000)
    matchers: list[ConditionBody] = Field(default_factory=list)
    service_id: UUID | None = None
    team_id: UUID | None = None
    position: int | None = Field(
        None, ge=1, le=10_000, description="The lowest is asked first. Last, or as before, when left out."
    )

    def draft(self) -> GroupingDraft:
        """As the domain takes it."""
        return GroupingDraft(
            self.name, self.fields, timedelta(seconds=self.window_s), self.most,
            tuple(Matcher(m.field, m.operator, m.value) for m in self.matchers), self.service_id, self.team_id, self.position,
        )  # fmt: skip


class GroupBody(Strict):
    """An optional word about an act on all."""

    note: str = Field("", max_length=2000)


class AcknowledgeGroupBody(GroupBody):
    """The same, with the next sign of life; as each alert's priority says when it is left out."""

    until: AwareDatetime | None = None


@router.get("/grouping")
async def list_rules(call: Call) -> dict[str, Any]:
    """All rules, in the order in which they are asked, with what each has made in the last 28 days."""
    return {"rules": [_shown(r) for r in await grouping.rules(call.db)]}


@router.post("/grouping", status_code=201)
async def create_rule(call: Call, body: GroupingBody) -> dict[str, Any]:
    """Creates one, for alerts that open from now on. Administrators; a team's own for its alerts."""
    async with call.unit() as u:
        rule_id = await grouping.create_rule(u, body.draft())
    return await _one(call, rule_id)


@router.post("/grouping/preview")
async def preview_rule(call: Call, body: GroupingBody) -> GroupingPreview:
    """What the rule alone would have made of the last seven days (of at most 20,000 alerts): `matched` of `looked_at` alerts in
    `groups`, of which `quiet` would have paged nobody. Keeps nothing."""
    draft = grouping.checked(body.draft())
    async with call.unit() as u:
        return await grouping.preview(u, draft)


@router.get("/grouping/{rule_id}")
async def get_rule(call: Call, rule_id: UUID) -> dict[str, Any]:
    """One, also when it was removed."""
    return await _one(call, rule_id)


@router.put("/grouping/{rule_id}")
async def change_rule(call: Call, rule_id: UUID, body: GroupingBody) -> dict[str, Any]:
    """Replaces it. Groups that exist stay, and take no more members."""
    async with call.unit() as u:
        await grouping.change_rule(u, rule_id, body.draft())
    return await _one(call, rule_id)


@router.delete("/grouping/{rule_id}")
async def remove_rule(call: Call, rule_id: UUID) -> dict[str, Any]:
    """Out of use; groups that exist stay."""
    async with call.unit() as u:
        await grouping.remove_rule(u, rule_id)
    return await _one(call, rule_id)


@router.post("/alerts/{alert}/acknowledge-group")
async def acknowledge_all(call: Call, alert: str, body: AcknowledgeGroupBody | None = None) -> dict[str, int]:
    """You have this alert and all of its group that nobody has. Answers how many."""
    alert_id = await _alert(call, alert)
    async with call.unit() as u:
        given = body or AcknowledgeGroupBody(note="")
        return {"acknowledged": await acknowledge_group(u, alert_id, given.note, given.until)}


@router.post("/alerts/{alert}/close-group")
async def close_all(call: Call, alert: str, body: GroupBody | None = None) -> dict[str, int]:
    """This alert and all of its group are over. Answers how many were open."""
    alert_id = await _alert(call, alert)
    async with call.unit() as u:
        return {"closed": await close_group(u, alert_id, body.note if body else "")}


async def _alert(call: Caller, text: str) -> UUID:
    found = await alert_named(call.db, text)
    if found is None:
        raise NotFound("There is no such alert.")
    return found.id


async def _one(call: Caller, rule_id: UUID) -> dict[str, Any]:
    return _shown(await grouping.rule_by_id(call.db, rule_id))


def _shown(rule: GroupingRule) -> dict[str, Any]:
    names = (
        "id", "name", "position", "service_id", "service_name", "team_id", "team_name", "fields", "window_s", "most", "about",
        "by", "created_at", "created_by", "archived_at", "groups", "alerts",
    )  # fmt: skip
    return {name: getattr(rule, name) for name in names} | {"matchers": rule.rules}
