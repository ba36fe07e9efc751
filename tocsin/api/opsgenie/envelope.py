"""How the imitated API answers. Official clients parse every answer as a JSON object, and some read its headers."""

import re
import time
from typing import Any
from uuid import UUID, uuid4

from starlette.types import Send

from tocsin.edge.errors import status_of
from tocsin.edge.raw import Unreadable, send_json
from tocsin.kernel.errors import Forbidden, Invalid, NotSignedIn, Throttled, TocsinError, Unavailable

NOT_FOUND = "Resource or handler not found"
NOT_PROCESSED = "Request not found. It might not be processed, yet."
UNPROCESSABLE = "Request body is not processable. Please check the errors."
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Pairs = list[tuple[bytes, bytes]]


class Answer(TocsinError):
    """An answer other than success that clients know by its status and words."""

    def __init__(self, status: int, sentence: str, error_type: bytes = b"") -> None:
        super().__init__(sentence)
        self.status = status
        self.error_type = error_type


class Exchange:
    """One request: its id, which clients may ask about later, and how long it took."""

    def __init__(self) -> None:
        self.id: UUID = uuid4()
        self._began = time.perf_counter()

    async def send(self, send: Send, status: int, data: dict[str, Any], headers: Pairs | None = None) -> None:
        """Answers with the envelope's fields and headers added."""
        took = round(time.perf_counter() - self._began, 3) or 0.001
        data |= {"took": took, "requestId": str(self.id)}
        common = [
            (b"x-request-id", str(self.id).encode()),
            (b"x-response-time", b"%.3f" % took),
            (b"x-ratelimit-state", b"THROTTLED" if status == 429 else b"OK"),
        ]
        await send_json(send, status, data, [*common, *(headers or [])])

    async def refuse(self, send: Send, error: TocsinError) -> None:
        """Answers with an error in the shape that clients expect."""
        data: dict[str, Any] = {"message": str(error)}
        headers: Pairs = []
        status = status_of(error)
        if isinstance(error, (Answer, Unreadable)):
            status = error.status
        if isinstance(error, Answer) and error.error_type:
            headers = [(b"x-opsgenie-errortype", error.error_type)]
        elif isinstance(error, (NotSignedIn, Forbidden)):
            status, data = 401, {"message": "Could not authenticate"}
        elif isinstance(error, Invalid):
            data = {"message": UNPROCESSABLE, "errors": {error.field: str(error)}}
        elif isinstance(error, (Throttled, Unavailable)):
            headers = [(b"retry-after", b"%d" % error.after)]
        if status == 429:
            headers += [(b"x-ratelimit-reason", b"INTEGRATION"), (b"x-ratelimit-period-in-sec", b"1")]
        await self.send(send, status, data, headers)


def is_uuid(text: str) -> bool:
    """Whether it has the shape of ids and keys."""
    return _UUID.fullmatch(text) is not None
