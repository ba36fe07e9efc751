"""The environment, read once into one frozen object; `tocsin.variables` says what each means. A wrong value stops the start."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from tocsin import vendors
from tocsin.variables import VARIABLES, Variable, WrongSetting
from tocsin.vendors import Account, Gateway

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
T = TypeVar("T")
YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class Smtp:
    """A mail server. `starttls`: True demands it, False forbids it, None takes it when offered."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    starttls: bool | None = None

    def __str__(self) -> str:
        return f"{'smtps' if self.tls else 'smtp'}://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True)
class Listen:
    """Where something of ours is reached besides by HTTP."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True)
class PrivateTargets:
    """What addresses given by users may reach although it is private."""

    everything: bool = False
    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def allows_host(self, host: str) -> bool:
        return self.everything or host.lower().rstrip(".") in self.hosts

    def allows_address(self, address: Address) -> bool:
        return self.everything or any(address in network for network in self.networks)

    def __str__(self) -> str:
        return "all" if self.everything else ",".join([*map(str, self.networks), *sorted(self.hosts)])


@dataclass(frozen=True)
class Log:
    """How to log; style `auto` means console on a terminal, JSON else."""

    level: Literal["info", "debug"] = "info"
    style: Literal["auto", "json", "console"] = "auto"

    def __str__(self) -> str:
        return self.level if self.style == "auto" else f"{self.level},{self.style}"


@dataclass(frozen=True)
class Settings:
    """What the operator decided. Texts hold no trailing slash; secrets stay out of `repr`."""

    data: Path
    host: str
    port: int
    url: str
    mail_from: str
    jitsi_url: str
    database_url: str | None = field(default=None, repr=False)
    smtp: Smtp | None = None
    mail_in: Listen | None = None
    mail_domain: str = "localhost"
    mail_trust: str = ""
    telegram_token: str | None = field(default=None, repr=False)
    slack_token: str | None = field(default=None, repr=False)
    slack_api: str = "https://slack.com/api"
    slack_secret: str | None = field(default=None, repr=False)
    matrix_url: str | None = None
    matrix_token: str | None = field(default=None, repr=False)
    twilio: Account | None = None
    telnyx: Account | None = None
    sms_gateway: Gateway | None = None
    sms_gateway_body: str = field(default="", repr=False)
    sms_gateway_header: str = field(default="", repr=False)
    sms_order: vendors.Order = ()
    receipt_patience: tuple[tuple[str, int], ...] = ()
    gather_s: int = 60
    recording_mb: int = 500
    model: vendors.Model | None = None
    s3: vendors.Bucket | None = None
    page_limits: tuple[tuple[str, int], ...] = ()
    token: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    private_targets: PrivateTargets = field(default_factory=PrivateTargets)
    log: Log = field(default_factory=Log)
    trusted_proxies: tuple[Network, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether people come by https; cookies carry `Secure` then."""
        return self.url.startswith("https://")

    @property
    def contact(self) -> str:
        """Where other services reach whoever runs this: the public address, or that of its mails while it is not public."""
        return self.url if self.secure else f"mailto:{parseaddr(self.mail_from)[1]}"

    def shown(self) -> tuple[tuple[Variable, str], ...]:
        """Each variable with its value in force, for people: secrets only as `set`."""
        return tuple((variable, _shown(variable, getattr(self, variable.field))) for variable in VARIABLES)


