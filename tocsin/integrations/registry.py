"""The one list of integrations. Delete a file and its line here, and the integration is gone."""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.alerts.format import Format
from tocsin.integrations.alertmanager import Alertmanager
from tocsin.integrations.apprise import Apprise
from tocsin.integrations.email import Email
from tocsin.integrations.generic import Generic
from tocsin.integrations.gotify import Gotify
from tocsin.integrations.matrix import Matrix
from tocsin.integrations.ntfy import Ntfy
from tocsin.integrations.opsgenie import Opsgenie
from tocsin.integrations.slack import Slack
from tocsin.integrations.sms import Sms
from tocsin.integrations.sms_gateway import SmsGateway
from tocsin.integrations.telegram import Telegram
from tocsin.integrations.telnyx import Telnyx
from tocsin.integrations.twilio import Twilio
from tocsin.integrations.voice import Voice
from tocsin.integrations.webhook import Webhook
from tocsin.integrations.webpush import WebPush
from tocsin.kernel.crypto import Keys
from tocsin.kernel.net import Outbound
from tocsin.paging.chat import Chat
from tocsin.paging.inbound import Receiver
from tocsin.paging.listen import Listener
from tocsin.paging.telephony import Calling, Texting
from tocsin.paging.transport import Transport
from tocsin.settings import Settings

_FORMATS: tuple[Format, ...] = (Generic(), Alertmanager(), Opsgenie())
#: Every format of inbound alerts, by name, in the order in which they are offered.
FORMATS: dict[str, Format] = {format_.name: format_ for format_ in _FORMATS}


@dataclass(frozen=True, slots=True)
class Telephony:
    """Vendors of SMS and calls, in the order in which they are tried unless the operator says otherwise."""

    twilio: Twilio
    telnyx: Telnyx
    gateway: SmsGateway

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """Those that call us."""
        return self.twilio, self.telnyx


def telephony(settings: Settings, outbound: Outbound) -> Telephony:
    """Every vendor, configured or not."""
    return Telephony(
        Twilio(outbound, settings.twilio, settings.url),
        Telnyx(outbound, settings.telnyx, settings.url),
        SmsGateway(outbound, settings.sms_gateway, settings.sms_gateway_body, settings.sms_gateway_header),
    )


def transports(
    settings: Settings, outbound: Outbound, vendors: Telephony | None = None, keys: Keys | None = None
) -> dict[str, Transport]:
    """Every way to reach a person, by name, configured or not. Without `keys` nothing can be pushed to devices."""
    phones = vendors or telephony(settings, outbound)
    texting: list[Texting] = [phones.twilio, phones.telnyx, phones.gateway]
    calling: list[Calling] = [phones.twilio, phones.telnyx]
    found: tuple[Transport, ...] = (
        Email(settings.smtp, settings.mail_from),
        Sms({vendor.name: vendor for vendor in texting}, settings.sms_order),
        Voice({vendor.name: vendor for vendor in calling}, settings.url, settings.sms_order),
        WebPush(outbound, keys, settings.url, settings.contact),
        Ntfy(outbound),
        Gotify(outbound),
        Slack(outbound, settings.slack_token, settings.slack_secret, settings.slack_api),
        Matrix(outbound, settings.matrix_url, settings.matrix_token),
        Telegram(outbound, settings.telegram_token),
        Webhook(outbound),
        Apprise(settings.private_targets),
    )
    return {transport.info.name: transport for transport in found}


def chats(ways: Mapping[str, Transport]) -> tuple[Chat, ...]:
    """Those among the transports that call us when somebody taps a button."""
    return tuple(way for way in ways.values() if isinstance(way, Slack))


def listeners(ways: Mapping[str, Transport]) -> tuple[Listener, ...]:
    """Those among the transports that are asked for what people answered."""
    return tuple(way for way in ways.values() if isinstance(way, Matrix))
