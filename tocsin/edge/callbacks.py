"""Where vendors call us: `/in/NAME/...`. Receipts go into the ledger; a "4" by telephone acknowledges."""

from collections.abc import Iterable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty import readiness_work
from tocsin.duty.readiness import sql as readiness
from tocsin.edge.access import Who, machine
from tocsin.edge.raw import read_body
from tocsin.edge.site import Site, site_of
from tocsin.edge.viewer import PUBLIC
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.db import Actor
from tocsin.kernel.errors import Conflict, Forbidden, NotFound
from tocsin.kernel.log import logger
from tocsin.paging import commands
from tocsin.paging.inbound import Call, Heard, Pressed, Receiver, Reply, Spoken, take_receipt
from tocsin.paging.telephony import KEY
from tocsin.people import sign_in

log = logger(__name__)
DOOR = "phone"
#: Bytes: the longest is an SMS of several segments with its facts.
MOST = 65_536
GONE = "This is no longer there. Goodbye."


class Callbacks:
    """The endpoint of one vendor."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def __call__(self, request: Request) -> Response:
        """Reads, believes what is signed, does it, answers in the vendor's language."""
        site = site_of(request)
        body = await read_body(request.scope, request.receive, MOST)
        path = request.url.path
        query = f"?{request.url.query}" if request.url.query else ""
        call = Call(
            # As the vendor was told: what a proxy made of it in between is not what was signed.
            url=f"{site.settings.url}{quote(path, safe='/-')}{query}",
            path=tuple(path.split("/")[3:]),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            now=await site.database.clock(),
        )
        heard = self._receiver.receive(call)
        kind, answer = self._receiver.answer(call, await self._do(site, heard))
        return Response(answer, media_type=kind)

    async def _do(self, site: Site, heard: Heard) -> Spoken | None:
        for receipt in heard.receipts:
            await take_receipt(site.database, receipt)
        if heard.reply:
            await _reply(site, heard.reply)
        return await _pressed(site, heard.pressed) if heard.pressed else None


async def _reply(site: Site, reply: Reply) -> None:
    async with site.database.unit(PUBLIC, DOOR, reply.key or None) as u:
        answer = await commands.acknowledge_by_reply(u, reply.number, reply.alert)
    log.info("reply_by_telephone", state=answer["state"])


async def _pressed(site: Site, pressed: Pressed) -> Spoken:
    """What a key did, as words to be spoken."""
    if pressed.digits != KEY:
        return Spoken(f"Press {KEY}, or hang up.", ask_again=True)
    try:
        return Spoken(await (_follow(site, pressed.link) if pressed.link else _acknowledge(site, pressed)))
    except (NotFound, Forbidden, Conflict, CryptoError):
        return Spoken(GONE)


async def _acknowledge(site: Site, pressed: Pressed) -> str:
    async with site.database.unit(PUBLIC, DOOR) as u:
        answer = await commands.acknowledge_message(u, pressed.delivery)
    match answer["state"]:
        case "closed":
            return "This alert is closed already. Goodbye."
        case "already":
            return f"{answer['by']} has it already. Goodbye."
        case _:
            return f"Acknowledged. {_yours(answer)} Goodbye."


def _yours(answer: dict[str, str]) -> str:
    return f"All {answer['count']} are yours." if "count" in answer else "It is yours."


async def _follow(site: Site, link: str) -> str:
    """A link that was meant to be opened: a number is confirmed, or a weekly test has arrived."""
    kind, _, token = link.partition("/")
    if kind == "verify":
        async with site.database.unit(PUBLIC, DOOR) as u:
            await sign_in.verify(u, token)
        return "Thank you. Tocsin can reach you here. Goodbye."
    if kind != "receipt":
        raise NotFound("There is no such link.")
    test_id = readiness_work.test_of_token(site.keys, token, await site.database.clock())
    test = await site.database.row(readiness.test_by_id, test_id)
    if test is None:
        raise NotFound("This test does not exist any more.")
    async with site.database.unit(Actor(test["user_id"], test["name"], "user", test["role"]), DOOR) as u:
        await readiness_work.confirm_test(u, test_id)
    return "Thank you. The test has arrived. Goodbye."


def routes(receivers: Iterable[Receiver]) -> list[BaseRoute]:
    """Two depths for each vendor; what is not signed by it is refused."""
    return [
        machine(path, Callbacks(receiver).__call__, who=Who.VENDOR_SIGNATURE, name=f"{receiver.name}_{n}")
        for receiver in receivers
        for n, path in enumerate((f"/in/{receiver.name}/{{what}}", f"/in/{receiver.name}/{{what}}/{{about}}"))
    ]
