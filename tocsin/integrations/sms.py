"""Pages by SMS, through the first vendor that takes them; one segment where it can be."""

from collections.abc import Mapping

from tocsin.paging.gsm import one_segment, plain
from tocsin.paging.telephony import KEY, Order, Texting, by_the_first, e164, in_order
from tocsin.paging.transport import Destination, Field, Message, SendFailed, Sent, TransportInfo

INFO = TransportInfo(
    name="sms",
    title="SMS",
    fields=(Field("address", "Telephone number", "With its country: +49 151 23456789."),),
    receipts=True, at_once=150, accept=e164, doc="sms.md",
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

    async def send(self, message: Message, to: Destination) -> Sent:
        """One SMS by the first vendor of the number's country that takes it; the vendor's receipt comes later."""
        if not self.ready:
            raise SendFailed("No vendor for SMS is set up (TOCSIN_TWILIO_URL and others).", retry=False)
        vendors = in_order(to.address, self._vendors, self._order)
        return await by_the_first(
            vendors, lambda v: v.text(to.address, words_of(message, replies=v.replies), message.key)
        )


def words_of(message: Message, *, replies: bool) -> str:
    """`[P1 #42] text - ack: reply 4`. Without a way to reply, or for a confirmation, the link follows, whole."""
    if message.ack_url and replies:
        return one_segment(message.subject, f" · ack: reply {KEY}")
    if link := message.ack_url or message.url:
        return f"{plain(message.subject)[:140]} {link}"
    return one_segment(message.subject)