def load(environ: Mapping[str, str], *, platform: str = sys.platform, root: bool | None = None) -> Settings:
    """Reads the environment; an empty variable counts as not set. Raises WrongSetting."""
    env = {name: value.strip() for name, value in environ.items() if value.strip()}
    as_root = os.geteuid() == 0 if root is None else root
    port = _port(env.get("TOCSIN_PORT", "8080"))
    url = _url("TOCSIN_URL", env.get("TOCSIN_URL", f"http://localhost:{port}"), path=False)
    return Settings(
        data=_data(env, platform, as_root),
        host=_host(env.get("TOCSIN_HOST", "127.0.0.1")),
        port=port,
        url=url,
        mail_from=_sender(env.get("TOCSIN_MAIL_FROM"), urlsplit(url).hostname or "localhost"),
        jitsi_url=_url("TOCSIN_JITSI_URL", env.get("TOCSIN_JITSI_URL", "https://meet.jit.si"), path=True),
        database_url=_optional(env, "DATABASE_URL", _database),
        smtp=_optional(env, "TOCSIN_SMTP_URL", _smtp),
        mail_in=_optional(env, "TOCSIN_MAIL_IN", _mail_in),
        mail_trust=_domain("TOCSIN_MAIL_TRUST", env, ""),
        mail_domain=_domain("TOCSIN_MAIL_DOMAIN", env, urlsplit(url).hostname or "localhost"),
        telegram_token=_optional(env, "TOCSIN_TELEGRAM_TOKEN", vendors.telegram_token),
        slack_token=_optional(env, "TOCSIN_SLACK_TOKEN", vendors.slack_token),
        slack_api=_url("TOCSIN_SLACK_API", env.get("TOCSIN_SLACK_API", "https://slack.com/api"), path=True),
        slack_secret=_optional(env, "TOCSIN_SLACK_SIGNING_SECRET", vendors.slack_secret),
        matrix_url=_optional(
            env, "TOCSIN_MATRIX_URL", lambda text: _url("TOCSIN_MATRIX_URL", text, path=True)
        ),
        matrix_token=_optional(env, "TOCSIN_MATRIX_TOKEN", vendors.matrix_token),
        twilio=_optional(env, "TOCSIN_TWILIO_URL", vendors.twilio),
        telnyx=_optional(env, "TOCSIN_TELNYX_URL", vendors.telnyx),
        sms_gateway=_optional(env, "TOCSIN_SMS_GATEWAY", vendors.gateway),
        sms_gateway_body=_optional(env, "TOCSIN_SMS_GATEWAY_BODY", vendors.gateway_body) or "",
        sms_gateway_header=_optional(env, "TOCSIN_SMS_GATEWAY_HEADER", vendors.gateway_header) or "",
        sms_order=_optional(env, "TOCSIN_SMS_ORDER", vendors.order) or (),
        receipt_patience=_optional(env, "TOCSIN_RECEIPT_PATIENCE", vendors.patience) or (),
        gather_s=_number(env, "TOCSIN_GATHER_S", 60, "seconds", 0, 3600),
        page_limits=_optional(env, "TOCSIN_PAGE_LIMITS", vendors.page_limits) or (),
        recording_mb=_number(env, "TOCSIN_RECORDING_MB", 500, "megabytes", 1, 5000),
        model=_optional(env, "TOCSIN_MODEL_URL", vendors.model),
        s3=_optional(env, "TOCSIN_S3_URL", vendors.bucket),
        token=_optional(env, "TOCSIN_TOKEN", _token),
        secret=_optional(env, "TOCSIN_SECRET", _secret),
        private_targets=_private_targets(env.get("TOCSIN_ALLOW_PRIVATE_TARGETS", "0")),
        log=_log(env.get("TOCSIN_LOG", "info")),
        trusted_proxies=_networks(env.get("TOCSIN_TRUSTED_PROXIES", "")),
    )


def _number(env: Mapping[str, str], name: str, default: int, unit: str, least: int, most: int) -> int:
    text = env.get(name, str(default))
    if text.isascii() and text.isdigit() and len(text) <= 5 and least <= int(text) <= most:
        return int(text)
    raise WrongSetting(name, f"must be {unit} from {least} to {most}")


