"""Fixtures that several domain tests share."""

import pytest

from tests.domain.paging_world import World
from tests.support import Company
from tocsin.kernel.db import Database


@pytest.fixture
async def world(db: Database, company: Company) -> World:
    """Alerts and the pumps that page for them; `db` is the test module's own (see `unfolded`)."""
    return World(db, company)
