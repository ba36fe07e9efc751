"""Pages by telephone call: the alert is read out twice, and key 4 acknowledges it."""

from collections.abc import Mapping

from tocsin.paging.telephony import Calling, Checked, Order, by, e164, in_order, script_of
from tocsin.paging.transport import Destination, Field, Message, SendFailed, Sent, TransportInfo

INFO = TransportInfo(
    name="voice",
    title="Telephone call",
    fields=(Field("address", "Telephone number", "With its country: +49 30 1234567."),),
    receipts=True, at_once=20, accept=e164, doc="voice.md",
    bundles=True,
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
        """Starts a call by the first vendor of the number's country; what became of it is told later."""
        if not self.ready:
            raise SendFailed("No vendor for calls is set up (TOCSIN_TWILIO_URL and others).", retry=False)
        if not (names := self.vendors(to.address)):
            raise SendFailed("No telephony vendor is set up for this number.", retry=False)
        return await self.send_by(names[0], message, to)

    async def send_by(self, vendor: str, message: Message, to: Destination) -> Sent:
        """By this vendor; its name stands before its id."""
        script = script_of(message, self._base)
        return by(vendor, await self._vendors[vendor].call(to.address, script, message.key))
