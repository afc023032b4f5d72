"""What a finished run says when it is interrupted: it is kept, and how to draw it."""

import signal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from consistency.archive import Archive
from consistency.cli import telling
from consistency.errors import StoppedError
from tests.whole_runs import plan_of, run_plan

FLAGS = {"as_json": False, "open_page": False}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A run that is over."""
    return run_plan(plan_of(entities=1), tmp_path)


@pytest.mark.usefixtures("heard_signals")
class TestInterrupted:
    @pytest.mark.parametrize("stage", ["judge_run", "report_run"])
    def test_tells_that_the_run_is_kept(self, stage: str, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C while judging or while drawing."""

        def interrupt(*_: Any) -> NoReturn:
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("Ctrl-C was not heard")

        monkeypatch.setattr(telling, stage, interrupt)
        with pytest.raises(StoppedError) as raised:
            telling.tell(archive, [], ("json",), FLAGS)
        assert str(raised.value) == f"Stopped. The run is kept; draw it with: consistency report {archive.folder}"
        assert raised.value.exit_code == 130
