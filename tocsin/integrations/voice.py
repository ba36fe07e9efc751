"""Pages by telephone call: the alert is read out twice, and key 4 acknowledges it."""

from collections.abc import Mapping

from tocsin.paging.telephony import Calling, Order, by_the_first, e164, in_order, script_of
from tocsin.paging.transport import Destination, Field, Message, SendFailed, Sent, TransportInfo

INFO = TransportInfo(
    name="voice",
    title="Telephone call",
    fields=(Field("address", "Telephone number", "With its country: +49 30 1234567."),),
    receipts=True, at_once=20, accept=e164, doc="voice.md",
)  # fmt: skip


class Voice:
    """The transport `voice`. Ready with one vendor. `base` is our public address."""

    def __init__(self, vendors: Mapping[str, Calling], base: str, order: Order = ()) -> None:
        self._vendors = {name: vendor for name, vendor in vendors.items() if vendor.calls}
        self._base = base
        self._order = order

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return any(vendor.ready for vendor in self._vendors.values())

    async def send(self, message: Message, to: Destination) -> Sent:
        """Starts a call by the first vendor that takes it; whether somebody answered is told later."""
        if not self.ready:
            raise SendFailed("No vendor for calls is set up (TOCSIN_TWILIO_URL and others).", retry=False)
        script = script_of(message, self._base)
        vendors = in_order(to.address, self._vendors, self._order)
        return await by_the_first(vendors, lambda v: v.call(to.address, script, message.key))
