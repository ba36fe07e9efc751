"""Both storages of files: a folder, and a bucket of a real S3 server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real.storage import WEED, seaweed
from tocsin.kernel.blobs import Blobs, DiskBlobs
from tocsin.kernel.ids import new_id
from tocsin.kernel.s3 import S3Blobs
from tocsin.vendors import Bucket


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    if not WEED.exists():
        pytest.skip("SeaweedFS is not installed: see bin/packages")
    with seaweed(tmp_path_factory.mktemp("seaweed")) as found:
        yield found


@pytest.fixture
def own(bucket: Bucket) -> Bucket:
    """A prefix that no other test has."""
    return replace(bucket, prefix=f"test/{new_id().hex}")


@pytest.fixture(params=["disk", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "disk":
        yield DiskBlobs(tmp_path / "files")
        return
    found = S3Blobs(request.getfixturevalue("own"))
    yield found
    found.close()
