"""The environment variables of Tocsin: the one list of names, defaults and meanings.

The documentation page, `tocsin settings` and the tests are held to it.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass


class WrongSetting(Exception):
    """A variable that cannot be used; `str()` is the sentence to print. It never repeats a value."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"{name} {problem}, for example {name}={_BY_NAME[name].example}")


@dataclass(frozen=True)
class Variable:
    """One environment variable: `field` of Settings it fills, its default in words, what it means."""

    name: str
    field: str
    default: str
    meaning: str
    example: str
    secret: bool = False


VARIABLES = (
    Variable(
        "TOCSIN_DATA",
        "data",
        "the user's data folder (as root /var/lib/tocsin)",
        "Folder of the private database and of the key file. Default: `$XDG_DATA_HOME/tocsin` or "
        "`~/.local/share/tocsin`, on macOS `~/Library/Application Support/tocsin`, as root `/var/lib/tocsin`.",
        "/srv/tocsin",
    ),
    Variable(
        "DATABASE_URL",
        "database_url",
        "a private PostgreSQL in TOCSIN_DATA",
        "PostgreSQL 15 or newer to use instead of the private one.",
        "postgresql://tocsin:password@db.example.org/tocsin",
        secret=True,
    ),
    Variable("TOCSIN_HOST", "host", "127.0.0.1", "Address to listen on.", "0.0.0.0"),  # noqa: S104 - an example
    Variable("TOCSIN_PORT", "port", "8080", "Port to listen on.", "8080"),
    Variable(
        "TOCSIN_URL",
        "url",
        "http://localhost:PORT",
        "Address that people and webhooks use to reach Tocsin; it stands in mails, pages and invitations.",
        "https://tocsin.example.org",
    ),
    Variable(
        "TOCSIN_SMTP_URL",
        "smtp",
        "no mail is sent",
        "Mail server for outgoing mail: `smtp://` or `smtps://`, with user and password if it asks for them. "
        "`?starttls=1` demands encryption (the default with a password), `?starttls=0` forbids it.",
        "smtp://user:password@mail.example.org:587",
        secret=True,
    ),
    Variable(
        "TOCSIN_MAIL_FROM",
        "mail_from",
        "Tocsin <tocsin@HOST of TOCSIN_URL>",
        "Sender of outgoing mail.",
        "Tocsin <oncall@example.org>",
    ),
    Variable(
        "TOCSIN_MAIL_IN",
        "mail_in",
        "no mail is taken in",
        "Address and port to take mail in at, for incidents and for heartbeats that report by mail. Nothing is relayed.",
        "0.0.0.0:2525",
    ),
    Variable(
        "TOCSIN_MAIL_DOMAIN",
        "mail_domain",
        "HOST of TOCSIN_URL",
        "Domain of the addresses that mail is taken in for; its MX record leads to TOCSIN_MAIL_IN.",
        "ping.example.org",
    ),
    Variable(
        "TOCSIN_MAIL_TRUST",
        "mail_trust",
        "both sender addresses are believed if they agree",
        "Name by which your mail server signs its `Authentication-Results`. With it, words count as a person's only when that server "
        "says `dmarc=pass`.",
        "mx.example.org",
    ),
    Variable(
        "TOCSIN_TELEGRAM_TOKEN",
        "telegram_token",
        "nobody is paged by Telegram",
        "Token of the Telegram bot that pages come from, as @BotFather gave it.",
        "123456789:AAE-a_long_word",
        secret=True,
    ),
    Variable(
        "TOCSIN_SLACK_TOKEN",
        "slack_token",
        "nobody is paged by Slack",
        "Bot token of the Slack app that pages come from.",
        "xoxb-123456789012-a_long_word",
        secret=True,
    ),
    Variable(
        "TOCSIN_SLACK_SIGNING_SECRET",
        "slack_secret",
        "pages in Slack come without a button that acknowledges",
        "Signing secret of the same Slack app: proves that a tap on a button comes from Slack.",
        "0123456789abcdef0123456789abcdef",
        secret=True,
    ),
    Variable(
        "TOCSIN_SLACK_API",
        "slack_api",
        "https://slack.com/api",
        "Address of Slack's methods; another one for GovSlack.",
        "https://slack-gov.com/api",
    ),
    Variable(
        "TOCSIN_MATRIX_URL",
        "matrix_url",
        "nobody is paged by Matrix",
        "Homeserver of the Matrix bot that pages come from.",
        "https://matrix.example.org",
    ),
    Variable(
        "TOCSIN_MATRIX_TOKEN",
        "matrix_token",
        "nobody is paged by Matrix",
        "Access token of that bot.",
        "syt_0123456789abcdef",
        secret=True,
    ),
    Variable(
        "TOCSIN_TWILIO_URL",
        "twilio",
        "nobody is paged through Twilio",
        "Account at Twilio for SMS and calls: the account and its token, and after `?` the number that pages come from.",
        "https://AC0123456789abcdef:token@api.twilio.com?from=+15551234567",
        secret=True,
    ),
    Variable(
        "TOCSIN_TELNYX_URL",
        "telnyx",
        "nobody is paged through Telnyx",
        "Account at Telnyx for SMS and calls: the API key, and after `?` the number that pages come from, the public key that Telnyx signs with and, for calls, the TeXML application.",
        "https://:KEY0123456789@api.telnyx.com?from=+15551234567&public_key=2ndc4kTRtZ8mA5tQhdyYcvMUbrZ6xKkIF0JbYqPTbZs=&application=1293384261075731499",
        secret=True,
    ),
    Variable(
        "TOCSIN_SMS_GATEWAY",
        "sms_gateway",
        "no gateway",
        "Any other HTTP service for SMS: method and URL, in which `{to}`, `{text}` and `{id}` are filled in.",
        "POST https://user:password@sms.example.org/send",
        secret=True,
    ),
    Variable(
        "TOCSIN_SMS_GATEWAY_BODY",
        "sms_gateway_body",
        "no body",
        "What is posted to the gateway, JSON or a form, in which `{to}`, `{text}` and `{id}` are filled in.",
        '{"to": "{to}", "message": "{text}"}',
    ),
    Variable(
        "TOCSIN_SMS_GATEWAY_HEADER",
        "sms_gateway_header",
        "none",
        "One header for the gateway, such as its key.",
        "X-Api-Key: 0123456789",
        secret=True,
    ),
    Variable(
        "TOCSIN_SMS_ORDER",
        "sms_order",
        "all vendors that are set up: twilio, telnyx, gateway",
        "Vendors of SMS and calls by country prefix, in the order in which they are tried; `*` is for all others.",
        "+49=twilio,telnyx *=telnyx",
    ),
    Variable(
        "TOCSIN_RECEIPT_PATIENCE",
        "receipt_patience",
        "sms=60 voice=120",
        "Seconds until a missing receipt sends a page to its next vendor, five times as long at low urgency; 0 waits for none.",
        "sms=90 voice=180",
    ),
    Variable(
        "TOCSIN_GATHER_S",
        "gather_s",
        "60",
        "Seconds within which pages of one service that follow a page to the same person are gathered into one message; "
        "0 sends each by itself. A first page never waits.",
        "120",
    ),
    Variable(
        "TOCSIN_RECORDING_MB",
        "recording_mb",
        "500",
        "The largest recording of a call that can be uploaded, in MB, up to 5000.",
        "1000",
    ),
    Variable(
        "TOCSIN_PAGE_LIMITS",
        "page_limits",
        "sms=20 voice=6",
        "Messages an hour to one address, by transport; 0 is no limit. What is beyond waits and says so, the person's next way "
        "goes at once, and an escalation's first page of high urgency always goes.",
        "sms=40 voice=10 email=200",
    ),
    Variable(
        "TOCSIN_MODEL_URL",
        "model",
        "none",
        "A language model that may put briefs in other words: any endpoint compatible with OpenAI's chat completions, with its "
        "key and the model's name. `&private=1` sends private incidents too.",
        "https://:sk-0123456789@api.openai.com/v1?model=gpt-5-mini",
    ),
    Variable(
        "TOCSIN_S3_URL",
        "s3",
        "files of incidents are kept in TOCSIN_DATA",
        "Bucket of an S3 server to keep files of incidents in: access key and secret key, the server, the bucket and perhaps a "
        "prefix; `?region=` where the server wants one. A bucket and prefix belong to one installation alone.",
        "https://AKIA0123456789:secret@s3.eu-central-1.amazonaws.com/example-tocsin/files?region=eu-central-1",
        secret=True,
    ),
    Variable(
        "TOCSIN_TOKEN", "token", "none", "Token the command line uses.", "tok_0123456789abcdef", secret=True
    ),
    Variable(
        "TOCSIN_SECRET",
        "secret",
        "a key file in TOCSIN_DATA, made at the first start",
        "Master secret of 32 or more characters; signs links and encrypts stored credentials. Processes that "
        "share one DATABASE_URL need the same one. Losing it means entering stored credentials again.",
        "a-long-random-text-of-32-characters-or-more",
        secret=True,
    ),
    Variable(
        "TOCSIN_ALLOW_PRIVATE_TARGETS",
        "private_targets",
        "none",
        "Private addresses that webhooks and other addresses given by users may reach: `1` for all, or a list "
        "of networks and host names separated by commas.",
        "10.0.0.0/8,chat.internal",
    ),
    Variable(
        "TOCSIN_JITSI_URL",
        "jitsi_url",
        "https://meet.jit.si",
        "Jitsi server for calls.",
        "https://meet.jit.si",
    ),
    Variable(
        "TOCSIN_LOG",
        "log",
        "info",
        "`info` or `debug`, and `json` or `console` after a comma. Without the second: `console` on a terminal, "
        "`json` else.",
        "debug,json",
    ),
    Variable(
        "TOCSIN_TRUSTED_PROXIES",
        "trusted_proxies",
        "none",
        "Networks of the reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by "
        "commas.",
        "127.0.0.1,10.0.0.0/8",
    ),
)
_BY_NAME = {variable.name: variable for variable in VARIABLES}


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """Names in the environment that look like a mistyped variable, each with the one probably meant."""
    unknown = [name for name in environ if name.startswith("TOCSIN_") and name not in _BY_NAME]
    close = {name: difflib.get_close_matches(name, _BY_NAME, n=1, cutoff=0.85) for name in sorted(unknown)}
    return {name: matches[0] for name, matches in close.items() if matches}
