"""From run to run: one percentile of each probe in all runs of the experiment that stand beside this one.

Material comes in, a frame and a caption go out. The percentile is the highest one, up to p99, that this run's entities
can carry; a run that cannot carry it has no point. Runs stand in the order of their dates, evenly spaced, because ten
runs of one day and one a month later would else be two points.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import pandas as pd

from consistency.analysis.judgement import QuantileEstimate
from consistency.analysis.words import NS_PER_MS, write_count
from consistency.report.material import Material, name_quantile
from consistency.report.neighbours import Estimate, PastRun, identify_plan

HIGHEST: Final = Fraction(99, 100)
COLUMNS = ["run", "begun", "plan", "quantile", "action", "entities", "lower_ms", "upper_ms", "least_ms", "most_ms"]
SAME, ANOTHER, OWN = "the same", "another", "this run"


def frame_past(material: Material) -> pd.DataFrame:
    """One row per run and action, the oldest run first: the estimate's ends and those of its 95 % interval (NaN: not
    bounded). Empty where no other run can be shown."""
    quantile = choose_quantile(material)
    if quantile is None:
        return pd.DataFrame(columns=COLUMNS)
    rows = [row for run in _list_runs(material) for row in _list_rows(material, run, quantile)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame if frame["run"].nunique() > 1 else frame.iloc[:0]


def choose_quantile(material: Material) -> Fraction | None:
    """The highest quantile up to p99 that this run can carry; None where it can carry none."""
    carried = [
        each.quantile
        for summary in material.probed
        for each in summary.quantiles
        if each.n >= each.needs and each.quantile <= HIGHEST
    ]
    return max(carried, default=None)


def _list_runs(material: Material) -> list[PastRun]:
    own = {str(each.action): tuple(map(_copy, each.quantiles)) for each in material.probed}
    manifest = material.manifest
    this = PastRun(manifest.run, material.begun or manifest.started_at, _identify(material), own)
    return sorted((*material.past, this), key=lambda run: (run.begun, run.run))


def _identify(material: Material) -> bytes:
    return identify_plan(material.plan.model_dump_json().encode())


def _copy(estimate: QuantileEstimate) -> Estimate:
    ends = (estimate.lower_ns, estimate.upper_ns, estimate.interval_lower_ns, estimate.interval_upper_ns)
    return Estimate(float(estimate.quantile), estimate.n, estimate.needs, *ends)


def _list_rows(material: Material, run: PastRun, quantile: Fraction) -> Iterator[tuple[object, ...]]:
    same = SAME if run.plan == _identify(material) else ANOTHER
    plan = OWN if run.run == material.manifest.run else same
    for action in (str(summary.action) for summary in material.probed):
        for each in run.quantiles.get(action, ()):
            if abs(each.quantile - float(quantile)) < 1e-9 and each.n >= each.needs:
                ends = (each.lower_ns, each.upper_ns, each.interval_lower_ns, each.interval_upper_ns)
                times_ms = (float("nan") if end is None else end / NS_PER_MS for end in ends)
                yield (run.run, run.begun[:16], plan, name_quantile(quantile), action, each.n, *times_ms)


def describe_past(material: Material) -> str:
    """How many runs, and which of them cannot be compared without thought."""
    frame, quantile = frame_past(material), choose_quantile(material)
    if quantile is None or not len(frame):
        return ""
    runs = frame.drop_duplicates("run")
    others = int((runs["plan"] == ANOTHER).sum())
    differ = (
        f" {write_count(others, 'run')} of another plan (empty points) may differ for that alone." if others else ""
    )
    return (
        f"{name_quantile(quantile)} in {len(runs):,} runs of this experiment, in the order of their dates, with 95 % "
        f"intervals; a triangle is an end that is not bounded.{differ} Whether two runs differ: consistency compare."
    )
