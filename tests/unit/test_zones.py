"""Which time zone data counts, and that every library reads the same."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tzdata
from whenever import Instant, get_tzpath

from tocsin.kernel import zones

WHEEL = zones._OURS


def system(at: Path, first_line: str) -> Path:
    """A folder of zones that says this of itself."""
    (at / "tzdata.zi").write_text(f"{first_line}\nR d 1916 o - Jun 14 23s 1 S\n")
    return at


def offsets(zone: str, moment: datetime) -> set[float]:
    """What the libraries say."""
    theirs = moment.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    ours = Instant(moment).to_tz(zone).offset
    return {ours.total("seconds"), (theirs or timedelta()).total_seconds()}


def test_a_folder_says_its_version(tmp_path: Path) -> None:
    assert zones.system_version(system(tmp_path, "# version 2031c")) == "2031c"
    assert zones.system_version(system(tmp_path, "# version 2031c-dirty")) == "2031c"
    assert zones.system_version(WHEEL) == tzdata.IANA_VERSION


@pytest.mark.parametrize("line", ["", "# redo", "version 2031c", "\xff\xfe", "# version unknown"])
def test_a_folder_that_does_not_say(tmp_path: Path, line: str) -> None:
    assert zones.system_version(system(tmp_path, line)) == ""
    assert zones.newer(tmp_path, "2026f") == ("2026f", WHEEL)


def test_a_folder_without_versions(tmp_path: Path) -> None:
    assert zones.system_version(tmp_path) == ""
    assert zones.newer(tmp_path / "nowhere", "2026f") == ("2026f", WHEEL)
    (tmp_path / "tzdata.zi").mkdir()
    assert zones.newer(tmp_path, "2026f") == ("2026f", WHEEL)


@pytest.mark.parametrize(
    ("there", "package", "ours"),
    [
        ("2026g", "2026f", False),
        ("2027a", "2026f", False),
        ("2026f", "2026f", True),
        ("2026e", "2026f", True),
        ("2025b", "2026a", True),
    ],
)
def test_the_newer_one_counts(tmp_path: Path, there: str, package: str, ours: bool) -> None:
    system(tmp_path, f"# version {there}")
    assert zones.newer(tmp_path, package) == ((package, WHEEL) if ours else (there, tmp_path))


def test_the_one_in_use_is_the_newest_here() -> None:
    assert max(zones.system_version(), tzdata.IANA_VERSION) == zones.VERSION
    assert zones.system_version(zones.FOLDER) == zones.VERSION
    assert [str(zones.FOLDER)] == list(zoneinfo.TZPATH) == list(get_tzpath())


def test_the_libraries_agree_in_every_zone() -> None:
    moments = [
        datetime(year, month, 1, tzinfo=UTC) for year in (1971, 1989, 2011, 2026, 2050) for month in (1, 7)
    ]
    for zone in zoneinfo.available_timezones() - {"localtime", "posixrules"}:
        for moment in moments:
            assert len(offsets(zone, moment)) == 1, (zone, moment)


@pytest.fixture
def other_folder(tmp_path: Path) -> Iterator[Path]:
    """A newer system, where Berlin has moved to Nepal; the folder in use comes back at the end."""
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes((WHEEL / "Asia" / "Kathmandu").read_bytes())
    yield system(tmp_path, "# version 2999a")
    zones.use(zones.FOLDER)


def test_all_libraries_move_to_a_newer_system_together(other_folder: Path) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert offsets("Europe/Berlin", moment) == {3600}
    version, folder = zones.newer(other_folder)
    assert version == "2999a"
    zones.use(folder)
    assert offsets("Europe/Berlin", moment) == {5.75 * 3600}, "what was read before is forgotten"
    zones.use(zones.FOLDER)
    assert offsets("Europe/Berlin", moment) == {3600}
