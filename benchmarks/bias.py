"""How far the naive pair is from the truth, and how far we are, on the same planted lags.

The naive pair names one number for each entity, so its error is signed: bias, mean absolute error, worst error. Ours
names an interval, so its error is the distance of the truth from the nearer end, 0 inside; the width stands beside it,
and has a goal of its own, so that wide intervals cannot win.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from benchmarks.pairs import INTERVAL_MS, Case, Found, run_naive, run_ours
from benchmarks.rounds import FULL, Size
from benchmarks.tables import Table, say_met, show
from consistency.analysis.judgement import Calibration
from consistency.flow import Judged

FIXED, SLOW = "200ms", "classes:90%=200ms,10%=3s"
CASES = (
    Case("200 ms, inotify", FIXED, "inotify", queued=False),
    Case("200 ms, polling", FIXED, "polling", queued=True),
    Case("tenth of 3 s, inotify", SLOW, "inotify", queued=False),
    Case("tenth of 3 s, polling", SLOW, "polling", queued=True),
)
PERIOD_NS = 1_000_000_000
SHARE_OF_BIAS = 1 / 20
Line = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Naive:
    """The naive pair's errors, in ms unless said otherwise; reported minus true, so that negative is too early."""

    n: int
    drift: float  # of the writer, for each put
    pick_up: float  # median time from the append until the reader took the id up
    pick_up_worst: float
    at_once: float  # share found by the first query, of the entities that were not yet visible when they were put
    reported_mean: float
    true_mean: float
    bias: float
    absolute: float
    worst: float

    @classmethod
    def of(cls, entities: Sequence[Found]) -> "Naive":
        """The errors over `entities`, in order of their writes."""
        errors = [(one.reported_ns - one.true_ns) / 1e6 for one in entities]
        pick_ups = [(one.picked_ns - one.appended_ns) / 1e6 for one in entities]
        later = [one for one in entities if one.true_ns > 0]
        taken_ns = entities[-1].began_ns - entities[0].began_ns
        return cls(
            n=len(entities),
            drift=(taken_ns / max(1, len(entities) - 1) - PERIOD_NS) / 1e6 if len(entities) > 1 else 0.0,
            pick_up=median(pick_ups),
            pick_up_worst=max(pick_ups),
            at_once=sum(one.queries == 1 for one in later) / max(1, len(later)),
            reported_mean=fmean(one.reported_ns for one in entities) / 1e6,
            true_mean=fmean(one.true_ns for one in entities) / 1e6,
            bias=fmean(errors),
            absolute=fmean(map(abs, errors)),
            worst=max(errors, key=abs),
        )


@dataclass(frozen=True, slots=True)
class Ours:
    """Our errors, in ms unless said otherwise."""

    n: int
    drift: float  # of the writer, for each put
    distance: float  # mean, of the truth from the nearer end
    bias: float  # the same, signed: positive where the interval lies later
    width: float  # median
    resolution: float  # the poll spacing and two round trips
    contained: float  # share
    never_seen: int  # entities

    @classmethod
    def of(cls, judged: Judged) -> "Ours":
        """The errors of a run whose only probe is the global query."""
        (summary,), (calibration,) = judged.judgement.actions, judged.calibration
        times = summary.miss_times or summary.hit_times
        trip_ns, drift_ns = times.p50_ns if times else 0, judged.judgement.pacing.drift_ns
        return cls.from_parts(calibration, trip_ns, drift_ns, summary.never_seen.count)

    @classmethod
    def from_parts(cls, calibration: Calibration, trip_ns: int, drift_ns: int, never_seen: int) -> "Ours":
        """The same, from what judging found; `trip_ns` is the median round trip, `drift_ns` that of the whole run."""
        return cls(
            n=calibration.n,
            drift=drift_ns / 1e6 / max(1, calibration.n - 1),
            distance=calibration.mean_distance_ns / 1e6,
            bias=calibration.bias_ns / 1e6,
            width=calibration.median_width_ns / 1e6,
            resolution=INTERVAL_MS + 2 * trip_ns / 1e6,
            contained=calibration.contained / max(1, calibration.n),
            never_seen=never_seen,
        )


def measure(size: Size = FULL) -> Table:
    """All cases, naive pair and ours in turn; a column for each case."""
    figures = [_run_case(case, size.entities) for case in CASES]
    title = f"naive: the naive pair and ours, {size.entities} entities at 1/s, lags planted with the same seed (ms)"
    notes = (
        "True: from the acknowledgement until the emulator's own record says that queries see the entity.",
        "Ours: through `consistency run` beside inotify, `consistency write` and `read` beside the polling tail.",
    )
    return Table(title, ("", *(case.name for case in CASES)), tuple(tabulate(figures)), notes)


def _run_case(case: Case, entities: int) -> tuple[Naive, Ours]:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        return Naive.of(run_naive(case, entities, Path(one))), Ours.of(run_ours(case, entities, Path(other)))


def tabulate(figures: Sequence[tuple[Naive, Ours]]) -> list[Line]:
    """A line for each measure, with a word for each case."""
    naive, ours = [pair for pair, _ in figures], [own for _, own in figures]
    return [
        ("naive: writer's drift a put", *(show(one.drift) for one in naive)),
        ("naive: pick-up, median (worst)", *(f"{show(one.pick_up)} ({show(one.pick_up_worst)})" for one in naive)),
        ("naive: not yet visible, but found at once", *(f"{one.at_once:.0%}" for one in naive)),
        ("naive: reported mean (true mean)", *(f"{show(one.reported_mean)} ({show(one.true_mean)})" for one in naive)),
        ("naive: bias", *(show(one.bias) for one in naive)),
        ("naive: mean absolute error", *(show(one.absolute) for one in naive)),
        ("naive: worst error", *(show(one.worst) for one in naive)),
        ("ours: writer's drift a put", *(show(one.drift) for one in ours)),
        ("ours: distance of truth from nearer end", *(show(one.distance) for one in ours)),
        ("ours: bias of nearer end", *(show(one.bias) for one in ours)),
        ("ours: intervals that contain the truth", *(f"{one.contained:.1%} of {one.n}" for one in ours)),
        ("ours: never seen", *(str(one.never_seen) for one in ours)),
        ("ours: median width", *(show(one.width) for one in ours)),
        ("ours: poll spacing + two round trips", *(show(one.resolution) for one in ours)),
        ("goal: distance ≤ 1/20 of naive bias", *(_judge_distance(pair, own) for pair, own in figures)),
        ("goal: width ≤ spacing + two round trips", *(say_met(met=one.width <= one.resolution) for one in ours)),
    ]


def _judge_distance(naive: Naive, ours: Ours) -> str:
    share = ours.distance / abs(naive.bias) if naive.bias else 0.0 if ours.distance == 0 else float("inf")
    return f"{share:.2g} {say_met(met=share <= SHARE_OF_BIAS)}"
