"""Pages through Apprise, for the long tail: more than a hundred services by one URL. https://appriseit.com

The library opens its connections by itself, so it runs in threads of its own, inside a fence: no private address, no redirect,
no program, nothing of this machine. It says whether it worked, and of a failure only what it logs.
"""

import asyncio
import logging
import mimetypes
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256

import apprise
from apprise import AppriseAsset, NotifyBase, NotifyFormat, NotifyType

from tocsin.kernel.fence import fence
from tocsin.kernel.outcome import outcome
from tocsin.paging.exchange import clipped
from tocsin.paging.model import Purpose
from tocsin.paging.transport import BadAddress, Destination, Field, Message, SendFailed, Sent, TransportInfo
from tocsin.settings import PrivateTargets

TIMEOUT_S = 20.0
AT_ONCE = 8
#: They act on this machine, not on a person elsewhere.
_LOCAL = frozenset({
    "syslog", "dbus", "kde", "gnome", "glib", "gio", "qt", "macosx", "windows", "blink1", "file", "exec", "vapid",
})  # fmt: skip
_SCHEME = re.compile(r"[a-z0-9]{2,20}")
_STATUS = re.compile(r"error=(\d{3})\b")
#: Its own log and that of the client below hold addresses with tokens in them.
for _name in ("apprise", "urllib3", "requests", "charset_normalizer"):
    logging.getLogger(_name).setLevel(logging.WARNING)
    logging.getLogger(_name).propagate = False
    logging.getLogger(_name).addHandler(logging.NullHandler())
_LOG = logging.getLogger("apprise")


@cache
def _load() -> None:
    """Its plugins load at first use, and with them whatever looks around on this machine: before the fence."""
    mimetypes.init()
    apprise.Apprise.instantiate("json://localhost")


def _made(url: str) -> NotifyBase | None:
    asset = AppriseAsset(app_id="Tocsin", http_redirects=False, secure_logging=True)
    found = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    return found if isinstance(found, NotifyBase) else None


def _accept(address: str, _secret: str) -> Destination:
    """The URL is full of secrets: it is kept sealed. The address that is shown is its scheme and a mark."""
    scheme, _, rest = address.partition("://")
    if not rest or not _SCHEME.fullmatch(scheme.lower()):
        raise BadAddress("That is no Apprise URL, as discord://… or mmosts://….")
    _load()
    with fence(PrivateTargets()):
        known = scheme.lower() not in _LOCAL and _made(address) is not None
    if not known:
        raise BadAddress(f"Apprise does not know how to reach anybody by {scheme.lower()}:// with this.")
    return Destination(f"{scheme.lower()} ({sha256(address.encode()).hexdigest()[:8]})", address)


INFO = TransportInfo(
    name="apprise",
    title="Apprise",
    fields=(Field("address", "Apprise URL", "For services that are not listed here: discord://…, mmosts://…."),),
    at_once=AT_ONCE, accept=_accept, doc="apprise.md",
    # Each address is a service of its own: what one of them does says nothing about the others.
    carrier=str,
    bundles=True,
)  # fmt: skip


class Apprise:
    """The transport `apprise`. What it may reach is what any address of a user may."""

    def __init__(self, private: PrivateTargets, *, timeout: float = TIMEOUT_S) -> None:
        self._private = private
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="apprise")

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return True

    async def send(self, message: Message, to: Destination) -> Sent:
        """One notification. The thread of one that hangs is left to its own time-outs."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                failure = await loop.run_in_executor(self._threads, self._send, message, to.secret or "")
        except TimeoutError:
            failure = SendFailed("There was no answer in time.", retry=True, maybe_sent=True, fault=True)
        if failure is not None:
            raise failure
        return Sent()

    def _allowed(self, service: NotifyBase) -> PrivateTargets:
        """A host that the operator allows by name may have any address."""
        named = self._private.allows_host(str(getattr(service, "host", None) or ""))
        return PrivateTargets(everything=True) if named else self._private

    def _send(self, message: Message, url: str) -> SendFailed | None:
        """In a thread: the library waits for its answers."""
        _load()
        with fence(PrivateTargets()):
            service = _made(url)
        if service is None:
            return SendFailed("This Apprise URL cannot be used any more: add it again.", retry=False)
        # Longer than we wait: what hangs is then told from what cannot be reached.
        service.socket_connect_timeout = service.socket_read_timeout = 1.5 * self._timeout
        kind = NotifyType.FAILURE if message.purpose is Purpose.PAGE else NotifyType.INFO
        heard = _Heard()
        _LOG.addHandler(heard)
        try:
            with fence(self._allowed(service)) as refused:
                sent = service.notify(
                    body=clipped(_with_link(message), 10_000), title=clipped(message.subject, 250),
                    notify_type=kind, body_format=NotifyFormat.TEXT,
                )  # fmt: skip
        except (OSError, ValueError, TypeError, AttributeError, KeyError, LookupError) as error:
            return SendFailed(f"Apprise broke with {type(error).__name__}.", retry=True, maybe_sent=True)
        finally:
            _LOG.removeHandler(heard)
        if refused:
            return SendFailed("This is a private address, which the operator has not allowed.", retry=False)
        return None if sent else heard.failure()


def _with_link(message: Message) -> str:
    """The text has it already, but for messages about no alert."""
    return (
        message.text if not message.url or message.url in message.text else f"{message.text}\n{message.url}"
    )


class _Heard(logging.Handler):
    """What the library logs in this thread; of it only the status is kept."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self._status = 0

    def emit(self, record: logging.LogRecord) -> None:
        found = _STATUS.search(record.getMessage()) if record.thread == self._thread else None
        self._status = int(found[1]) if found else self._status

    def failure(self) -> SendFailed:
        if not self._status:
            return SendFailed(
                "Apprise could not hand it to the service.", retry=True, maybe_sent=True, fault=True
            )
        result = outcome(self._status, {})
        return SendFailed(
            f"The service answered {self._status} to Apprise.", retry=result.retry, gone=self._status == 410,
            fault=self._status >= 500,
        )  # fmt: skip
