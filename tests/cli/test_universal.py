"""The options of every command mean the same before the command's name and behind it."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from consistency.channel import Header
from tests.cli.table import GOOD, REAL, call

BAD_RUN = "consistency.errors.UsageError: none is not a run"
HELP = """
import sys
from consistency.cli.entry import main
sys.argv = ["consistency", "--help"]
try:
    main()
finally:
    print(*sys.modules)
"""
LIVE = ["run", "good.toml", "--target", "live", "--project", "acme-prod"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with two plans."""
    monkeypatch.chdir(tmp_path)
    Path("good.toml").write_text(GOOD)
    Path("real.toml").write_text(REAL)


class TestPlaces:
    @pytest.mark.parametrize("words", [["--json", "plan", "good.toml"], ["plan", "good.toml", "--json"]])
    def test_json_is_all_that_stands_on_stdout(
        self, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Of a plan: its calls in the typical and in the worst run, and which quantiles it carries."""
        said = call(words, monkeypatch, capsys)
        told = json.loads(said.out)
        assert (said.code, told["entities"], told["typical"]["writes"], told["typical"]["dollars"]) == (0, 3, 3, None)
        assert told["quantiles"]["0.99"]["needs"] == 299

    @pytest.mark.parametrize("words", [["-v", "check", "none"], ["check", "none", "-v"]])
    def test_verbose_shows_the_traceback(
        self, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """And the sentence last."""
        said = call(words, monkeypatch, capsys)
        assert said.code == 2
        assert BAD_RUN in said.err
        assert said.err.splitlines()[-1].startswith("none is not a run")

    def test_json_is_refused_where_there_is_none(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Who reads it would wait for what never comes."""
        said = call(["--json", "annotate", "latest", "x"], monkeypatch, capsys)
        assert (said.code, said.lines[-1]) == (2, "Error: --json: annotate prints no JSON. Leave it out.")

    def test_quiet_reaches_the_command(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A command that has nothing to be quiet about takes it too."""
        assert call(["-q", "plan", "good.toml", "-q"], monkeypatch, capsys).code == 0


class TestLog:
    def test_keeps_what_is_said_and_tracebacks(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Of every command that names the file, one behind the other; the terminal shows no traceback."""
        assert call(["--log-file", "log", "run", "good.toml", "--no-report"], monkeypatch, capsys).code == 0
        said = call(["check", "none", "--log-file", "log"], monkeypatch, capsys)
        log = Path("log").read_text()
        assert "Traceback" not in said.err
        for line in ("INFO consistency: target  embedded   run good/", "Ended with exit code 0.", BAD_RUN):
            assert line in log

    def test_that_cannot_be_written(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """Nothing is begun."""
        said = call(["run", "good.toml", "--log-file", "none/log"], monkeypatch, capsys)
        assert said.lines == ["none/log cannot be written: No such file or directory. Choose another --log-file."]
        assert (said.code, Path("runs").exists()) == (1, False)


class TestOwn:
    def test_yes_is_no_consent(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """Where one could be asked it is refused without a question, and nothing is begun."""
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        said = call([*LIVE, "--yes", "--set", "virtual_time=false"], monkeypatch, capsys)
        assert (said.code, Path("runs").exists()) == (5, False)
        assert said.lines[-1].startswith("Refused: this would write 3 entities to project acme-prod")

    def test_a_reader_says_that_it_waits_for_the_run_it_was_told(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The queue of another run will not do, though its writer is not over."""
        Path("runs/real").mkdir(parents=True)
        other = Header("real/other", "runs/real/other", "hash", 0, 0, "boot", "127.0.0.1:1", 0)
        Path("runs/real/queue.jsonl").write_bytes(msgspec.json.encode(other) + b"\n")
        said = call(["read", "real.toml", "--run", "mine", "--wait", "0.06"], monkeypatch, capsys)
        assert said.lines == [
            "Waiting for a writer of run mine at runs/real/queue.jsonl, 0.06 s at most.",
            "No writer of run mine has begun at runs/real/queue.jsonl within 0.06 s. Start it: consistency write",
        ]

    @pytest.mark.parametrize("region", ["eu 1", "../eu"])
    def test_a_region_is_one_word(
        self, region: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It heads a column, and stands in file names of exports."""
        said = call(["read", "real.toml", "--region", region], monkeypatch, capsys)
        assert (said.code, said.lines) == (
            2,
            [f"--region {region}: take letters, digits, - and _, such as eu-1."],
        )


@pytest.mark.slow
class TestHelp:
    def test_imports_nothing_heavy(self) -> None:
        """`--help` must be quick, and each of these costs more than all the rest."""
        heavy = {
            "pandas",
            "matplotlib",
            "grpc",
            "google",
            "scipy",
            "numpy",
            "pydantic",
            "rich",
            "docker",
            "asyncio",
            "logging",
        }
        result = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
        assert "Usage:" in result.stdout
        assert {*heavy, "logging"}.isdisjoint(result.stdout.splitlines()[-1].split())
