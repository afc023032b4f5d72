"""The page of two runs: what changed, how surely, quantile by quantile, and both curves.

Two manifests and what comparing found come in; compare-FIRST.html and .json are written into the second run's folder.
No clock and no chance: the resampling was seeded before.
"""

from pathlib import Path

import msgspec
import pandas as pd

from consistency.analysis.comparison import Comparison, QuantileChange
from consistency.analysis.npmle import Distribution
from consistency.analysis.words import NS_PER_MS
from consistency.archive import Archive
from consistency.errors import ConsistencyError
from consistency.history import NEVER
from consistency.report.charts import TABLE_ROWS, Chart, Table
from consistency.report.documents import render
from consistency.report.drawing import draw_svg
from consistency.report.figures.two_runs import draw_both_curves, draw_differences
from consistency.report.frames import Frames
from consistency.report.material import name_action, name_quantile
from consistency.report.pairs import HEADINGS, Pair, make_rows, note_pair, say_pair, summarize_pair
from consistency.report.sentences import SIGNS
from consistency.report.thinning import LINE_POINTS, pick_evenly
from consistency.whole_file import write_whole


def write_comparison(pair: Pair, first: Archive, second: Archive) -> dict[str, Path]:
    """Write the page and its numbers into the folder of `second`; format -> path. ConsistencyError where that fails."""
    stem = f"compare-{first.folder.name}"
    paths = {name: second.folder / f"{stem}.{name}" for name in ("html", "json")}
    contents = {"html": make_page(pair).encode(), "json": msgspec.json.encode(summarize_pair(pair)) + b"\n"}
    try:
        for name, path in paths.items():
            write_whole(path, contents[name])
    except OSError as error:
        raise ConsistencyError(
            f"The comparison cannot be written: {error.filename or second.folder}: {error.strerror}."
        ) from error
    return paths


def make_page(pair: Pair) -> str:
    """The page's HTML."""
    frames = make_pair_frames(pair)
    values = {
        "title": pair.title,
        "verdict": pair.found.verdict,
        "sign": "" if pair.found.verdict is None else SIGNS[pair.found.verdict],
        "sentences": say_pair(pair),
        "limits": [(SIGNS[each.verdict], each) for each in pair.found.limits],
        "notes": note_pair(pair),
        "manifests": pair.manifests,
        "headings": HEADINGS,
        "rows": make_rows(pair),
        "charts": _make_charts(pair, frames) if pair.found.comparisons else [],
    }
    return render("compare.html.j2", **values)


def make_pair_frames(pair: Pair) -> Frames:
    """The differences, in ms, and both curves as stairs."""
    found = pair.found.comparisons.items()
    end_ms = max(map(_find_end_ms, pair.found.comparisons.values()), default=0.0)
    differences = [
        (str(action), name_quantile(change.quantile), *_in_ms(change))
        for action, each in found
        for change in each.changes
    ]
    curves = [
        (str(action), run, time_ms, share_pct)
        for action, each in found
        for run, distribution in (("first", each.first), ("second", each.second))
        for time_ms, share_pct in _trace(distribution, end_ms)
    ]
    return {
        "differences": pd.DataFrame(differences, columns=["action", "quantile", "point_ms", "lower_ms", "upper_ms"]),
        "curves": pd.DataFrame(curves, columns=["action", "run", "time_ms", "share_pct"]),
    }


def _in_ms(change: QuantileChange) -> tuple[float, float, float]:
    measured = change.difference_ns
    point = float("nan") if measured.point is None else measured.point
    return point / NS_PER_MS, measured.lower / NS_PER_MS, measured.upper / NS_PER_MS


def _find_end_ms(comparison: Comparison) -> float:
    ends = [each.lower_ns.max() for each in (comparison.first, comparison.second)]
    seen = [each.upper_ns[each.upper_ns != NEVER].max(initial=0) for each in (comparison.first, comparison.second)]
    return float(max(*ends, *seen)) / NS_PER_MS


def _trace(distribution: Distribution, end_ms: float) -> list[tuple[float, float]]:
    """From 0, through the ends of the supports, to `end_ms`, where no mass is any more."""
    seen = distribution.upper_ns != NEVER
    times_ms = (distribution.upper_ns[seen] / NS_PER_MS).tolist()
    shares_pct = (100 * distribution.masses[seen].cumsum()).tolist()
    kept = pick_evenly(len(times_ms), LINE_POINTS).tolist()
    inner = [(times_ms[place], shares_pct[place]) for place in kept]
    last_pct = inner[-1][1] if inner else 0.0
    return [(0.0, 0.0), *inner, (end_ms, last_pct)]


def _make_charts(pair: Pair, frames: Frames) -> list[Chart]:
    return [_chart_differences(pair, frames), _chart_curves(frames)]


def _chart_differences(pair: Pair, frames: Frames) -> Chart:
    rows, title = make_rows(pair), "How much each quantile changed"
    words = " ".join(f"{row[0].capitalize()} {row[1]}: {row[4]}." for row in rows)
    svg = draw_svg("differences", draw_differences(frames), title, words)
    return Chart("differences", title, words, svg, Table(HEADINGS, rows, len(rows)))


def _chart_curves(frames: Frames) -> Chart:
    title = "Both curves: share of entities visible, by time since the write's acknowledgement"
    words, curves = "Dashed: the first run; solid: the second.", frames["curves"]
    shown = curves.iloc[pick_evenly(len(curves), TABLE_ROWS)].itertuples(index=False)
    rows = [[name_action(row[0]), row[1], f"{row[2]:,.4g}", f"{row[3]:.4g}"] for row in shown]
    table = Table(["probe", "run", "time (ms)", "share visible (%)"], rows, len(curves))
    return Chart("curves", title, words, draw_svg("curves", draw_both_curves(frames), title, words), table)
