"""Chart 9: two runs: how much each quantile changed, with its interval, and both curves overlaid."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.latency import trace_stairs
from consistency.report.figures.style import (
    BLUE,
    INK,
    SOFT,
    TEXT_PT,
    VERMILION,
    Series,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_series,
    span_log_ms,
)
from consistency.report.frames import Frames

LOOKS = {"first": Series(BLUE, (0, (5, 2)), "s"), "second": Series(VERMILION, "-", "o")}
TOP_PCT = 104.0
LEAST_REACH_MS = 0.1


def draw_differences(frames: Frames) -> Figure:
    """A panel for each probe: the difference of each quantile as a point with its 95 % interval. An end that is not
    bounded leaves the panel as an arrow; a quantile without any bound is told in words."""
    differences = frames["differences"]
    actions = list(differences["action"].unique())
    figure, panels = make_panels(len(actions), 1.3)
    for axes, action in zip(panels, actions, strict=False):
        _draw_panel(axes, differences[differences["action"] == action])
        head_panel(axes, f"{name_series(action)}: second minus first (ms), point and 95 % interval")
    label_x(panels[-1], "quantile of the waiting time")
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    ends_ms = rows[["point_ms", "lower_ms", "upper_ms"]].to_numpy(dtype=float)
    told_ms = ends_ms[np.isfinite(ends_ms[:, 1:]).any(axis=1)]  # what has no bound is told in words
    reach_ms = float(np.abs(told_ms[np.isfinite(told_ms)]).max(initial=LEAST_REACH_MS)) * 1.25
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.set_ylim(-reach_ms, reach_ms)
    axes.set_xticks(range(len(rows)), list(rows["quantile"]))
    axes.set_xlim(-0.5, len(rows) - 0.5)
    for place, (point_ms, lower_ms, upper_ms) in enumerate(ends_ms.tolist()):
        if np.isinf(lower_ms) and np.isinf(upper_ms):
            _write_unbounded(axes, place)
            continue
        ends = [max(lower_ms, -reach_ms), min(upper_ms, reach_ms)]
        axes.plot([place, place], ends, color=VERMILION, linewidth=1.6)
        axes.plot([place, place], ends, color=VERMILION, linestyle="none", marker="_", markersize=9)
        axes.plot([place], [point_ms], color=VERMILION, marker="o", markersize=4.5)


def _write_unbounded(axes: Axes, place: int) -> None:
    axes.annotate("not bounded", (place, 0), (0, 4), textcoords="offset points", fontsize=TEXT_PT, color=INK,
                  ha="center", va="bottom")  # fmt: skip


def draw_both_curves(frames: Frames) -> Figure:
    """A panel for each probe: the most likely share visible in the first run (dashed) and in the second."""
    curves = frames["curves"]
    actions = list(curves["action"].unique())
    figure, panels = make_panels(len(actions), 1.9)
    place_ms = span_log_ms(panels[0], list(curves["time_ms"]))
    for axes, action in zip(panels, actions, strict=False):
        axes.set_ylim(0, TOP_PCT)
        ends = []
        for run, look in LOOKS.items():
            curve = curves[(curves["action"] == action) & (curves["run"] == run)]
            line = trace_stairs(curve, place_ms)
            axes.plot(*line, color=look.colour, linestyle=look.dash, linewidth=1.6, marker=look.marker, markersize=4,
                      markevery=(0.05 if run == "first" else 0.11, 0.13))  # fmt: skip
            ends.append((run, line[1][-1] / TOP_PCT, look))
        label_ends(axes, ends)
        head_panel(axes, f"{name_series(action)}: entities visible (%), the most likely curve")
    label_x(panels[-1], "time since the write's acknowledgement (ms, logarithmic; at the left edge: at once)")
    return figure
