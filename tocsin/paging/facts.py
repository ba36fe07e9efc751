"""From a claimed delivery to what its message may say. Pure."""

from tocsin.paging.links import Links
from tocsin.paging.model import Claimed, Purpose
from tocsin.paging.transport import AlertFacts, OtherAlert, PageFacts


def facts_of(claimed: Claimed, links: Links) -> PageFacts:
    """Facts for the renderer; the link that acts in a person's name only to that person: for pages, and to be reminded of one."""
    words = claimed.message or {}
    alert = alert_of(claimed)
    personal = claimed.page_id is not None and claimed.channel_id is None
    asks = personal and words.get("own_link") is True
    own = asks or (personal and claimed.purpose is Purpose.PAGE)
    return PageFacts(
        purpose=claimed.purpose,
        key=claimed.id,
        person=claimed.person,
        time_zone=claimed.time_zone,
        reason=claimed.reason,
        subject=str(words.get("subject", "")),
        text=str(words.get("text", "")),
        alert=alert,
        ack_url=_link(claimed, links) if own else links.absolute(str(words.get("url", ""))),
        alert_url=links.alert(alert.number) if alert else "",
        since=alert.started_at if alert else None,
        maybe_repeated=claimed.maybe_repeated,
        others=tuple(OtherAlert(o["number"], o["message"], o["priority"]) for o in claimed.others or ()),
        carries=claimed.carries,
        follows=claimed.follows,
        asks=asks,
        about=str(words.get("url", "")) if claimed.purpose is Purpose.NOTICE and not asks else "",
    )


def _link(claimed: Claimed, links: Links) -> str:
    """Acknowledges the page, or every page that the message lists."""
    if claimed.bundle_id is not None:
        return links.acknowledge_all(claimed.bundle_id, claimed.now)
    return links.acknowledge(claimed.page_id, claimed.now) if claimed.page_id else ""


def alert_of(claimed: Claimed) -> AlertFacts | None:
    """The alert of a page, or None for a message about none."""
    if claimed.alert_id is None or claimed.started_at is None:
        return None
    return AlertFacts(
        id=claimed.alert_id,
        number=claimed.number or 0,
        message=claimed.alert_message or "",
        description=claimed.description or "",
        priority=claimed.priority or 3,
        source=claimed.source or "",
        entity=claimed.entity or "",
        tags=claimed.tags or (),
        details=claimed.details or {},
        link=claimed.link or "",
        count=claimed.count or 1,
        started_at=claimed.started_at,
        service=claimed.service or "",
        runbook_url=claimed.runbook_url or "",
    )
