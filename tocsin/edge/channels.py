"""From what somebody typed about a webhook or a chat channel to what a policy keeps of it: checked, its secret sealed."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from tocsin.edge.site import Site
from tocsin.kernel.crypto import webhook_headers
from tocsin.kernel.errors import Invalid
from tocsin.paging.drafts import NewChannel
from tocsin.paging.plans import Kind
from tocsin.paging.transport import SECRET_PURPOSE, BadAddress

#: From kind, name, address and secret that were typed to a channel.
Channel = Callable[[Kind, str, str, str], NewChannel]
#: What carries messages to each kind. A chat channel is any that Apprise can post to: Slack, Mattermost, Matrix and many more.
CARRIES = {Kind.WEBHOOK: "webhook", Kind.CHAT: "apprise"}


def new_channel(site: Site, kind: Kind, name: str, address: str, secret: str = "") -> NewChannel:
    """A channel as its transport accepts it. Raises `Invalid` for `steps` when it cannot work."""
    transport = site.transports.get(CARRIES[kind])
    if transport is None or not transport.ready:
        raise Invalid("steps", f"This installation cannot send to a {kind.replace('_', ' ')}.")
    if secret and kind is Kind.WEBHOOK:
        _check_secret(secret)
    try:
        to = transport.info.accept(address.strip(), secret.strip())
    except BadAddress as bad:
        raise Invalid("steps", str(bad)) from bad
    sealed = to.secret

    def seal(about: UUID) -> bytes:
        return site.keys.seal(SECRET_PURPOSE, (sealed or "").encode(), about=str(about))

    return NewChannel(
        name.strip() or kind.replace("_", " ").capitalize(),
        CARRIES[kind],
        to.address,
        seal if sealed else None,
    )


def _check_secret(secret: str) -> None:
    try:
        webhook_headers(secret.strip(), "check", datetime.now(UTC), b"")
    except ValueError:
        raise Invalid("steps", "A signing secret is whsec_ and 24 to 64 bytes in base64.") from None
