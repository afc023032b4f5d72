"""The experiments: every one that is on virtual time runs, small, and repeats to the byte."""

import re
from pathlib import Path

import pytest

from consistency import flow
from consistency.analysis.judgement import Verdict
from consistency.plan import Plan
from consistency.plan_file import load_plan

ROOT = Path(__file__).parents[1]
FEW = 12
VIRTUAL = [path for path in sorted((ROOT / "experiments").glob("*.toml")) if load_plan(path, {}, {}).virtual_time]


def shrink(path: Path) -> Plan:
    """The experiment with few entities, so fast that every fault still falls within."""
    plan = load_plan(path, {}, {})
    length_s = max([0.0, *(fault.end_ns / 1e9 for fault in plan.faults)])
    rate = f"{FEW / length_s:.3f}/s" if length_s else plan.rate
    return load_plan(path, {"entities": FEW, "rate": rate}, {})


def run(path: Path, out: Path) -> flow.Finished:
    """A run of the small plan, with the same name each time."""
    return flow.measure(flow.prepare(shrink(path), path.stem, out, "run"), path.stem, None)


@pytest.mark.slow
@pytest.mark.parametrize("path", VIRTUAL, ids=lambda path: path.stem)
class TestExperiments:
    def test_run_and_are_judged(self, path: Path, tmp_path: Path) -> None:
        """To their end, with a verdict, faults and all, and every truth that there is in its interval; a second run's
        histories have the same bytes."""
        archives = [run(path, tmp_path / name).archive for name in ("one", "two")]
        judged = flow.judge_run(archives[0])
        assert judged.judgement.complete
        assert judged.judgement.verdict is not Verdict.BROKEN
        assert [each for each in judged.calibration if each.contained < each.n] == []
        histories = [[file.read_bytes() for file in archive.histories()] for archive in archives]
        assert histories[0] == histories[1]
        assert all(histories[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("eventual_lag", r"[1-9]\d* old snapshots .*, 0 proven anomalies .*, 0 not classified"),
        ("update", r"0 old snapshots .*, [1-9]\d* proven anomal"),
    ],
)
def test_a_report_tells_stale_reads_apart(name: str, told: str, tmp_path: Path) -> None:
    """By the service's stamps: old snapshots where one was served, real anomalies where none was."""
    judged = flow.judge_run(run(ROOT / "experiments" / f"{name}.toml", tmp_path).archive)
    written = flow.report_run(judged, ["md"])["md"].read_text(encoding="utf-8")
    assert re.search(r"stale reads: " + told, written)
