"""FRAMES: what each chart shows, as one pandas frame each. All that is computed for a picture is computed here.

Material comes in, frames go out, in milliseconds, minutes and percent, as a reader sees them; the units stand in the
columns' names. Every frame is thinned, so that a page of a million entities is as light as one of a thousand.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from consistency.analysis.curve import Steps, trace_band
from consistency.analysis.judgement import ActionSummary, Visibility
from consistency.analysis.words import NS_PER_MS, write_claim
from consistency.durations import NS_PER_MINUTE
from consistency.report.calls import frame_operation_times, frame_pacing, frame_unwritten
from consistency.report.clocks import frame_clock_bound, frame_clocks
from consistency.report.coins import expect_share, find_coin
from consistency.report.errors import frame_errors
from consistency.report.estimates import frame_estimates
from consistency.report.material import Material, is_untold
from consistency.report.moments import frame_annotations, frame_faults, frame_gaps, name_moments
from consistency.report.past import frame_past
from consistency.report.regions import frame_regions
from consistency.report.steps import name_step
from consistency.report.stories import frame_lanes, frame_stories
from consistency.report.thinning import LINE_POINTS, pick_evenly
from consistency.report.witnesses import frame_witnesses

Frames = Mapping[str, pd.DataFrame]
BUCKETS = (*((str(attempts), attempts, attempts) for attempts in range(1, 11)), ("11–20", 11, 20), ("> 20", 21, None))
NEVER, UNANSWERED, STOPPED = "never", "no answer", "stopped"
UNSEEN = (NEVER, UNANSWERED, STOPPED)
SURELY, POSSIBLY = "surely seen", "possibly visible"
SLICES = 100  # of the run's time, in charts over the run


def make_frames(material: Material) -> Frames:
    """Every frame by its name."""
    return {name: make(material) for name, make in FRAMES.items()}


def frame_latency(material: Material) -> pd.DataFrame:
    """Two stairs per probe: the share_pct of entities that had surely been seen, or possibly were visible, from
    time_ms on. Each begins at 0 and ends with the longest wait of any probe."""
    end_ms = max((each.upper_ns or each.lower_ns for each in _visibilities(material)), default=0) / NS_PER_MS
    rows = [
        (str(summary.action), curve, time_ms, share_pct)
        for summary in material.probed
        for curve, steps in _trace(summary)
        for time_ms, share_pct in _extend(steps, end_ms)
    ]
    return pd.DataFrame(rows, columns=["action", "curve", "time_ms", "share_pct"])


def _trace(summary: ActionSummary) -> tuple[tuple[str, Steps], tuple[str, Steps]]:
    band = trace_band(summary.visibilities, LINE_POINTS)
    return (SURELY, band.surely), (POSSIBLY, band.possibly)


def _extend(steps: Steps, end_ms: float) -> list[tuple[float, float]]:
    inner = [(time_ns / NS_PER_MS, share * 100) for time_ns, share in steps]
    first = [] if inner and inner[0][0] == 0 else [(0.0, 0.0)]
    last_pct = inner[-1][1] if inner else 0.0
    return [*first, *inner, *([(end_ms, last_pct)] if not inner or inner[-1][0] < end_ms else [])]


def _visibilities(material: Material, action: str = "") -> Iterator[Visibility]:
    """Of one action, or of all."""
    return (each for summary in material.probed if action in {"", summary.action} for each in summary.visibilities)


def frame_limits(material: Material) -> pd.DataFrame:
    """The limits that claims set: of which action, at which time, for which share, and the share seen by then."""
    rows = [
        (
            claim.subject,
            claim.limit_ns / NS_PER_MS,
            float(claim.quantile * 100),
            write_claim(claim.text),
            _reached_pct(material, claim.subject, claim.limit_ns),
        )
        for claim in (judged.claim for judged in material.judgement.claims)
        if claim.limit_ns is not None and claim.quantile is not None
    ]
    return pd.DataFrame(rows, columns=["action", "limit_ms", "share_pct", "claim", "reached_pct"])


def _reached_pct(material: Material, action: str, limit_ns: int) -> float:
    """The share of the action's entities that had surely been seen by the limit."""
    seen = [each.upper_ns is not None and each.upper_ns <= limit_ns for each in _visibilities(material, action)]
    return 100 * sum(seen) / len(seen) if seen else 0.0


def frame_censored(material: Material) -> pd.DataFrame:
    """Entities that were never seen: how many, and until when they were missed (the longest)."""
    rows = [
        (str(summary.action), len(waits), max(waits) / NS_PER_MS)
        for summary in material.probed
        if (waits := [each.lower_ns for each in summary.visibilities if each.upper_ns is None])
    ]
    return pd.DataFrame(rows, columns=["action", "entities", "looked_for_ms"])


