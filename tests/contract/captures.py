"""Requests recorded from real clients. They stand beside the project, not in it; without them their tests are skipped."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "specs" / "captures"


def captured(name: str, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """The named file's operations with their requests, in order; only those whose path begins so."""
    file = FOLDER / f"{name}.json"
    if not file.is_file():
        pytest.skip("the recorded requests are not beside the project (../shared/specs/captures)")
    captures = json.loads(file.read_text())["captures"]
    return [(each["op"], each["request"]) for each in captures if each["request"]["path"].startswith(path)]
