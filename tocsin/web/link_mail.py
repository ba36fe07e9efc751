"""Mails with links that work once: invitation, password reset, verification."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from tocsin.kernel.ids import new_id
from tocsin.kernel.work import RetryLater
from tocsin.paging.model import Purpose as MessagePurpose
from tocsin.paging.transport import Destination, PageFacts, Renderer, SendFailed, Transport
from tocsin.people.model import ContactMethod, Purpose, User

#: Subject, sentence, and the path that the token is appended to.
WORDS = {
    Purpose.INVITATION: (
        "You are invited to Tocsin",
        "Set a password, and your account is ready.",
        "invitation",
    ),
    Purpose.RESET: (
        "Reset your Tocsin password",
        "Choose a new password. If you did not ask, do nothing.",
        "reset",
    ),
    Purpose.VERIFICATION: (
        "Confirm that Tocsin reaches you",
        "Open the link and confirm with one tap.",
        "verify",
    ),
}
NOT_READY_S = 60
#: A contact method's secret in plain text, by its id.
SecretOf = Callable[[UUID], Awaitable[str | None]]


class LinkMail:
    """Carries links over the contact method's own transport. `base` is the public address."""

    def __init__(
        self, transports: Mapping[str, Transport], renderer: Renderer, base: str, secret_of: SecretOf
    ) -> None:
        self._transports = transports
        self._secret_of = secret_of
        self._renderer = renderer
        self._base = base

    async def __call__(self, user: User, method: ContactMethod, purpose: Purpose, token: str) -> None:
        transport = self._transports.get(method.transport)
        if transport is None or not transport.ready:
            raise RetryLater(NOT_READY_S, f"{method.transport} is not set up")
        subject, text, path = WORDS[purpose]
        facts = PageFacts(
            MessagePurpose.LINK, new_id(), user.name, user.time_zone, subject=subject, text=text,
            ack_url=f"{self._base}/{path}/{token}",
        )  # fmt: skip
        to = Destination(method.address, await self._secret_of(method.id) if method.has_secret else None)
        try:
            await transport.send(self._renderer.render(facts), to)
        except SendFailed as failed:
            if failed.retry:
                raise RetryLater(failed.after or 30, str(failed)) from failed
            raise
