"""Ctrl-C after the measurement: the run is kept, and the user is told how to draw it."""

import signal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from consistency.cli import telling
from tests.cli.table import call
from tests.whole_runs import plan_of, run_plan


@pytest.mark.usefixtures("heard_signals")
class TestInterrupted:
    @pytest.mark.parametrize("stage", ["judge_run", "report_run"])
    @pytest.mark.parametrize("words", [["report", "latest"], ["run", "plan.toml", "-q"]])
    def test_the_run_is_kept(
        self,
        words: list[str],
        stage: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """While judging or drawing, by the command that measured or by another one: 130 and one sentence."""

        def interrupt(*_: Any) -> NoReturn:
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("Ctrl-C was not heard")

        monkeypatch.chdir(tmp_path)
        (tmp_path / "plan.toml").write_text("entities = 1\nvirtual_time = true\n[probes]\nkey_get = {}\n")
        run_plan(plan_of(entities=1), tmp_path / "runs")
        monkeypatch.setattr(telling, stage, interrupt)
        said = call(words, monkeypatch, capsys)
        assert said.code == 130
        assert said.err.splitlines()[-1].startswith("Stopped. The run is kept; draw it with: consistency report ")
        assert Path(said.err.split()[-1]).is_dir()
