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


def _choose() -> tuple[str, Path]:
    system = system_version()
    return (system, _SYSTEM) if system > tzdata.IANA_VERSION else (tzdata.IANA_VERSION, _OURS)


#: The IANA version in use; shifts remember which one they were computed with.
VERSION, FOLDER = _choose()
zoneinfo.reset_tzpath([str(FOLDER)])
whenever.reset_tzpath([str(FOLDER)])
