"""The command line by one table: what is typed, the exit code, and the line that says why. No row shows a traceback."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.interchange_rows import INTERCHANGE
from tests.cli.mistake_rows import MISTAKES
from tests.cli.plan_rows import BAD, PLANS, TARGETS
from tests.cli.rows import OTHERS, RUNS, VERDICTS
from tests.cli.table import GOOD, RUN, Row, Said, call

ROWS = [*PLANS, *TARGETS, *MISTAKES, *RUNS, *VERDICTS, *OTHERS, *INTERCHANGE]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished run, whose claim holds."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "good.toml").write_text(GOOD + '[claims]\nkey_get = "always visible"\n')
    command = [sys.executable, "-m", "consistency", "run", "good.toml", "-q", "--no-report", "--run", "done"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "runs"


@pytest.fixture(scope="module")
def busy() -> Iterator[str]:
    """An address where somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def free() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def folder(tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a row is run, with the finished run in it, and nothing of ours in the environment."""
    shutil.copytree(finished, tmp_path / "runs", symlinks=True)
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("DATASTORE_", "CONSISTENCY_")):
            monkeypatch.delenv(name)
    return tmp_path


class TestTable:
    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
    def test_says_why_and_ends_with_its_code(
        self,
        row: Row,
        folder: Path,
        busy: str,
        free: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """The line is one of those that are printed, nothing looks like a bug, and no empty folder stays behind."""
        for name, content in row.files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        row.prepare(folder)
        for name, value in row.environment.items():
            monkeypatch.setenv(name, value.format(free=free))
        said = call([word.format(busy=busy, free=free) for word in row.words.split()], monkeypatch, capsys)
        told = row.told.format(busy=busy, free=free) if "{" in row.told else row.told
        assert any(line.startswith(told) for line in said.lines[: 1 if row.first else None]), said
        assert said.code == row.code
        assert "Traceback" not in said.err + said.out
        if row not in VERDICTS:
            assert {path for path in folder.glob("runs/*/*") if path.is_dir()} == {folder / RUN}


@pytest.mark.slow
class TestProcess:
    @pytest.mark.parametrize(
        ("words", "code", "told"),
        [
            ("run bad.toml", 2, "bad.toml has 3 problems:"),
            ("rnu", 2, "Usage: python -m consistency"),
            (f"check {RUN}", 0, ""),
            ("--version", 0, ""),
        ],
    )
    def test_is_the_same_from_outside(self, words: str, code: int, told: str, folder: Path) -> None:
        """The first line on stderr, and the process's own exit code."""
        (folder / "bad.toml").write_text(BAD)
        command = [sys.executable, "-m", "consistency", *words.split()]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        said = Said(result.returncode, result.stdout, result.stderr)
        assert (said.code, (said.err.splitlines() or [""])[0][: len(told)]) == (code, told)
        assert "Traceback" not in said.err

    def test_verbose_shows_the_traceback(self, folder: Path) -> None:
        """Who asks for it gets it, and the sentence too."""
        command = [sys.executable, "-m", "consistency", "-v", "run", "none.toml"]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert result.returncode == 2
        assert "Traceback" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("none.toml cannot be read")
