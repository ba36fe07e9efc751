"""What pages say: mail in HTML and plain text, and one short line, from the facts that paging hands over.

The first 40 characters of every subject carry the meaning; the plain text is as good as the HTML. Times are in the
recipient's own zone.
"""

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jinja2

from tocsin.paging.model import Purpose
from tocsin.paging.transport import AlertFacts, Message, PageFacts

SHORT = 160
SUBJECT = 140
_TEMPLATES = Path(str(files("tocsin").joinpath("web"))) / "templates" / "mail"


class Messages:
    """The renderer that paging is given. Escapes in HTML, never in plain text. `answers` says where an answer by mail goes, for the
    path of the page that a notice is about; empty for nowhere."""

    def __init__(self, answers: Callable[[str], str] = lambda _: "") -> None:
        self._answers = answers
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=jinja2.select_autoescape(["html"]),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.tests["web_address"] = _is_web_address

    def render(self, facts: PageFacts) -> Message:
        template = "page" if facts.purpose is Purpose.PAGE and facts.alert else "plain"
        reply_to = self._answers(facts.about) if facts.about else ""
        context = _context(facts) | {"reply_to": reply_to}
        return Message(
            purpose=facts.purpose,
            key=facts.key,
            subject=context["subject"],
            text=self._env.get_template(f"{template}.txt").render(context).strip() + "\n",
            html=self._env.get_template(f"{template}.html").render(context),
            short=short(facts),
            thread=f"alert-{facts.alert.id}" if facts.alert else "",
            ack_url=facts.ack_url if facts.purpose is Purpose.PAGE else "",
            alert=facts.alert,
            alert_url=facts.alert_url,
            url="" if facts.purpose is Purpose.PAGE or facts.alert else facts.ack_url,
            maybe_repeated=facts.maybe_repeated,
            heading=facts.heading,
            reply_to=reply_to,
        )


def _context(facts: PageFacts) -> dict[str, Any]:
    return {
        "facts": facts,
        "alert": facts.alert,
        "subject": subject(facts),
        "title": title(facts.alert) if facts.alert else subject(facts),
        "since": local_time(facts.since, facts.time_zone) if facts.since else "",
        "rows": rows(facts.alert) if facts.alert else [],
        "button": facts.ack_url or facts.alert_url,
        "unnamed": facts.carries - len(facts.others),
        "label": _label(facts),
    }


def _label(facts: PageFacts) -> str:
    if facts.purpose is Purpose.PAGE and facts.ack_url:
        return f"Open and acknowledge all {facts.carries + 1}" if facts.carries else "Open and acknowledge"
    return "Open"


def subject(facts: PageFacts) -> str:
    """`[P1 #42] Checkout is failing`; who has it, or that it is over, comes before that."""
    about = " · ".join(part for part in (facts.heading, title(facts.alert)) if part) if facts.alert else ""
    match facts.purpose:
        case Purpose.PAGE:
            return _clip(about or "You are paged", SUBJECT)
        case Purpose.TEST:
            return _clip(facts.subject, SUBJECT) or "Test page: Tocsin can reach you here"
        case Purpose.LINK:
            return _clip(facts.subject, SUBJECT)
        case Purpose.NOTICE if not facts.alert and facts.subject:
            return _clip(" ".join(facts.subject.split()), SUBJECT)
        case _:
            return _clip(" · ".join(part for part in (facts.text.rstrip("."), about) if part), SUBJECT)


def title(alert: AlertFacts) -> str:
    """The alert in one line."""
    return f"[{alert.key}] {' '.join(alert.message.split())}"


def short(facts: PageFacts) -> str:
    """At most 160 characters; the link only where it fits whole."""
    parts = [subject(facts)]
    if facts.since and facts.purpose is Purpose.PAGE:
        parts.append(f"since {clock(facts.since, facts.time_zone)}")
    tail = " · ".join(["", *parts[1:]])
    link = f" · ack: {facts.ack_url}" if facts.ack_url and facts.purpose is Purpose.PAGE else ""
    if len(parts[0]) + len(tail) + len(link) <= SHORT:
        return parts[0] + tail + link
    return _clip(parts[0], SHORT - len(tail)) + tail


def rows(alert: AlertFacts) -> list[tuple[str, str]]:
    """The facts that are known, in reading order."""
    known = [
        ("Service", alert.service),
        ("Reported", f"{alert.count} times" if alert.count > 1 else ""),
        ("Source", alert.source),
        ("Entity", alert.entity),
        ("Tags", ", ".join(alert.tags)),
        ("Runbook", alert.runbook_url),
        ("More", alert.link),
    ]
    return [(name, value) for name, value in known if value]


def local_time(moment: datetime, zone: str) -> str:
    """`03:07 your time (Mon 23 Nov)`."""
    there = moment.astimezone(_zone(zone))
    return f"{there:%H:%M} your time ({there:%a} {there.day} {there:%b})"


def clock(moment: datetime, zone: str) -> str:
    """`03:07`, in the zone."""
    return f"{moment.astimezone(_zone(zone)):%H:%M}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _is_web_address(text: str) -> bool:
    """Only these become links: a hostile alert may name any scheme."""
    return text.startswith(("https://", "http://"))
