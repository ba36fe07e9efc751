import fcntl
from pathlib import Path

from tests import folders


def test_what_a_killed_run_left_is_removed_and_what_runs_stays(tmp_path: Path) -> None:
    dead, alive, new = (tmp_path / f"{folders.PREFIX}{name}" for name in ("dead", "alive", "new"))
    for folder in (dead, alive, new):
        folder.mkdir()
    (dead / "lock").touch()
    with (alive / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        folders.sweep(tmp_path)
    assert [dead.exists(), alive.exists(), new.exists()] == [False, True, True]
