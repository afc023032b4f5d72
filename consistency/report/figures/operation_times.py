"""How long one call took, hits, misses and errors apart: one panel for each probe."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import (
    Dash,
    Placing,
    Series,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_series,
    series_of,
    span_log_ms,
)
from consistency.report.frames import Frames

TOP_PCT = 104.0
DASHES: dict[str, Dash] = {"hit": "-", "miss": (0, (5, 2)), "error": (0, (1, 1.5))}
MARKERS = {"hit": "o", "miss": "s", "error": "x"}


def draw_operation_times(frames: Frames) -> Figure:
    """Cumulative shares of the calls of each outcome."""
    times = frames["operation_times"]
    actions = list(times["action"].unique())
    figure, panels = make_panels(len(actions), 1.15)
    place_ms = span_log_ms(panels[0], list(times["time_ms"]))
    for axes, action in zip(panels, actions, strict=False):
        _draw_outcomes(axes, times[times["action"] == action], action, place_ms)
    label_x(panels[-1], "duration of one call (ms, logarithmic)")
    return figure


def _draw_outcomes(axes: Axes, times: pd.DataFrame, action: str, place_ms: Placing) -> None:
    ends = []
    for told, calls in times.groupby("told", sort=False):
        series = Series(series_of(action).colour, DASHES[str(told)], MARKERS[str(told)])
        axes.plot(
            place_ms(calls["time_ms"]),
            calls["share_pct"],
            drawstyle="steps-post",
            color=series.colour,
            linestyle=series.dash,
            linewidth=1.5,
            marker=series.marker,
            markersize=3.5,
            markevery=0.1,
        )
        ends.append((f"{told} ({calls['attempts'].iloc[0]:,})", 100 / TOP_PCT, series))
    axes.set_ylim(0, TOP_PCT)
    axes.set_yticks([0, 50, 100])
    label_ends(axes, ends)
    head_panel(axes, f"{name_series(action)}: calls that took at most so long (%)")
