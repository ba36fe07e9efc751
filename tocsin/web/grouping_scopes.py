"""Whose alerts the viewer may group: of all, of a team, of a service."""

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request

from tocsin.alerts.grouping import teams_decided
from tocsin.alerts.grouping_model import GroupingRule
from tocsin.catalog.queries import services
from tocsin.edge.door import site_of, viewer_of
from tocsin.people.queries import teams


@dataclass(frozen=True, slots=True)
class Scopes:
    """What the form offers, as pairs of value and words; and which rules the viewer may change."""

    options: list[tuple[str, str]]
    decided: set[str]

    def may_change(self, rule: GroupingRule) -> bool:
        """Whether the viewer decides for what the rule is about."""
        of = (
            f"service:{rule.service_id}"
            if rule.service_id
            else f"team:{rule.team_id}"
            if rule.team_id
            else ""
        )
        return of in self.decided


async def scopes_of(request: Request) -> Scopes:
    """Administrators: all; a team's own: the team and its services."""
    db, viewer = site_of(request).database, await viewer_of(request)
    if viewer.role == "viewer":
        return Scopes([], set())
    every = viewer.role == "admin"
    mine: set[UUID] = set() if every else await teams_decided(db, viewer.id)
    options = [("", "All alerts")] if every else []
    options += [(f"team:{t.id}", f"Team {t.name}") for t in await teams(db) if every or t.id in mine]
    options += [
        (f"service:{s.id}", f"Service {s.name}") for s in await services(db) if every or s.team_id in mine
    ]
    return Scopes(options, {value for value, _ in options})
