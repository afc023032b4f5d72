"""The live target, read by schedule from a host without a channel: the same consent, meter and tokens as a run's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consistency.apart import name_process
from consistency.archive import Archive
from consistency.history import History
from tests.live.conftest import Cloud
from tests.live.test_live import PLAN, PROJECT, run

pytestmark = pytest.mark.slow
CONSENT = ("--confirm-project", PROJECT)
SEEDED = "seed = 5\n" + PLAN


def read(cloud: Cloud, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """`consistency read --start` of run live/one, a second from now, as a host with the plan alone would."""
    (folder / "live.toml").write_text(SEEDED)
    target = ["--target", "live", "--endpoint", cloud.endpoint, "--project", PROJECT]
    agreed = ["--run", "live/one", "--start", "1s", "--region", "us-1", "--out", "away"]
    command = [sys.executable, "-m", "consistency", "read", "live.toml", *target, *agreed, *flags]
    environment = {**os.environ, **cloud.environment}
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )


class TestReading:
    def test_nobody_reads_without_consent(self, cloud: Cloud, tmp_path: Path) -> None:
        """The service sees no call, no token is asked for, and no folder is made."""
        done = read(cloud, tmp_path)
        assert done.returncode == 5
        assert done.stderr.splitlines()[-1].startswith("Refused: this would read 3 entities of project ")
        assert done.stderr.endswith(f"To go on: --confirm-project {PROJECT}\n")
        assert (cloud.behaviour.calls, cloud.behaviour.tokens_given) == ([], 0)
        assert not (tmp_path / "away").exists()

    def test_what_the_writer_wrote_is_found(self, cloud: Cloud, tmp_path: Path) -> None:
        """By its names, in its namespace, and by gets alone; a reader writes nothing and deletes nothing."""
        assert run(cloud, tmp_path, *CONSENT, "--keep", plan=SEEDED).returncode == 0
        before = len(cloud.behaviour.calls)
        done = read(cloud, tmp_path, *CONSENT)
        assert done.returncode == 0, done.stderr
        archive = Archive(tmp_path / "away" / "live" / "one")
        history = History.load(archive.histories())
        assert history.ended == history.unannounced == {name_process("us-1")}
        assert history.seen.tolist() == [1] * len(history)
        assert archive.load()[1].address == cloud.endpoint
        assert set(cloud.behaviour.calls[before:]) == {"Lookup"}
        assert len(cloud.behaviour.calls) - before == 1 + len(history) + len(history.soundings)

    def test_the_limit_ends_it(self, cloud: Cloud, tmp_path: Path) -> None:
        """Nothing was written, so each search polls until the money is spent; what was read is kept."""
        done = read(cloud, tmp_path, *CONSENT, "--max-cost", "0.00003")
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            "Stopped: the limit of $0.00003 was reached (raise it: --max-cost). What was read is kept."
        )
        history = History.load(Archive(tmp_path / "away" / "live" / "one").histories())
        assert 3 < len(history) < 100
