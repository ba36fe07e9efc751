"""What people do about paging: policies, test pages, paging a person, acknowledging from a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.alerts import commands as alerts
from tocsin.alerts import promises
from tocsin.kernel.commands import command
from tocsin.kernel.db import Actor, Row, Unit
from tocsin.kernel.errors import Conflict, Forbidden, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.paging.model import Purpose

sql = Statements("tocsin.paging")
bundles = Statements("tocsin.paging", "bundles.sql")


@command("page.test")
async def test_page(u: Unit, contact_method_id: UUID) -> UUID:
    """Queues a harmless message over one of the actor's own methods (administrators: anybody's); its delivery's id."""
    method = await u.row(sql.method_of, contact_method_id)
    if method is None:
        raise NotFound("There is no such contact method.")
    if method["user_id"] != u.actor.id and u.actor.role != "admin":
        raise Forbidden("You can only test your own contact methods.")
    message = {"text": f"This is a test page for {method['name']}, asked for by {u.actor.name}."}
    return await _queue(u, method, contact_method_id, Purpose.TEST, message)


@command("page.confirm_test")
async def confirm_test(u: Unit, delivery_id: UUID) -> None:
    """The receipt of a test page, by the person whom it was for."""
    if not await u.run(sql.confirm_test, delivery_id, u.actor.id):
        raise NotFound("There is no such test page, or it did not go out.")
    u.touch("pages")


