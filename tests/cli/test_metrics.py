"""The metrics: a page that Prometheus understands, of a run that goes on."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from consistency.cli.metrics import HOST, Metrics, write_metrics
from consistency.cli.tally import Tally
from consistency.errors import ConsistencyError
from consistency.operation import Action, Invocation, Item, Outcome
from consistency.plan import Plan
from tests.cli.table import REAL
from tests.cli.table import call as run_command
from tests.cli.test_tally import call
from tests.patience import PATIENCE_S

SAMPLE = re.compile(r'consistency_\w+(\{\w+="(?:[^"\\\n]|\\[\\"n])*"(,\w+="[^"]*")*\})? [0-9.e+-]+')
PLAN = Plan.model_validate({"entities": 30, "probes": {"global_query": {}}})


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    """A page at any port."""
    page = Metrics(0)
    yield page
    page.close()


def get(address: str) -> tuple[str, str]:
    """What a GET gives: the content's type and the text."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


class TestText:
    def test_every_line_is_of_the_format(self) -> None:
        """Families with help and type first; numbers are exact, also above a million."""
        tally = Tally(PLAN)
        call(tally, 0, Action.WRITE, at_ms=7, due_ms=0)
        call(tally, 1, Action.GLOBAL_QUERY, seen=0)
        call(tally, 2, Action.GLOBAL_QUERY, outcome=Outcome.FAIL, code="UNAVAILABLE")
        tally.observe(Invocation(3, "p", Action.GLOBAL_QUERY, Item("b", "b"), 0, 0, 1))
        tally.rows[Action.GLOBAL_QUERY].misses += 1_234_567
        text = write_metrics('a"b', tally)
        lines = text.splitlines()
        assert [line for line in lines if not line.startswith("#") and not SAMPLE.fullmatch(line)] == []
        for line in (
            'consistency_run_info{run="a\\"b"} 1',
            'consistency_calls_total{action="global_query"} 2',
            'consistency_misses_total{action="global_query"} 1234568',
            'consistency_errors_total{action="global_query",code="UNAVAILABLE"} 1',
            'consistency_waiting{action="global_query"} 2',
            'consistency_in_flight{action="global_query"} 1',
            'consistency_writes_total{outcome="ok"} 1',
            "consistency_lateness_seconds_total 0.007",
        ):
            assert line in lines

    def test_no_family_stands_twice(self) -> None:
        """A scraper refuses a page with two of one name."""
        names = re.findall(r"^# TYPE (\w+)", write_metrics("x", Tally(PLAN)), re.MULTILINE)
        assert len(names) == len(set(names)) > 8


class TestPage:
    def test_before_and_during_a_run(self, metrics: Metrics) -> None:
        """Empty at first; what has no metrics is not found; nobody else's address answers."""
        assert get(metrics.address) == ("text/plain; version=0.0.4; charset=utf-8", "")
        metrics.show("x/1", Tally(PLAN))
        assert 'run="x/1"' in get(metrics.address)[1]
        assert metrics.address.startswith(f"http://{HOST}:")
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            get(metrics.address.replace("metrics", "secrets"))
        refused.value.close()

    def test_a_port_that_is_taken(self, metrics: Metrics) -> None:
        """Is one sentence."""
        port = int(metrics.address.split(":")[2].split("/")[0])
        with pytest.raises(ConsistencyError, match=rf"{HOST}:{port} is in use by pid {os.getpid()} \("):
            Metrics(port)

    def test_simulated_time_has_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It is over before anybody scrapes it."""
        monkeypatch.chdir(tmp_path)
        Path("real.toml").write_text(REAL)
        said = run_command(["run", "real.toml", "--virtual-time", "--prom-port", "0"], monkeypatch, capsys)
        assert (said.code, Path("runs").exists()) == (2, False)
        assert said.lines[-1] == "--prom-port is for runs on the wall clock. Leave it out, or --virtual-time."


@pytest.mark.slow
class TestRun:
    def test_is_scraped_while_it_goes_on(self, tmp_path: Path) -> None:
        """By a real GET; what the page said at some instant is no more than what the run's summary says at the end."""
        (tmp_path / "real.toml").write_text(REAL)
        words = ["run", "real.toml", "-n", "20", "-q", "--format", "json", "--prom-port", "0", "--run", "first"]
        command = [sys.executable, "-m", "consistency", *words]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            assert run.stderr is not None
            address = run.stderr.readline().split()[1]
            seen = 0
            while run.poll() is None and not seen:
                seen = max(
                    map(int, re.findall(r"^consistency_seen_total\{.*\} (\d+)", get(address)[1], re.MULTILINE)),
                    default=0,
                )
            run.communicate(timeout=PATIENCE_S)
        summary = json.loads((tmp_path / "runs/real/first/summary.json").read_bytes())
        assert 0 < seen <= summary["actions"]["key_get"]["n"] == 20
