"""Fixtures of whole-product tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.harness import Mailbox


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the private database's own account may enter: pytest's are closed to it when root runs them."""
    path = Path(tempfile.mkdtemp(prefix="tocsin-product-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A real mail server."""
    with Mailbox() as box:
        yield box