def frame_retries(material: Material) -> pd.DataFrame:
    """Attempts until seen, in buckets, with the count and the share of all entities; never seen is a bucket, and so
    are those not answered to the end, or stopped. `coin_pct`: the share by the law of a coin, where one decides."""
    last = [label for label in UNSEEN if any(_count_unseen(each)[label] for each in material.probed)]
    rows = []
    for summary in material.probed:
        counts = [(label, _count_between(summary, least, most)) for label, least, most in BUCKETS]
        counts += [(label, _count_unseen(summary)[label]) for label in last]
        coin = find_coin(material, summary.action)
        expected = (
            {} if coin is None else {name: 100 * expect_share(coin, least, most) for name, least, most in BUCKETS}
        )
        rows += [(str(summary.action), label, n, 100 * n / summary.n, expected.get(label)) for label, n in counts]
    frame = pd.DataFrame(rows, columns=["action", "attempts", "entities", "share_pct", "coin_pct"])
    return frame.astype({"coin_pct": float}).dropna(axis="columns", how="all") if len(frame) else frame


def _count_unseen(summary: ActionSummary) -> dict[str, int]:
    return {NEVER: summary.never_seen.count, UNANSWERED: summary.unanswered, STOPPED: summary.stopped}


def _count_between(summary: ActionSummary, least: int, most: int | None) -> int:
    return sum(
        entities
        for retries, entities in summary.retries.items()
        if retries + 1 >= least and (most is None or retries + 1 <= most)
    )


def frame_over_run(material: Material) -> pd.DataFrame:
    """The longest wait in each slice of the run: its interval, and whether the entity was seen at all. One whose first
    attempt came too late is a wait of unknown length, from 0 to its hit: of those, too, the longest of each slice."""
    parts = [_longest_by_slice(material, summary) for summary in material.probed]
    frame = _join(parts, ["action", "minute", "entity", "lower_ms", "upper_ms", "seen", "late"])
    return frame.assign(faults=name_moments(material, frame["minute"])) if material.judgement.faults else frame


def _longest_by_slice(material: Material, summary: ActionSummary) -> pd.DataFrame:
    frame = _waits(material, summary)
    slices = min(len(frame), SLICES)
    width = max(frame["minute"].max() - frame["minute"].min(), 1e-9) / slices
    number = ((frame["minute"] - frame["minute"].min()) / width).astype(int).clip(upper=slices - 1)
    longest = frame["upper_ms"].fillna(np.inf).groupby([number, frame["late"]]).idxmax()
    return frame.loc[longest.sort_values()]


def _waits(material: Material, summary: ActionSummary) -> pd.DataFrame:
    visibilities = sorted(summary.visibilities, key=lambda visibility: visibility.written_ns)
    return pd.DataFrame(
        {
            "action": str(summary.action),
            "minute": [minutes_in(material, visibility) for visibility in visibilities],
            "entity": [visibility.index for visibility in visibilities],
            "lower_ms": [visibility.lower_ns / NS_PER_MS for visibility in visibilities],
            "upper_ms": [np.nan if each.upper_ns is None else each.upper_ns / NS_PER_MS for each in visibilities],
            "seen": [visibility.upper_ns is not None for visibility in visibilities],
            "late": [is_untold(visibility) for visibility in visibilities],
        }
    )


def minutes_in(material: Material, visibility: Visibility) -> float:
    """When the entity was written, in minutes since the first write was due."""
    return (visibility.written_ns - material.manifest.start_ns) / NS_PER_MINUTE


def frame_medians(material: Material) -> pd.DataFrame:
    """The rolling median of the upper ends (a twentieth of the run, at least 5 entities); none where unseen. Entities
    that nobody looked for in time are left out: theirs say when one looked."""
    parts = []
    for summary in material.probed:
        frame = _waits(material, summary)
        frame = frame[~frame["late"]].copy()
        window = max(5, len(frame) // 20)
        upper = frame["upper_ms"].fillna(1e300)  # an unseen entity waits longer than any seen one
        frame["median_ms"] = (
            upper.rolling(window, center=True, min_periods=window).median().where(lambda ms: ms < 1e299)
        )
        frame = frame.dropna(subset="median_ms")[["action", "minute", "median_ms"]]
        parts.append(frame.iloc[pick_evenly(len(frame), 2 * LINE_POINTS)])
    return _join(parts, ["action", "minute", "median_ms"])


def _join(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def frame_words(material: Material) -> pd.DataFrame:
    """The words of the run's workload for figures, which see frames only: one row."""
    step = name_step(material)
    return pd.DataFrame({"done": [step.done], "seen": [step.seen]})


FRAMES: dict[str, Callable[[Material], pd.DataFrame]] = {
    "latency": frame_latency,
    "estimates": frame_estimates,
    "limits": frame_limits,
    "censored": frame_censored,
    "retries": frame_retries,
    "over_run": frame_over_run,
    "medians": frame_medians,
    "operation_times": frame_operation_times,
    "pacing": frame_pacing,
    "unwritten": frame_unwritten,
    "errors": frame_errors,
    "regions": frame_regions,
    "clocks": frame_clocks,
    "clock_bound": frame_clock_bound,
    "past": frame_past,
    "faults": frame_faults,
    "gaps": frame_gaps,
    "annotations": frame_annotations,
    "stories": frame_stories,
    "lanes": frame_lanes,
    "witnesses": frame_witnesses,
    "words": frame_words,
}
