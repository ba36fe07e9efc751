"""Our feed in calendar programs of Debian: each shift at the right time of the person's own clock, over a clock change."""

import itertools
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tocsin.oncall.ical import calendar_text
from tocsin.oncall.model import FeedShift

CHANGED = datetime(2026, 2, 1, tzinfo=UTC)
NAME = "Zoë; Müller, Ana"
#: Clocks in Berlin go from two to three on 29 March 2026: nine o'clock is 08:00 UTC before, and 07:00 after.
CUTS = [datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((27, 8), (28, 8), (29, 7), (30, 7))]
LOCAL = [("2026-03-27", "2026-03-28"), ("2026-03-28", "2026-03-29"), ("2026-03-29", "2026-03-30")]


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    shifts = [
        FeedShift(UUID(int=1), "Payments", 0, UUID(int=2), NAME, a, b, CHANGED, 3)
        for a, b in itertools.pairwise(CUTS)
    ]
    path = tmp_path / "feed.ics"
    path.write_bytes(calendar_text("Payments: on call", shifts, "https://tocsin.example.org"))
    return path


def needed(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed: see bin/packages")
    return found


def run(home: Path, *command: str, zone: str = "Europe/Berlin") -> str:
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "TZ": zone, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Sydney"])
def test_khal_shows_our_shifts(feed: Path, tmp_path: Path, zone: str) -> None:
    khal = needed("khal")
    (tmp_path / "calendars").mkdir()
    config = tmp_path / "khal.conf"
    config.write_text(
        f"[calendars]\n[[oncall]]\npath = {tmp_path}/calendars\ntype = calendar\n"
        f"[sqlite]\npath = {tmp_path}/khal.db\n"
        f"[locale]\nlocal_timezone = {zone}\ndefault_timezone = {zone}\n"
        "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\n"
        "longdatetimeformat = %Y-%m-%d %H:%M\n"
    )
    run(tmp_path, khal, "-c", str(config), "import", "--batch", "-a", "oncall", str(feed), zone=zone)
    shape = "{start-long-full}|{end-long-full}|{title}|{uid}"
    listed = run(
        tmp_path,
        khal,
        "-c",
        str(config),
        "list",
        "--notstarted",
        "--day-format",
        "",
        "--format",
        shape,
        "2026-03-26",
        "7d",
        zone=zone,
    )
    rows = {tuple(line.split("|")) for line in listed.splitlines() if "|" in line}
    assert {row[2] for row in rows} == {f"Payments: {NAME}"}
    assert len({row[3] for row in rows}) == 3
    if zone == "Europe/Berlin":
        assert {row[:2] for row in rows} == {(f"{a} 09:00", f"{b} 09:00") for a, b in LOCAL}
    else:
        assert {row[0] for row in rows} == {"2026-03-27 19:00", "2026-03-28 19:00", "2026-03-29 18:00"}


def test_khal_takes_the_same_feed_again(feed: Path, tmp_path: Path) -> None:
    """The same names: nothing is there twice."""
    khal = needed("khal")
    (tmp_path / "calendars").mkdir()
    config = tmp_path / "khal.conf"
    config.write_text(
        f"[calendars]\n[[oncall]]\npath = {tmp_path}/calendars\ntype = calendar\n[sqlite]\npath = {tmp_path}/khal.db\n"
        "[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
    )
    for _ in range(2):
        run(tmp_path, khal, "-c", str(config), "import", "--batch", "-a", "oncall", str(feed))
    assert len(list((tmp_path / "calendars").iterdir())) == 3


def test_calcurse_shows_our_shifts(feed: Path, tmp_path: Path) -> None:
    calcurse = needed("calcurse")
    data = tmp_path / "calcurse"
    data.mkdir()
    said = run(tmp_path, calcurse, "-q", "-D", str(data), "-i", str(feed))
    assert "skipped" not in said or "0 skipped" in said
    listed = run(
        tmp_path, calcurse, "-q", "-D", str(data), "-Q", "--input-datefmt", "4", "--from", "2026-03-27", "--days", "4", "--filter-type", "apt",
        "--format-apt", "%(start:%Y-%m-%d %H:%M) %m|", "--format-recur-apt", "%m|",
    )  # fmt: skip
    assert listed.count(f"{NAME}|") >= 3
    assert [f"{day} 09:00 Payments: {NAME}|" in listed for day, _ in LOCAL] == [True] * 3
