"""Fixtures of whole-product tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import folders
from tests.product.harness import Mailbox


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the private database's own account may enter: pytest's are closed to it when root runs them."""
    with folders.new("product") as path:
        yield path


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A real mail server."""
    with Mailbox() as box:
        yield box
