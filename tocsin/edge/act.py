"""How a page changes something: one unit as the viewer, keyed by the form that was sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from tocsin.edge.forms import Form
from tocsin.edge.session import viewer_of
from tocsin.edge.site import site_of
from tocsin.kernel.db import Unit


@asynccontextmanager
async def act(request: Request, form: Form | None = None) -> AsyncIterator[Unit]:
    """One transaction as the viewer. The form's request key makes a double click act once."""
    viewer = await viewer_of(request)
    key = form.request_key if form is not None else None
    async with site_of(request).database.unit(viewer.actor, "web", key) as u:
        yield u
