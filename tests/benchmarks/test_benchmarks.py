"""Each benchmark runs, on as little as it can, and its command names them all. No figure is judged."""

import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks import __main__ as command
from benchmarks import (
    coverage,
    first_run,
    fuzz,
    help_page,
    hostile,
    pacing,
    probe_cost,
    recording,
    report_page,
    virtual,
)
from benchmarks.rounds import QUICK, Size
from benchmarks.tables import Table
from consistency import clock
from consistency.emulator.service import Service

TINY = Size(rounds=1, share=0.001, entities=2)


def names(table: Table) -> list[str]:
    """The table's first column."""
    return [line[0] for line in table.lines]


class TestPacing:
    def test_quantiles_are_by_nearest_rank(self) -> None:
        """p50 of four is the second, p99 the last."""
        late = [4_000_000, 1_000_000, 3_000_000, 2_000_000]
        assert [pacing.quantile_ms(late, percent) for percent in (1, 50, 51, 99, 100)] == [1, 2, 3, 4, 4]

    def test_drift_is_how_much_later_the_second_half_is(self) -> None:
        """A loop that sleeps a period after each tick gets later and later."""
        assert pacing.drift_ms([k * 1_000_000 for k in range(10)]) == 5
        assert pacing.drift_ms([3] * 10) == 0


@pytest.mark.slow
class TestRunning:
    def test_help_knows_what_is_imported(self) -> None:
        """The page needs click, and the list would show grpc."""
        modules = help_page.imported_modules()
        assert "click" in modules
        assert not {"grpc", "pandas", "matplotlib"} & set(modules)

    @pytest.mark.parametrize("rival", pacing.RIVALS)
    def test_pacing(self, rival: str) -> None:
        """Each rival wakes as often as it is told."""
        assert len(pacing.RIVALS[rival](1_000, 3, pacing.choose_start_ns(1_000, 0))) == 3

    def test_first(self) -> None:
        """One entity of each probe: no median, so the sentence is another one; the page asks for nothing."""
        wall, _, requests = first_run.measure(TINY).lines
        assert float(wall[3].removesuffix(" s")) > 0
        assert requests[-1] == "met"

    def test_record(self) -> None:
        """Costs, and losses of one child each."""
        assert any("kill -9" in name for name in names(recording.measure(TINY)))

    def test_probe(self) -> None:
        """Both calls, against an emulator."""
        assert len(probe_cost.measure(TINY).lines) == 6

    def test_page(self) -> None:
        """Judging, drawing and the size, of thirteen entities."""
        assert {"judging, all checkers", "the page", "its size"} <= set(names(report_page.measure(TINY)))

    def test_coverage(self) -> None:
        """Two runs of each simulation: bands, exact intervals, alarms, changes, bias; the times are left out."""
        parts = (
            coverage.measure_bands(2, 60, resamples=5),
            coverage.measure_exact(2, 60),
            coverage.measure_alarms(2, 40),
            coverage.measure_changes(1, 80),
            coverage.measure_bias(2, 60),
        )
        assert {len(line) for part in parts for line in part} == {len(coverage.HEADINGS)}

    def test_fuzz(self) -> None:
        """A hundred inputs, of which none fails; a target that is broken does."""
        table = fuzz.measure(TINY)
        assert table.lines[-3][:4] == ("failures", "102", "1", "0")
        assert table.notes == ()

    def test_fuzz_sees_bugs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What an RPC raises is found, both where the wire hides it and where it does not. Nothing is mutated, so that
        what arrives does not depend on the draw."""

        def fail(*_arguments: object) -> bytes:
            raise ZeroDivisionError("a planted bug")

        monkeypatch.setattr(Service, "call", fail)
        monkeypatch.setattr(hostile, "mutate", lambda _chance, data: data)
        found = clock.run(fuzz.fuzz(60, 1, 0), virtual=True)
        hit = {text.partition("(")[2].partition(")")[0] for text in found["failures"]}
        assert hit == {name for name in hostile.KINDS if "noise" not in name}
        assert all("planted" in text for text in found["failures"])

    def test_virtual(self) -> None:
        """A few entities, in a process of its own, judged and reported."""
        assert names(virtual.measure(TINY))[0] == "the run, wall time"


class TestCommand:
    def test_the_named_benchmarks_run_in_their_order_at_the_size_asked_for(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """And the machine is told first."""
        sizes: list[Size] = []

        def measure(size: Size) -> Table:
            sizes.append(size)
            return Table(f"table {len(sizes)}", ("",), ())

        monkeypatch.setitem(command.BENCHMARKS, "help", measure)
        monkeypatch.setitem(command.BENCHMARKS, "naive", measure)
        command.main(["naive", "help", "--quick", "-n", "7"])
        output = capsys.readouterr().out
        assert output.index("Python") < output.index("table 1") < output.index("table 2")
        assert sizes == [replace(QUICK, entities=7)] * 2

    def test_an_unknown_name_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        """With the name in the message."""
        with pytest.raises(SystemExit) as refusal:
            command.main(["naif"])
        assert refusal.value.code == 2
        assert "naif" in capsys.readouterr().err

    def test_the_wire_runs_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It reads its own arguments, so it must not see ours."""
        started: list[list[str]] = []
        monkeypatch.setattr(subprocess, "run", lambda words, check: started.append(words))
        command.main(["wire"])
        assert started == [[sys.executable, "-m", "benchmarks.wire"]]
