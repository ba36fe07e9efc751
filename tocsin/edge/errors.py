"""Errors become a status and a sentence: JSON for programs, a page for people."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tocsin.edge.headers import MACHINES
from tocsin.edge.render import render
from tocsin.kernel.blobs import StorageFailed
from tocsin.kernel.db import VALUE_ERRORS
from tocsin.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    Throttled,
    TocsinError,
    Unavailable,
)
from tocsin.kernel.log import logger, visible_path

log = logger(__name__)
STATUS: dict[type[TocsinError], int] = {
    NotSignedIn: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    Throttled: 429,
    Unavailable: 503,
    StorageFailed: 503,
}
TITLES = {
    400: "That request could not be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Somebody was faster",
    413: "Too large",
    422: "Please check what was sent",
    429: "Too many tries",
    500: "Something failed on our side",
    503: "Back in a moment",
}


def status_of(error: TocsinError) -> int:
    """The HTTP status of an expected error."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def wants_json(request: Request) -> bool:
    """Whether a program asks: by path, or because it does not accept pages."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith(("/api/", *MACHINES)) or (
        "text/html" not in accept and "application/json" in accept
    )


async def on_expected(request: Request, error: Exception) -> Response:
    """An error of the domain."""
    assert isinstance(error, TocsinError)  # noqa: S101 - registered for this class only
    if isinstance(error, Unavailable):
        log.warning("unavailable", path=visible_path(request.url.path), error=repr(error.__cause__ or error))
    return await _answer(request, status_of(error), str(error), error)


async def on_http(request: Request, error: Exception) -> Response:
    """An error of the framework: no such route, wrong method, body too large."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    sentence = "There is nothing at this address." if error.status_code == 404 else str(error.detail)
    return await _answer(request, error.status_code, sentence, None)


async def on_data(request: Request, error: Exception) -> Response:
    """A value that the database cannot hold, as NUL in a name: nobody's fault but the value's."""
    log.info("value_refused", path=visible_path(request.url.path), error=type(error).__name__)
    sentence = "One of the values cannot be stored: it holds a character or a size that is not possible."
    return await _answer(request, 422, sentence, None)


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Everything else is our fault; the log has it, the person gets a sentence."""
    if isinstance(error, VALUE_ERRORS):
        return await on_data(request, error)
    log.error("request_failed", path=visible_path(request.url.path), error=repr(error), exc_info=error)
    return await _answer(request, 500, "The error is in the log of the server. Nothing was saved.", None)


async def _answer(request: Request, status: int, sentence: str, error: TocsinError | None) -> Response:
    headers = {}
    if isinstance(error, (Throttled, Unavailable, StorageFailed)):
        headers["retry-after"] = str(error.after)
    if wants_json(request):
        body = {"error": sentence}
        if isinstance(error, Invalid):
            body["field"] = error.field
        return JSONResponse(body, status, headers)
    context = {"status": status, "heading": TITLES.get(status, "That did not work"), "sentence": sentence}
    response = await render(request, "error.html", context, status=status)
    response.headers.update(headers)
    return response
