"""The Jinja environment: escaping, filters, addresses of static files. Knows no request."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape

from tocsin.duty.words import at_time, day_and_time, known, time_range
from tocsin.edge import first
from tocsin.oncall.clocks import local

WEB = Path(str(files("tocsin").joinpath("web")))
#: As the pages' script draws the moon: people sleep a little longer than nights of shifts are counted.
NIGHT_BEGINS, NIGHT_ENDS = 22, 7
#: How sentences of the record and briefs tell a moment.
_MOMENT = re.compile(r"\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC\b")
#: Banners above every page, for example that nobody can be paged. Handed in by `app`.
Warnings = Callable[[], Awaitable[list[str]]]


async def _no_warnings() -> list[str]:
    return []


class Templates:
    """The Jinja environment: escaping always on, undefined names are errors."""

    def __init__(self, warnings: Warnings = _no_warnings, *, reload: bool = False) -> None:
        self.warnings = warnings
        self.env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(WEB / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=reload,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.env.globals.update(
            asset=asset, between=time_range, clock_face=clock_face, first_rules=first.RULES
        )
        self.env.filters.update(
            iso=iso, utc=utc, duration=duration, local_input=local_input, there=day_and_time, moments=moments
        )

    def text(self, template: str, context: Mapping[str, Any]) -> str:
        """Renders without a request: mails, fragments for the event stream."""
        return self.env.get_template(template).render(context)


@cache
def asset(path: str) -> str:
    """The address of a static file, with its content's hash: cached for ever, replaced at once."""
    digest = hashlib.sha256((WEB / "static" / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


def iso(moment: datetime) -> str:
    """For the `datetime` attribute; the browser shows it in the reader's zone."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc(moment: datetime) -> str:
    """What is read before scripts have run, and in exports."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def moments(words: str) -> Markup:
    """A sentence whose moments the reader sees on their own clock. Escapes what is not markup already."""
    shown = r'<local-moment><time datetime="\1T\2:00Z">\1 \2 UTC</time></local-moment>'
    return Markup(_MOMENT.sub(shown, str(escape(words))))  # noqa: S704 - escaped above


def local_input(moment: datetime, zone: str) -> str:
    """For a `datetime-local` field, in the viewer's zone, to the second."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def clock_face(zone: str, moment: datetime) -> str:
    """`☾ 03:12`: what somebody's clock shows, with a moon at their night, for where no element fits in."""
    hour = local(moment, known(zone)).hour
    return f"{'☾' if hour >= NIGHT_BEGINS or hour < NIGHT_ENDS else '☀'} {at_time(moment, zone)}"


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    whole = int(abs(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if hours == 0:
        return f"{minutes} min"
    if days == 0:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
