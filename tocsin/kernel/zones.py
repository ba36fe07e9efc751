"""Which time zone data counts: the newer of the system's and the one that came along, for every library alike.

A system that nobody upgrades has rules that are years old; a package that nobody upgrades has them too.
"""

import re
import zoneinfo
from importlib.resources import files
from pathlib import Path

import tzdata
import whenever

_SYSTEM = Path("/usr/share/zoneinfo")
_OURS = Path(str(files("tzdata").joinpath("zoneinfo")))
_VERSION = re.compile(r"# version (\d{4}[a-z]+)")


def system_version(folder: Path = _SYSTEM) -> str:
    """The IANA version of a folder of compiled zones, such as `2026f`; empty when it does not say."""
    try:
        with (folder / "tzdata.zi").open(encoding="ascii", errors="replace") as zones:
            found = _VERSION.match(zones.readline())
    except OSError:
        return ""
    return found[1] if found else ""


def newer(system: Path = _SYSTEM, package: str = tzdata.IANA_VERSION) -> tuple[str, Path]:
    """The version that counts, and its folder; the package's when both are the same."""
    version = system_version(system)
    return (version, system) if version > package else (package, _OURS)


def exists(zone: str) -> bool:
    """Whether the time zone data in use knows it."""
    try:
        whenever.Instant.from_timestamp(0).to_tz(zone)
    except (whenever.TimeZoneNotFoundError, ValueError):
        return False
    return True


def use(folder: Path) -> None:
    """From now on, every library reads this folder, and forgets what it has read elsewhere."""
    zoneinfo.reset_tzpath([str(folder)])
    whenever.reset_tzpath([str(folder)])
    zoneinfo.ZoneInfo.clear_cache()
    whenever.clear_tzcache()


#: The IANA version in use; shifts remember which one they were computed with.
VERSION, FOLDER = newer()
use(FOLDER)
