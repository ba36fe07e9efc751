"""Where chats call us when somebody taps a button: `/in/NAME/interactions`. A tap acknowledges as whoever was paged."""

from collections.abc import Iterable

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.access import Who, machine
from tocsin.edge.raw import read_body
from tocsin.edge.site import site_of
from tocsin.kernel.log import logger
from tocsin.paging.chat import NOT_YOURS, Chat, Outcome, acknowledge
from tocsin.paging.inbound import Call

log = logger(__name__)
#: Bytes: a tap comes with the whole message that it was in.
MOST = 262_144


class Taps:
    """The endpoint of one chat."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def __call__(self, request: Request) -> Response:
        """Does it, and answers at once: vendors wait three seconds. The message is changed after the answer."""
        site = site_of(request)
        call = Call(
            url=f"{site.settings.url}{request.url.path}",
            path=("interactions",),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await read_body(request.scope, request.receive, MOST),
            now=await site.database.clock(),
        )
        tapped = self._chat.tapped(call)
        if tapped is None:
            return Response()
        outcome = Outcome(NOT_YOURS, done=False)
        if tapped.own:
            outcome = await acknowledge(site.database, tapped.delivery)
        log.info("tapped", chat=self._chat.name, own=tapped.own)
        return Response(background=BackgroundTask(self._chat.settle, tapped, outcome))


def routes(chats: Iterable[Chat]) -> list[BaseRoute]:
    """What is not signed by the chat's vendor is refused."""
    return [
        machine(
            f"/in/{chat.name}/interactions", Taps(chat).__call__, who=Who.VENDOR_SIGNATURE, name=chat.name
        )
        for chat in chats
    ]
