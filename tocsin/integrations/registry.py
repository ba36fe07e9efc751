"""The one list of integrations. Delete a file and its line here, and the integration is gone."""

from tocsin.alerts.format import Format
from tocsin.integrations.alertmanager import Alertmanager
from tocsin.integrations.email import Email
from tocsin.integrations.generic import Generic
from tocsin.integrations.gotify import Gotify
from tocsin.integrations.ntfy import Ntfy
from tocsin.integrations.opsgenie import Opsgenie
from tocsin.integrations.telegram import Telegram
from tocsin.integrations.webhook import Webhook
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import Transport
from tocsin.settings import Settings

_FORMATS: tuple[Format, ...] = (Generic(), Alertmanager(), Opsgenie())
#: Every format of inbound alerts, by name, in the order in which they are offered.
FORMATS: dict[str, Format] = {format_.name: format_ for format_ in _FORMATS}


def transports(settings: Settings, outbound: Outbound) -> dict[str, Transport]:
    """Every way to reach a person, by name, configured or not."""
    found: tuple[Transport, ...] = (
        Email(settings.smtp, settings.mail_from),
        Ntfy(outbound),
        Gotify(outbound),
        Telegram(outbound, settings.telegram_token),
        Webhook(outbound),
    )
    return {transport.info.name: transport for transport in found}