def _optional(env: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T | None:
    return parse(env[name]) if name in env else None


def _data(env: Mapping[str, str], platform: str, root: bool) -> Path:
    if "TOCSIN_DATA" in env:
        return Path(env["TOCSIN_DATA"]).expanduser().absolute()
    if root:
        return Path("/var/lib/tocsin")
    home = Path(env["HOME"]) if "HOME" in env else Path.home()
    if platform == "darwin":
        return home / "Library" / "Application Support" / "tocsin"
    return Path(env.get("XDG_DATA_HOME", home / ".local" / "share")) / "tocsin"


def _port(text: str) -> int:
    if text.startswith("tcp://"):
        raise WrongSetting(
            "TOCSIN_PORT",
            "was set by Kubernetes for a service named tocsin: set enableServiceLinks: false in the pod, "
            "or give the port",
        )
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise WrongSetting("TOCSIN_PORT", "must be a number from 1 to 65535")
    return int(text)


def _host(text: str) -> str:
    if "/" in text or " " in text or text.count(":") == 1:
        raise WrongSetting("TOCSIN_HOST", "must be one address without a scheme and without a port")
    return text.strip("[]")


def _split(name: str, text: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of a URL with a scheme of these, a host and a port that exists."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise WrongSetting(name, "is not a URL") from None
    if parts.scheme not in schemes or not parts.hostname or port == 0 or " " in text:
        raise WrongSetting(name, f"must start with {wanted} and name a host")
    return parts


def _url(name: str, text: str, *, path: bool) -> str:
    parts = _split(name, text, ("https", "http"))
    if parts.query or parts.fragment or parts.username is not None:
        raise WrongSetting(name, "must hold no user, no ? and no #")
    if not path and parts.path.strip("/"):
        raise WrongSetting(name, "must end after the host: Tocsin cannot live below a path")
    return text.rstrip("/")


def _database(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"postgresql", "postgres"} or not (parts.netloc or parts.path or parts.query):
        raise WrongSetting("DATABASE_URL", "must start with postgresql://")
    return text


def _smtp(text: str) -> Smtp:
    parts = _split("TOCSIN_SMTP_URL", text, ("smtp", "smtps"))
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    tls = parts.scheme == "smtps"
    starttls = _starttls(parts.query, default=True if password else None)
    if tls:
        return Smtp(parts.hostname or "", parts.port or 465, username, password, tls=True, starttls=False)
    submission = starttls is True or username is not None
    return Smtp(
        parts.hostname or "", parts.port or (587 if submission else 25), username, password, starttls=starttls
    )


def _starttls(query: str, *, default: bool | None) -> bool | None:
    fields = parse_qs(query, keep_blank_values=True)
    values = fields.pop("starttls", [])
    value = values[-1].lower() if values else "auto"
    if fields or value not in YES | NO | {"auto"}:
        raise WrongSetting("TOCSIN_SMTP_URL", "may only have ?starttls=1 or ?starttls=0 after its ?")
    return default if value == "auto" else value in YES


def _mail_in(text: str) -> Listen:
    parts = urlsplit(f"//{text}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if not port or not parts.hostname or parts.path or "@" in text:
        raise WrongSetting("TOCSIN_MAIL_IN", "must be an address, a colon and a port")
    return Listen(parts.hostname, port)


def _domain(name: str, env: Mapping[str, str], otherwise: str) -> str:
    if name not in env:
        return otherwise
    domain = env[name].lower().rstrip(".")
    if len(domain) > 253 or not all(p.isascii() and p.replace("-", "").isalnum() for p in domain.split(".")):
        raise WrongSetting(name, "must be a domain name")
    return domain


def _sender(text: str | None, host: str) -> str:
    if text is None:
        return f"Tocsin <tocsin@{_mail_domain(host)}>"
    local, at, domain = parseaddr(text)[1].rpartition("@")
    if not (at and local and domain) or any(c in text for c in "\r\n"):
        raise WrongSetting("TOCSIN_MAIL_FROM", "must hold a mail address")
    return text


def _mail_domain(host: str) -> str:
    address = _address(host)
    if address is None:
        return host
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _token(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise WrongSetting("TOCSIN_TOKEN", "must be one word of plain letters and digits")
    return text


def _secret(text: str) -> str:
    if len(text) < 32:
        raise WrongSetting("TOCSIN_SECRET", f"must have 32 or more characters, not {len(text)}")
    return text


def _private_targets(text: str) -> PrivateTargets:
    if text.lower() in YES | NO:
        return PrivateTargets(everything=text.lower() in YES)
    networks: list[Network] = []
    hosts: set[str] = set()
    for item in _items(text):
        network = _network(item)
        if network is not None:
            networks.append(network)
        elif any(c in item for c in "/:* "):
            raise WrongSetting(
                "TOCSIN_ALLOW_PRIVATE_TARGETS",
                "must be 1, 0, or networks and host names separated by commas",
            )
        else:
            hosts.add(item.lower().rstrip("."))
    return PrivateTargets(networks=tuple(networks), hosts=frozenset(hosts))


def _log(text: str) -> Log:
    level: Literal["info", "debug"] = "info"
    style: Literal["auto", "json", "console"] = "auto"
    for word in _items(text.lower()):
        match word:
            case "info" | "debug":
                level = word
            case "json" | "console":
                style = word
            case _:
                raise WrongSetting("TOCSIN_LOG", "knows info, debug, json and console")
    return Log(level, style)


def _networks(text: str) -> tuple[Network, ...]:
    found = [_network(item) for item in _items(text)]
    known = tuple(network for network in found if network is not None)
    if len(known) != len(found):
        raise WrongSetting("TOCSIN_TRUSTED_PROXIES", "must be addresses or networks separated by commas")
    return known


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _shown(variable: Variable, value: object) -> str:
    if value is None or value in ("", ()) or value == PrivateTargets():
        return "not set"
    if variable.secret and not isinstance(value, Smtp | Account | Gateway | vendors.Bucket):
        return "set"
    if variable.field == "sms_order" and isinstance(value, tuple):
        return vendors.shown_order(value)
    if variable.field in ("receipt_patience", "page_limits") and isinstance(value, tuple):
        return vendors.shown_patience(value)
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
