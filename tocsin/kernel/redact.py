"""Taking secrets out of text that may be logged, stored with an error, or shown."""

import re

HIDDEN = "[hidden]"
_URL = re.compile(r"\b([a-z][a-z0-9+.-]*)://(?:[^\s/?#'\"<>@]*@)?([^\s/?#'\"<>@]*)[^\s'\"<>]*", re.IGNORECASE)
_SCHEME = re.compile(r"\b(bearer|basic|geniekey|bot)(\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_FIELD = re.compile(
    r"\b([\w-]*(?:password|passwd|secret|token|signature|authorization|api[_-]?key|routing[_-]?key|cookie))"
    r"(['\"]?\s*[=:]\s*['\"]?)(?!\[hidden|bearer|basic|geniekey)[^\s'\"&,;}]+",
    re.IGNORECASE,
)
# The shapes of our own tokens and webhook secrets, wherever they stand.
_TOKEN = re.compile(r"\bwhsec_[A-Za-z0-9+/=]{24,}|\b[a-z]{2,12}_[A-Za-z0-9]{43}\b")
_WORDS = re.compile(
    r"password|passwd|passphrase|token|secret|authorization|key|cookie|credentials?|signature", re.IGNORECASE
)
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def redact(text: str) -> str:
    """Leaves of a URL only scheme and host, and hides tokens, passwords and authorization values."""
    text = _URL.sub(r"\1://\2", text)
    text = _SCHEME.sub(rf"\1\2{HIDDEN}", text)
    text = _FIELD.sub(rf"\1\2{HIDDEN}", text)
    return _TOKEN.sub(HIDDEN, text)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret, judged by its words: `api_key`, `X-Auth-Token`."""
    return any(_WORDS.fullmatch(part) for part in _PARTS.findall(name))
