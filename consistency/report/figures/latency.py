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
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_series,
    series_of,
    span_log_ms,
)
from consistency.report.frames import POSSIBLY, SURELY, Frames

TOP_PCT = 104.0


def draw_latency(frames: Frames) -> Figure:
    """Per probe the line of what had surely been seen, and the band up to what may have been visible."""
    figure, (axes,) = make_panels(1, 3.3)
    latency, limits, censored = frames["latency"], frames["limits"], frames["censored"]
    place_ms = span_log_ms(axes, [*latency["time_ms"], *limits["limit_ms"], *censored["looked_for_ms"]])
    axes.set_ylim(0, TOP_PCT)
    ends = []
    for place, (action, curves) in enumerate(latency.groupby("action", sort=False)):
        series = series_of(str(action))
        surely, possibly = (_stairs(curves[curves["curve"] == curve], place_ms) for curve in (SURELY, POSSIBLY))
        axes.fill(*np.hstack([surely, possibly[:, ::-1]]), color=series.colour, alpha=0.22, linewidth=0)
        # Markers lie at other points of the line for each probe, so that where lines coincide both are seen.
        axes.plot(*surely, color=series.colour, linestyle=series.dash, linewidth=1.6, marker=series.marker,
                  markersize=4, markevery=(0.04 * (1 + place), 0.13))  # fmt: skip
        ends.append((name_series(str(action)), surely[1][-1] / TOP_PCT, series))
    label_ends(axes, ends)
    _draw_censored(axes, censored)
    _draw_limits(axes, limits, 4 + 6 * len(censored))
    head_panel(axes, "entities visible (%): line = surely seen, band = up to what may have been visible")
    label_x(axes, "time since the write's acknowledgement (ms, logarithmic; at the left edge: at once)")
    return figure


def _stairs(steps: pd.DataFrame, place_ms: Placing) -> npt.NDArray[np.float64]:
    """The corners of a step curve, as two rows: x and y."""
    times_ms = place_ms(steps["time_ms"]).to_numpy(dtype=float)
    shares_pct = steps["share_pct"].to_numpy(dtype=float)
    return np.vstack([np.repeat(times_ms, 2)[1:], np.repeat(shares_pct, 2)[:-1]])


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
