"""Only with `--dev`: mail is caught and shown instead of sent, and every component of the pages on one page."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, page, render, site_of
from tocsin.kernel.errors import NotFound
from tocsin.paging.transport import Destination, Field, Message, Sent, TransportInfo

KEPT = 200
#: A mail's own styles are inline, as mail programs demand; nothing else of it may load or run.
MAIL_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Caught:
    """One mail that was not sent."""

    to: str
    at: datetime
    message: Message


@dataclass
class CaughtMail:
    """A transport that keeps what it is given."""

    mails: deque[Caught] = field(default_factory=lambda: deque(maxlen=KEPT))
    info: TransportInfo = field(
        default_factory=lambda: TransportInfo(
            "email", "E-mail (caught)", (Field("address", "E-mail address"),)
        )
    )
    ready: bool = True

    async def send(self, message: Message, to: Destination) -> Sent:
        self.mails.appendleft(Caught(to.address, datetime.now(UTC), message))
        return Sent(vendor_id=str(message.key))


async def mails(request: Request) -> Response:
    """What would have been sent, newest first."""
    return await render(request, "dev/mail.html", {"mails": list(_box(request).mails)})


async def mail_html(request: Request) -> Response:
    """One mail as its reader would see it."""
    found = [m for m in _box(request).mails if str(m.message.key) == request.path_params["key"]]
    if not found:
        raise NotFound("There is no such mail.")
    return HTMLResponse(found[0].message.html, headers={"content-security-policy": MAIL_CSP})


async def components(request: Request) -> Response:
    """All components in their states; the browser tests photograph this page."""
    now = datetime.now(UTC)
    moments = {"moment": now, "soon": now + timedelta(minutes=4), "later": now + timedelta(hours=2)}
    return await render(request, "dev/components.html", moments)


def _box(request: Request) -> CaughtMail:
    box = site_of(request).transports["email"]
    if not isinstance(box, CaughtMail):
        raise NotFound("Mail is really sent here: TOCSIN_SMTP_URL is set.")
    return box


def routes() -> list[BaseRoute]:
    """Mounted only with `--dev`."""
    return [
        page("/dev/mail", mails, who=Who.DEVELOPER),
        page("/dev/mail/{key}", mail_html, who=Who.DEVELOPER),
        page("/dev/components", components, who=Who.DEVELOPER),
    ]
