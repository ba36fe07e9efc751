"""Static files: addressed by content, so they may be kept for ever."""

from os import PathLike, stat_result
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from tocsin.edge.access import Who, declare
from tocsin.edge.templates import WEB

FOR_EVER = "public, max-age=31536000, immutable"


class _Kept(StaticFiles):
    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        named_by_content = b"v=" in scope.get("query_string", b"")
        response.headers["cache-control"] = FOR_EVER if named_by_content else "public, max-age=60"
        return response


def static() -> Mount:
    """Everything under /static, compressed."""
    app: Any = GZipMiddleware(_Kept(directory=WEB / "static"), minimum_size=500)
    return declare(Mount("/static", app), Who.ANYONE)
