"""Visibility over the run: whether it drifts, steps or comes in waves."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import (
    Series,
    draw_spans,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    mark_time,
    name_done,
    name_series,
    scale_log_ms,
    series_of,
)
from consistency.report.frames import Frames


def draw_over_run(frames: Frames) -> Figure:
    """The longest wait of each slice of the run, and the rolling median of all."""
    waits, medians = frames["over_run"], frames["medians"]
    figure, (axes,) = make_panels(1, 2.7)
    scale_log_ms(axes, [*waits["upper_ms"].dropna(), *waits["lower_ms"][~waits["seen"].astype(bool)]])
    ends = []
    for action, wait in waits.groupby("action", sort=False):
        median = medians[medians["action"] == action]
        _draw_waits(axes, wait, series_of(str(action)))
        _draw_median(axes, median, series_of(str(action)))
        end = median["median_ms"].iloc[-1] if len(median) else wait["upper_ms"].fillna(wait["lower_ms"]).iloc[-1]
        ends.append((name_series(str(action)), _height(axes, float(end)), series_of(str(action))))
    mark_time(axes, frames)
    label_ends(axes, ends)
    head = f"time until {name_done(frames)} (ms, logarithmic): points = longest of each slice, line = rolling median"
    head_panel(axes, head)
    label_x(axes, "minutes since the first write was due")
    return figure


def _draw_waits(axes: Axes, wait: pd.DataFrame, series: Series) -> None:
    """A point at the first hit with a bar down to the last miss, where there was one; a triangle where never seen. An
    empty point whose bar goes all the way down: seen by a first attempt that came late, so its wait is not known."""
    late = wait[wait["late"].astype(bool)]
    wait = wait[~wait["late"].astype(bool)]
    draw_spans(axes, late["minute"], pd.Series(axes.get_ylim()[0], late.index), late["upper_ms"], series)
    axes.plot(late["minute"], late["upper_ms"], linestyle="none", marker=series.marker, markersize=4,
              markerfacecolor="none", color=series.colour)  # fmt: skip
    seen, unseen = wait[wait["seen"].astype(bool)], wait[~wait["seen"].astype(bool)]
    missed = seen[seen["lower_ms"] > 0]
    draw_spans(axes, missed["minute"], missed["lower_ms"], missed["upper_ms"], series)
    axes.plot(seen["minute"], seen["upper_ms"], linestyle="none", marker=series.marker, markersize=2.6,
              color=series.colour, alpha=0.75)  # fmt: skip
    axes.plot(unseen["minute"], unseen["lower_ms"], linestyle="none", marker="^", markersize=7, color=series.colour,
              clip_on=False)  # fmt: skip


def _draw_median(axes: Axes, median: pd.DataFrame, series: Series) -> None:
    axes.plot(median["minute"], median["median_ms"], color=series.colour, linestyle=series.dash, linewidth=1.6)


def _height(axes: Axes, value: float) -> float:
    """Where a value lies, as a fraction of the panel's height."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform((0, value)))[1])
