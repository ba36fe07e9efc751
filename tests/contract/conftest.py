"""Fixtures of the inbound contracts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.api import Api, api_of
from tests.contract.browsing import Browser
from tests.contract.door import Door, key_of
from tests.contract.wire import Wire
from tests.domain.people_world import signed_in
from tests.support import Company
from tocsin.app import compose
from tocsin.edge.intake import Intake
from tocsin.edge.session import form_token
from tocsin.kernel.db import Database
from tocsin.settings import load


@pytest.fixture
async def door(db: Database) -> AsyncIterator[Door]:
    intake = Intake(db)
    yield Door(intake)
    await intake.close()


@pytest.fixture
async def key(db: Database, company: Company) -> str:
    return await key_of(db, company, service_id=company.service)


@pytest.fixture
async def wire(dsn: str) -> AsyncIterator[Wire]:
    found = Wire(dsn)
    await found.mend()
    yield found
    await found.cut()


@pytest.fixture
async def api(db: Database, dsn: str, company: Company, tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(db, dsn, company, tmp_path) as found:
        yield found


@pytest.fixture
async def browser(db: Database, dsn: str, company: Company, tmp_path: Path) -> AsyncIterator[Browser]:
    running = compose(load({"TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test"}), db, dsn)
    cookie = await signed_in(db, company.ana)
    yield Browser(running.app, cookie, form_token(running.site, cookie))
    await running.close()
