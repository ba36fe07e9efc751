"""The status page as JSON in the shape of Statuspage's public API v2, which widgets and other pages read.

Fields and words are that product's (its published contract); they are filled from our public view only.
"""

from datetime import datetime
from typing import Any

from tocsin.comms.model import Component, Publication, PublicUpdate, PublicView

Json = dict[str, Any]


def summary(view: PublicView, url: str) -> Json:
    """Page, overall status, components, unresolved incidents, maintenance."""
    return {
        **components(view, url),
        **unresolved(view, url),
        "scheduled_maintenances": [],
        **status(view, url),
    }


def status(view: PublicView, url: str) -> Json:
    """The one sentence for the whole."""
    return {**_page(view, url), "status": {"indicator": view.indicator, "description": view.sentence}}


def components(view: PublicView, url: str) -> Json:
    """All components in order."""
    return {**_page(view, url), "components": [_component(c, view.page.id) for c in view.components]}


def incidents(view: PublicView, url: str) -> Json:
    """Current and past ones, newest first, at most 50."""
    found = sorted([*view.current, *view.past], key=lambda p: p.row.created_at, reverse=True)[:50]
    return {**_page(view, url), "incidents": [_incident(p, view.page.id, url) for p in found]}


def unresolved(view: PublicView, url: str) -> Json:
    """Current ones only."""
    return {**_page(view, url), "incidents": [_incident(p, view.page.id, url) for p in view.current]}


def scheduled_maintenances(view: PublicView, url: str) -> Json:
    """None yet: this page does not announce maintenance."""
    return {**_page(view, url), "scheduled_maintenances": []}


def upcoming(view: PublicView, url: str) -> Json:
    """None yet."""
    return scheduled_maintenances(view, url)


def active(view: PublicView, url: str) -> Json:
    """None yet."""
    return scheduled_maintenances(view, url)


def _page(view: PublicView, url: str) -> Json:
    page = view.page
    return {
        "page": {
            "id": page.id, "name": page.name, "url": f"{url}/status", "time_zone": page.time_zone,
            "updated_at": _iso(page.updated_at),
        }
    }  # fmt: skip


def _component(component: Component, page_id: str) -> Json:
    return {
        "id": component.id, "name": component.name, "status": component.status,
        "created_at": _iso(component.created_at), "updated_at": _iso(component.updated_at),
        "position": component.position, "description": component.description or None, "showcase": False,
        "start_date": None, "group_id": None, "page_id": page_id, "group": False,
        "only_show_if_degraded": False,
    }  # fmt: skip


def _incident(publication: Publication, page_id: str, url: str) -> Json:
    row = publication.row
    return {
        "id": row.id, "name": row.title, "status": row.status, "created_at": _iso(row.created_at),
        "updated_at": _iso(row.updated_at), "monitoring_at": _iso(row.monitoring_at),
        "resolved_at": _iso(row.resolved_at), "impact": row.impact, "shortlink": f"{url}/status/{row.id}",
        "started_at": _iso(row.started_at), "page_id": page_id,
        "incident_updates": [_update(u) for u in publication.updates],
        "components": [_component(c, page_id) for c in publication.components],
        "reminder_intervals": None,
    }  # fmt: skip


def _update(update: PublicUpdate) -> Json:
    moment = _iso(update.created_at)
    return {
        "id": update.id, "status": update.status, "body": update.body, "incident_id": update.publication_id,
        "created_at": moment, "updated_at": moment, "display_at": moment,
        "affected_components": [dict(a) for a in update.affected] or None, "deliver_notifications": True,
        "custom_tweet": None, "tweet_id": None,
    }  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
