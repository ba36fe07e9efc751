"""The homeserver's client API: one request, and what its refusals mean."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from tocsin.kernel.net import NetError, Outbound, Response
from tocsin.kernel.outcome import LONGEST_WAIT
from tocsin.paging.exchange import hand_over, read
from tocsin.paging.transport import SendFailed

#: What the homeserver says of the bot: the operator's to mend.
_OURS = frozenset(
    {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED"}
)


class Denied(SendFailed):
    """The homeserver refused with a code of its own."""

    def __init__(self, code: str, status: int) -> None:
        if code in _OURS:
            sentence = (
                f"The Matrix homeserver does not know the bot's token, or has locked it ({status}, {code})."
            )
        else:
            sentence = f"The Matrix homeserver refused it ({status}, {code})."
        super().__init__(sentence, retry=False)
        self.code = code


class Homeserver:
    """Asked as the bot. Configured by the operator, so it may be local."""

    def __init__(self, outbound: Outbound, url: str, token: str, timeout: float) -> None:
        self._outbound = outbound
        self._url = url
        self._token = token
        self._timeout = timeout
        self._bot = ""

    async def ask(
        self, method: str, path: str, *parts: str, query: Mapping[str, str] | None = None, **request: Any
    ) -> Response:
        """`path` with each `{}` filled by a part, escaped. Raises SendFailed; `Denied` with the code, if there is one."""
        request.setdefault("timeout", self._timeout)
        filled = path.format(*(quote(part, safe="") for part in parts))
        if query:
            filled += f"?{urlencode(query)}"
        return await hand_over(
            self._outbound,
            method,
            f"{self._url}/_matrix/client/v3/{filled}",
            headers={"Authorization": f"Bearer {self._token}"},
            trusted=True,
            explain=_refusal,
            **request,
        )

    async def bot(self) -> str:
        """Who we are there, as `@tocsin:example.org`."""
        if not self._bot:
            self._bot = str(read(await self.ask("GET", "account/whoami"), "user_id")["user_id"])
        return self._bot


def object_of(answer: Response) -> Mapping[str, Any]:
    """The JSON object of an answer, empty when it is something else."""
    try:
        data = answer.json()
    except NetError:
        return {}
    return data if isinstance(data, dict) else {}


def part(value: Any, *path: str) -> Any:
    """What lies below these names, or None: what others write has any shape."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def below(value: Any, *path: str) -> dict[str, Any]:
    """The object that lies below these names, empty when there is none."""
    found = part(value, *path)
    return found if isinstance(found, dict) else {}


def _refusal(answer: Response) -> SendFailed | None:
    if answer.status < 400:
        return None
    said = object_of(answer)
    code = said.get("errcode")
    if (
        not isinstance(code, str)
        or not code.isascii()
        or not code.replace("_", "").replace(".", "").isalnum()
    ):
        return None
    if answer.status == 429:
        after = said.get("retry_after_ms")
        wait = min(max(after / 1000, 0.0), LONGEST_WAIT) if isinstance(after, int | float) else None
        return (
            SendFailed("The Matrix homeserver asks us to wait (429).", retry=True, after=wait)
            if wait
            else None
        )
    return Denied(code[:60], answer.status) if answer.status < 500 else None
