"""The operator's accounts at vendors of telephony, chat and storage, read from the environment. A wrong value stops the start."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tocsin.variables import WrongSetting

#: Names that an order may use.
VENDORS = ("twilio", "telnyx", "gateway")
#: Per country prefix, longest first; an empty prefix is for all others.
Order = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Account:
    """An account at a vendor: where its API is, who we are there, and which number we send from."""

    root: str
    user: str
    sender: str
    secret: str = field(repr=False)
    #: Telnyx: the public key that it signs with, in base64, and the application for calls.
    public_key: str = ""
    application: str = ""

    def __str__(self) -> str:
        return f"{self.root} from {self.sender}"


@dataclass(frozen=True)
class Gateway:
    """Any HTTP service that sends SMS. `{to}`, `{text}` and `{id}` are filled in, in the URL and in the body."""

    method: str
    url: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.method} {urlsplit(self.url).scheme}://{urlsplit(self.url).hostname}"


@dataclass(frozen=True)
class Model:
    """A language model behind an endpoint that is compatible with OpenAI's chat completions. `private`: also for private incidents."""

    root: str
    name: str
    secret: str = field(default="", repr=False)
    private: bool = False

    def __str__(self) -> str:
        return f"{self.name} at {self.root}" + (", private incidents too" if self.private else "")


@dataclass(frozen=True)
class Bucket:
    """A bucket of an S3 server, and what our objects' names begin with in it."""

    endpoint: str
    name: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    prefix: str = ""

    def __str__(self) -> str:
        return f"{'/'.join(filter(None, (self.endpoint, self.name, self.prefix)))} ({self.region})"


def bucket(text: str) -> Bucket:
    """`https://ACCESS_KEY:SECRET_KEY@s3.example.org/BUCKET/PREFIX?region=eu-central-1`; prefix and region may be left out.

    A secret key may hold slashes as it is: nothing behind it holds an @.
    """
    name = "TOCSIN_S3_URL"
    scheme, _, rest = text.partition("://")
    keys, _, place = rest.rpartition("@")
    access, _, secret = keys.partition(":")
    if scheme not in ("http", "https") or not access or not secret or " " in text:
        raise WrongSetting(name, "must hold https://, the access key, a colon, the secret key and an @")
    try:
        parts = urlsplit(f"{scheme}://{place}")
        query, port = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query))), parts.port
    except ValueError:
        raise WrongSetting(name, "is not a URL") from None
    bucket_name, *prefix = parts.path.strip("/").split("/")
    if not parts.hostname or port == 0 or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket_name):
        raise WrongSetting(name, "must name a host and a bucket behind the @")
    if not all(re.fullmatch(r"(?!\.+$)[\w.-]{1,100}", each, re.ASCII) for each in prefix):
        raise WrongSetting(
            name, "may have a prefix behind the bucket, of letters, digits, dots, hyphens and slashes"
        )
    region = query.pop("region", "us-east-1")
    if query or parts.fragment or not re.fullmatch(r"[a-z0-9-]{1,40}", region):
        raise WrongSetting(name, "may only have ?region= behind the bucket")
    root = f"{scheme}://{parts.netloc}"
    return Bucket(root, bucket_name, unquote(access), unquote(secret), region, "/".join(prefix))


