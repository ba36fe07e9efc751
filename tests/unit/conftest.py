"""Fixtures of tests that send requests."""

import pytest

from tests.unit.net_site import serving
from tocsin.kernel.net import Outbound


@pytest.fixture
async def site():
    async with serving() as site:
        yield site


@pytest.fixture
async def outbound():
    async with Outbound() as client:
        yield client
