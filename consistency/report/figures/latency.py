"""Chart 1: the share of entities that are visible, against the time since the write's acknowledgement."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import (
    INK,
    TEXT_PT,
    Placing,
    Series,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_done,
    name_series,
    series_of,
    span_log_ms,
)
from consistency.report.frames import POSSIBLY, SURELY, Frames

TOP_PCT = 104.0


def draw_latency(frames: Frames) -> Figure:
    """Per probe the most likely curve between the thin lines of its 95 % band; behind it, as a shade, from what had
    surely been seen to what may have been visible."""
    figure, (axes,) = make_panels(1, 3.3)
    latency, estimates = frames["latency"], frames["estimates"]
    limits, censored = frames["limits"], frames["censored"]
    place_ms = span_log_ms(axes, [*latency["time_ms"], *limits["limit_ms"], *censored["looked_for_ms"]])
    axes.set_ylim(0, TOP_PCT)
    ends = []
    for place, (action, curves) in enumerate(latency.groupby("action", sort=False)):
        series = series_of(str(action))
        surely, possibly = (trace_stairs(curves[curves["curve"] == curve], place_ms) for curve in (SURELY, POSSIBLY))
        axes.fill(*np.hstack([surely, possibly[:, ::-1]]), color=series.colour, alpha=0.22, linewidth=0)
        likely = _draw_estimate(axes, estimates[estimates["action"] == action], place_ms, series, place)
        ends.append((name_series(str(action)), likely[1][-1] / TOP_PCT, series))
    label_ends(axes, ends)
    _draw_censored(axes, censored)
    _draw_limits(axes, limits, 4 + 6 * len(censored))
    head = f"entities {name_done(frames)} (%): line = most likely, thin = its 95 % band, shade = last miss to first hit"
    head_panel(axes, head)
    label_x(axes, "time since the write's acknowledgement (ms, logarithmic; at the left edge: at once)")
    return figure


def _draw_estimate(
    axes: Axes, estimate: pd.DataFrame, place_ms: Placing, series: Series, place: int
) -> npt.NDArray[np.float64]:
    """The line, whose markers lie at other points for each probe, so that where lines coincide both are seen; and the
    thin ends of its band. Returns the line."""
    likely = trace_stairs(estimate, place_ms)
    axes.plot(*likely, color=series.colour, linestyle=series.dash, linewidth=1.6, marker=series.marker, markersize=4,
              markevery=(0.04 * (1 + place), 0.13))  # fmt: skip
    for column, is_upper in (("lower_pct", False), ("upper_pct", True)):
        axes.plot(*trace_stairs(estimate, place_ms, column, is_upper=is_upper), color=series.colour, linewidth=0.6)
    return likely


def trace_stairs(
    steps: pd.DataFrame, place_ms: Placing, column: str = "share_pct", *, is_upper: bool = False
) -> npt.NDArray[np.float64]:
    """The corners of a step curve, as two rows: x and y. A step holds until the next time; an upper end of a band holds
    since the time before, because what is not more at a time was not more earlier."""
    times_ms = np.repeat(place_ms(steps["time_ms"]).to_numpy(dtype=float), 2)
    shares_pct = np.repeat(steps[column].to_numpy(dtype=float), 2)
    return np.vstack([times_ms[:-1], shares_pct[1:]] if is_upper else [times_ms[1:], shares_pct[:-1]])


def _draw_limits(axes: Axes, limits: pd.DataFrame, lowest_pct: float) -> None:
    """A line up to the share that the claim is about; its label at the foot, on the side where the curve is not."""
    columns = ("action", "limit_ms", "share_pct", "claim", "reached_pct")
    rows = zip(*(limits[column] for column in columns), strict=True)
    for row, (action, limit_ms, share_pct, claim, reached_pct) in enumerate(rows):
        colour = series_of(action).colour
        axes.plot([limit_ms, limit_ms], [0, share_pct], color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.plot([limit_ms], [share_pct], color=colour, marker="_", markersize=14, markeredgewidth=2)
        text = f"limit {claim}\n{name_series(action)}"
        _write_beside(axes, text, limit_ms, lowest_pct + 3 + 12 * (row % 3), right=reached_pct > 20)


def _draw_censored(axes: Axes, censored: pd.DataFrame) -> None:
    rows = zip(censored["action"], censored["entities"], censored["looked_for_ms"], strict=True)
    for row, (action, entities, looked_for_ms) in enumerate(rows):
        height_pct = 4 + 6 * row
        axes.plot([looked_for_ms], [height_pct], color=series_of(action).colour, marker="|", markersize=9,
                  markeredgewidth=1.6)  # fmt: skip
        _write_beside(axes, f"{entities:,} not seen ({name_series(action)})", looked_for_ms, height_pct, right=False)


def _write_beside(axes: Axes, text: str, time_ms: float, height_pct: float, *, right: bool) -> None:
    axes.annotate(text, (time_ms, height_pct), (5 if right else -5, 0), textcoords="offset points", fontsize=TEXT_PT,
                  color=INK, ha="left" if right else "right", va="center_baseline")  # fmt: skip
