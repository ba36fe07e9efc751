"""Pages by SMS, through the first vendor that takes them; one segment where it can be."""

from collections.abc import Mapping

from tocsin.paging.gsm import one_segment, plain
from tocsin.paging.telephony import KEY, Checked, Order, Texting, by, e164, in_order
from tocsin.paging.transport import Destination, Field, Message, SendFailed, Sent, TransportInfo

INFO = TransportInfo(
    name="sms",
    title="SMS",
    fields=(Field("address", "Telephone number", "With its country: +49 151 23456789."),),
    receipts=True, at_once=100, accept=e164, doc="sms.md",
    bundles=True,
)  # fmt: skip


class Sms:
    """The transport `sms`. Ready with one vendor."""

    def __init__(self, vendors: Mapping[str, Texting], order: Order = ()) -> None:
        self._vendors = vendors
        self._order = order

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return any(vendor.ready for vendor in self._vendors.values())

    def vendors(self, address: str) -> list[str]:
        """Those of the number's country, in order."""
        return [vendor.name for vendor in in_order(address, self._vendors, self._order)]

    def tells(self, vendor: str) -> bool:
        return self._vendors[vendor].receipts

    def can_check(self, vendor: str) -> bool:
        return isinstance(self._vendors.get(vendor), Checked)

    async def check(self, vendor: str) -> None:
        carrier: object = self._vendors.get(vendor)
        if isinstance(carrier, Checked):
            await carrier.check()

    async def send(self, message: Message, to: Destination) -> Sent:
        """One SMS by the first vendor of the number's country; what became of it is told later."""
        if not self.ready:
            raise SendFailed("No vendor for SMS is set up (TOCSIN_TWILIO_URL and others).", retry=False)
        if not (names := self.vendors(to.address)):
            raise SendFailed("No telephony vendor is set up for this number.", retry=False)
        return await self.send_by(names[0], message, to)

    async def send_by(self, vendor: str, message: Message, to: Destination) -> Sent:
        """By this vendor; its name stands before its id."""
        carrier = self._vendors[vendor]
        return by(
            vendor, await carrier.text(to.address, words_of(message, replies=carrier.replies), message.key)
        )


def words_of(message: Message, *, replies: bool) -> str:
    """`[P1 #42] text - ack: reply 4`. Without a way to reply, or for a confirmation, the link follows, whole."""
    if message.ack_url and replies:
        return one_segment(message.subject, f" · ack: reply {KEY}")
    if link := message.ack_url or message.url:
        return f"{plain(message.subject)[:140]} {link}"
    return one_segment(message.subject)