def model(text: str) -> Model:
    """`https://:KEY@api.openai.com/v1?model=NAME`; `&private=1` for private incidents too."""
    name = "TOCSIN_MODEL_URL"
    try:
        parts = urlsplit(text)
        query, port = dict(parse_qsl(parts.query)), parts.port
    except ValueError:
        raise WrongSetting(name, "is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or set(query) - {"model", "private"}:
        raise WrongSetting(name, "must look like https://:KEY@api.openai.com/v1?model=NAME")
    if not query.get("model"):
        raise WrongSetting(name, "must name a model after the ?")
    root = f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    return Model(root, query["model"], unquote(parts.password or ""), query.get("private") == "1")


def twilio(text: str) -> Account:
    """`https://ACCOUNT:TOKEN@api.twilio.com?from=+15551234567`."""
    name = "TOCSIN_TWILIO_URL"
    parts, query = _account(name, text, {"from"})
    if not parts.username or not parts.password:
        raise WrongSetting(name, "must hold the account and its token")
    return Account(_root(parts), unquote(parts.username), _sender(name, query), unquote(parts.password))


def telnyx(text: str) -> Account:
    """`https://:KEY@api.telnyx.com?from=+15551234567&public_key=BASE64`; `&application=ID` for calls."""
    name = "TOCSIN_TELNYX_URL"
    parts, query = _account(name, text, {"from", "public_key", "application"})
    if not parts.password or not query.get("public_key"):
        raise WrongSetting(
            name, "must hold the API key and, after the ?, the public key that Telnyx signs with"
        )
    secret = unquote(parts.password)
    public = query["public_key"].replace(" ", "+")
    return Account(_root(parts), "", _sender(name, query), secret, public, query.get("application", ""))


def telegram_token(text: str) -> str:
    """Of a bot of Telegram."""
    number, _, rest = text.partition(":")
    if not (
        number.isascii()
        and number.isdigit()
        and rest.isascii()
        and rest.replace("-", "").replace("_", "").isalnum()
    ):
        raise WrongSetting(
            "TOCSIN_TELEGRAM_TOKEN", "must be the token that @BotFather gave, a number, a colon and a word"
        )
    return text


def slack_token(text: str) -> str:
    """A bot token."""
    if not (text.startswith("xoxb-") and len(text) > 10 and _is_word(text)):
        raise WrongSetting(
            "TOCSIN_SLACK_TOKEN", "must be the bot token of a Slack app, which starts with xoxb-"
        )
    return text


def slack_secret(text: str) -> str:
    """What Slack signs its requests with."""
    if not (len(text) >= 16 and _is_word(text)):
        raise WrongSetting("TOCSIN_SLACK_SIGNING_SECRET", "must be the signing secret of the Slack app")
    return text


def matrix_token(text: str) -> str:
    """The access token of a bot's account."""
    if not (len(text) >= 8 and _is_word(text)):
        raise WrongSetting("TOCSIN_MATRIX_TOKEN", "must be the access token of the bot, one word")
    return text


def _is_word(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def gateway(text: str) -> Gateway:
    """`POST https://sms.example.org/send?to={to}&text={text}`."""
    name = "TOCSIN_SMS_GATEWAY"
    method, _, url = text.partition(" ")
    if method not in {"GET", "POST", "PUT"} or not url.strip():
        raise WrongSetting(name, "must be GET, POST or PUT and a URL")
    _split(name, url.strip())
    return Gateway(method, url.strip())


def gateway_body(text: str) -> str:
    """A form or JSON; it must say whom and what."""
    if "{to}" not in text or "{text}" not in text:
        raise WrongSetting("TOCSIN_SMS_GATEWAY_BODY", "must hold {to} and {text}")
    return text


def gateway_header(text: str) -> str:
    """One header with its value."""
    name, colon, value = text.partition(":")
    if not (colon and value.strip() and name.strip().replace("-", "").isalnum() and text.isprintable()):
        raise WrongSetting("TOCSIN_SMS_GATEWAY_HEADER", "must be a name, a colon and a value")
    return f"{name.strip()}: {value.strip()}"


def order(text: str) -> Order:
    """`+49=twilio,telnyx *=telnyx`: longest prefix first, `*` last."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in text.split():
        prefix, _, names = rule.partition("=")
        vendors = tuple(name for name in names.lower().split(",") if name)
        number = prefix[1:]
        known = bool(vendors) and set(vendors) <= set(VENDORS)
        if not known or not (prefix == "*" or (prefix[:1] == "+" and number.isascii() and number.isdigit())):
            raise WrongSetting(
                "TOCSIN_SMS_ORDER",
                f"must be prefixes with vendors ({', '.join(VENDORS)}), separated by spaces",
            )
        found["" if prefix == "*" else prefix] = vendors
    return tuple(sorted(found.items(), key=lambda rule: -len(rule[0])))


def patience(text: str) -> tuple[tuple[str, int], ...]:
    """`sms=60 voice=120`: seconds until a receipt is missed; 0 waits for none."""
    found: dict[str, int] = {}
    for rule in text.split():
        name, _, number = rule.partition("=")
        good = name in ("sms", "voice") and number.isascii() and number.isdigit() and len(number) <= 5
        if not good or 0 < int(number) < 10:
            raise WrongSetting(
                "TOCSIN_RECEIPT_PATIENCE", "must be sms= and voice= with seconds (10 or more, or 0), separated by spaces",
            )  # fmt: skip
        found[name] = int(number)
    return tuple(found.items())


def shown_patience(rules: tuple[tuple[str, int], ...]) -> str:
    """As it was written."""
    return " ".join(f"{name}={number}" for name, number in rules)


def page_limits(text: str) -> tuple[tuple[str, int], ...]:
    """`sms=20 voice=6`: messages an hour to one address, by transport; 0 is no limit."""
    found: dict[str, int] = {}
    for rule in text.split():
        name, _, number = rule.partition("=")
        if not (
            name.isascii() and name.isalpha() and number.isascii() and number.isdigit() and len(number) <= 5
        ):
            raise WrongSetting(
                "TOCSIN_PAGE_LIMITS", "must be transports with messages an hour, as sms=20, separated by spaces",
            )  # fmt: skip
        found[name] = int(number)
    return tuple(found.items())


def shown_order(rules: Order) -> str:
    """As it was written."""
    return " ".join(f"{prefix or '*'}={','.join(names)}" for prefix, names in rules)


def _account(name: str, text: str, known: set[str]) -> tuple[SplitResult, dict[str, str]]:
    parts = _split(name, text)
    query = dict(parse_qsl(parts.query))
    if not set(query) <= known:
        raise WrongSetting(name, f"may only have {', '.join(sorted(known))} after its ?")
    return parts, query


def _split(name: str, text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise WrongSetting(name, "is not a URL") from None
    if (
        parts.scheme not in ("https", "http")
        or not parts.hostname
        or port == 0
        or any(c.isspace() for c in text)
    ):
        raise WrongSetting(name, "must hold a URL that starts with https:// and names a host, without spaces")
    return parts


def _root(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def _sender(name: str, query: dict[str, str]) -> str:
    sender = query.get("from", "").strip()
    sender = f"+{sender}" if sender.isdigit() and len(sender) > 6 else sender
    if not sender:
        raise WrongSetting(name, "must say after its ? which number we send from")
    return sender
