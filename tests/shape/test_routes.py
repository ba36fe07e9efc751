"""Every route says who may call it; docs/routes.md lists them all, and is held to what is there."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from tests.shape.source import ROOT
from tocsin.app import compose
from tocsin.edge.access import Who
from tocsin.kernel.db import Database
from tocsin.settings import load

DOCUMENT = ROOT / "docs/routes.md"
HEAD = """# Routes

Every address of a served Tocsin and who may call it. `make routes` writes this file; a test holds it to the code.
What a signed-in person or a token may then do is asked again by each command (see `tocsin/people/permissions.py`).

| who | methods | path |
|---|---|---|
"""


def routes(folder: Path) -> list[BaseRoute]:
    """All routes as `app` puts them together, those of developers included."""
    settings = load(
        {"TOCSIN_DATA": str(folder), "TOCSIN_SECRET": "for this test only, long enough to be one"}
    )
    composed: Any = compose(settings, Database(None), "", dev=True)
    return list(walk(composed.app.routes))


def walk(found: list[BaseRoute]) -> list[BaseRoute]:
    """Routes as they are called: what FastAPI keeps in routers of its own is taken out of them."""
    flat: list[BaseRoute] = []
    for route in found:
        router = getattr(route, "original_router", None)
        if router is not None and not isinstance(route, Route | Mount | APIRoute):
            for inner in router.routes:
                inner.who = getattr(route, "who", None)
                flat.append(inner)
        else:
            flat.append(route)
    return flat


def line(route: BaseRoute) -> str:
    methods = ", ".join(sorted((getattr(route, "methods", None) or {"any"}) - {"HEAD"}))
    prefix = "/api/v1" if isinstance(route, APIRoute) and not route.path.startswith("/api/") else ""
    return f"| {route.who} | {methods} | `{prefix}{route.path}` |"


def document(folder: Path) -> str:
    """What docs/routes.md must be."""
    return (
        HEAD
        + "\n".join(sorted({line(route) for route in routes(folder)}, key=lambda x: x.split("|")[:0:-1]))
        + "\n"
    )


def test_every_route_says_who_may_call_it(tmp_path: Path) -> None:
    found = routes(tmp_path)
    assert len(found) > 100
    silent = [str(route) for route in found if not isinstance(getattr(route, "who", None), Who)]
    assert silent == []


def test_a_route_that_says_nothing_would_be_seen(tmp_path: Path) -> None:
    found = [*routes(tmp_path), Route("/careless", lambda _: None)]
    assert [r.path for r in found if not hasattr(r, "who")] == ["/careless"]


def test_the_document_lists_them(tmp_path: Path) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(tmp_path), "run `make routes`"


@pytest.mark.parametrize(
    "needed",
    ["/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/alerts", "/status", "/api/v2/summary.json"],
)
def test_names_that_others_script_against(tmp_path: Path, needed: str) -> None:
    assert needed in {getattr(route, "path", "") for route in routes(tmp_path)}


if __name__ == "__main__":
    import tempfile

    DOCUMENT.write_text(document(Path(tempfile.mkdtemp())), encoding="utf-8")