async def queue_link(
    u: Unit, *, transport: str, address: str, subject: str, text: str, url: str, user_id: UUID | None = None,
    contact_method_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """Queues an invitation, reset or verification, for the door whose command made the link. Its delivery's id.

    The link is blanked in the database once it is sent, or has failed for good.
    """
    to = {"user_id": user_id, "transport": transport, "address": address}
    message = {"subject": subject, "text": text, "url": url}
    return await _queue(u, to, contact_method_id, Purpose.LINK, message)


async def _queue(
    u: Unit, to: Row | dict[str, Any], method_id: UUID | None, purpose: Purpose, message: dict[str, str]
) -> UUID:
    delivery_id = new_id()
    await u.run(
        sql.queue_message,
        delivery_id,
        to["user_id"],
        method_id,
        to["transport"],
        to["address"],
        purpose,
        message,
    )
    u.touch("work")
    return delivery_id


@command("page.person")
async def page_person(u: Unit, alert_id: UUID, user_id: UUID) -> UUID:
    """Pages somebody by name about an open alert, also when it is acknowledged; the page's id."""
    found = await u.row(sql.pageable, alert_id, user_id)
    if found is None:
        raise NotFound("There is no such alert or person.")
    if found["closed"]:
        raise Conflict("This alert is closed.")
    if found["disabled"]:
        raise Conflict(f"{found['name']}'s account is disabled.")
    page_id = new_id()
    await u.run(sql.page_directly, [page_id], [alert_id], [user_id], [f"asked for by {u.actor.name}"])
    u.touch("work", "alerts", f"alert:{alert_id}", f"pages:{user_id}")
    return page_id


@command("page.acknowledge_by_link")
async def acknowledge_by_link(u: Unit, page_id: UUID) -> dict[str, str]:
    """Acknowledges as the person who was paged; the door has checked the link's signature.

    Answers `{"alert": id, "state": ..., "by": name}`: `acknowledged` now, `already` (by whom), or `closed`.
    """
    page = await u.row(sql.page_for_link, page_id)
    if page is None:
        raise NotFound("This page does not exist any more.")
    if page["disabled_at"] is not None:
        raise Forbidden("This account is disabled.")
    await u.run(sql.answer_page, page_id)
    u.touch(f"pages:{page['user_id']}", f"alert:{page['alert_id']}")
    answer = {"alert": str(page["alert_id"]), "by": page["acknowledged_by"]}
    if page["closed_at"] is not None:
        return answer | {"state": "closed"}
    if page["alert_acknowledged_at"] is not None:
        return answer | {"state": "already"}
    with _acting_as(u, Actor(page["user_id"], page["name"], "user", page["role"])):
        await alerts.acknowledge(u, page["alert_id"])
    return answer | {"state": "acknowledged", "by": page["name"]}


@command("page.acknowledge_bundle")
async def acknowledge_bundle(u: Unit, bundle_id: UUID) -> dict[str, str]:
    """Acknowledges every alert that one message listed, as the person who was paged; each has an entry of its own.

    Answers as `acknowledge_by_link`: `acknowledged` if one was open still. `count` is how many alerts the message listed.
    """
    pages = await u.rows(bundles.pages_of_bundle, bundle_id)
    if not pages:
        raise NotFound("These pages do not exist any more.")
    answers = [await acknowledge_by_link(u, page) for page in sorted(row["page_id"] for row in pages)]
    by_state = {answer["state"]: answer for answer in reversed(answers)}
    best = next(by_state[state] for state in ("acknowledged", "already", "closed") if state in by_state)
    return best | {"count": str(len(answers))}


async def acknowledge_message(u: Unit, delivery_id: UUID) -> dict[str, str]:
    """A button, a key or a reaction: acknowledges what the message is about, all of it. The door has checked who it was."""
    about = await u.row(bundles.bundle_of_message, delivery_id)
    if about is None or about["page_id"] is None:
        raise NotFound("This page does not exist any more.")
    if about["bundle_id"] is not None:
        return await acknowledge_bundle(u, about["bundle_id"])
    return await acknowledge_by_link(u, about["page_id"])


@command("page.still_on_it_by_link")
async def still_on_it_by_link(u: Unit, page_id: UUID, more: timedelta | None = None) -> datetime:
    """A sign of life from a page's link, as the person who was paged; answers when the next one is due: after `more`, or as long as
    the alert's priority says. Raises Conflict unless they have the alert."""
    page = await u.row(sql.page_for_link, page_id)
    if page is None:
        raise NotFound("This page does not exist any more.")
    if page["disabled_at"] is not None:
        raise Forbidden("This account is disabled.")
    until = await u.clock() + more if more else None
    with _acting_as(u, Actor(page["user_id"], page["name"], "user", page["role"])):
        return await promises.renew(u, page["alert_id"], until)


@command("page.acknowledge_by_reply")
async def acknowledge_by_reply(u: Unit, number: str, alert: int | None = None) -> dict[str, str]:
    """Somebody wrote "4": acknowledges the page that was sent last to this number, or the one about this alert.

    The door has checked who tells so. Answers as `acknowledge_by_link`, or `{"state": "none"}`; the person hears back.
    """
    page = await u.row(sql.page_sent_to, number, alert)
    if page is None:
        return {"state": "none"}
    if alert is None and page["bundle_id"] is not None:
        answer = await acknowledge_bundle(u, page["bundle_id"])
    else:
        answer = await acknowledge_by_link(u, page["page_id"])
    others = f" and {int(answer['count']) - 1} more" if "count" in answer else ""
    about = f"[P{page['priority']} #{page['number']}]{others} {page['message']}"
    words = {
        "acknowledged": f"You have {about}",
        "already": f"{answer['by']} has {about}",
        "closed": f"Closed already: {about}",
    }[answer["state"]]
    to = {"user_id": page["user_id"], "transport": "sms", "address": number}
    await _queue(u, to, page["contact_method_id"], Purpose.NOTICE, {"subject": words, "text": words})
    return answer


@contextmanager
def _acting_as(u: Unit, person: Actor) -> Iterator[None]:
    """The record names the person, not the link; the unit's own actor comes back for its request key."""
    before, u.actor = u.actor, person
    try:
        yield
    finally:
        u.actor = before


@command("page.mark_bundle_seen")
async def mark_bundle_seen(u: Unit, bundle_id: UUID) -> bool:
    """The link of a message with several pages was opened. Whether that is news."""
    news = await u.run(bundles.mark_bundle_seen, bundle_id) > 0
    if news:
        u.touch("alerts")
    return news


@command("page.mark_seen")
async def mark_seen(u: Unit, page_id: UUID) -> bool:
    """The page's link was opened. Whether that is news."""
    news = await u.run(sql.mark_seen, page_id) > 0
    if news:
        u.touch("alerts")
    return news
