"""Visibility over the run: whether it drifts, steps or comes in waves."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import (
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_series,
    scale_log_ms,
    series_of,
)
from consistency.report.frames import Frames


def draw_over_run(frames: Frames) -> Figure:
    """The longest wait of each slice as a bar from last miss to first hit; the never seen as triangles; the median."""
    waits, medians = frames["over_run"], frames["medians"]
    figure, (axes,) = make_panels(1, 2.7)
    least_ms = scale_log_ms(axes, [*waits["upper_ms"].dropna(), *waits["lower_ms"]])
    ends = []
    for action, wait in waits.groupby("action", sort=False):
        series = series_of(str(action))
        seen, unseen = wait[wait["seen"].astype(bool)], wait[~wait["seen"].astype(bool)]
        axes.vlines(seen["minute"], seen["lower_ms"].clip(lower=least_ms), seen["upper_ms"], color=series.colour,
                    linewidth=1, alpha=0.45)  # fmt: skip
        axes.plot(seen["minute"], seen["upper_ms"], linestyle="none", marker=series.marker, markersize=2.6,
                  color=series.colour)  # fmt: skip
        axes.plot(unseen["minute"], unseen["lower_ms"], linestyle="none", marker=10, markersize=6, color=series.colour)
        median = medians[medians["action"] == action]
        axes.plot(median["minute"], median["median_ms"], color=series.colour, linestyle=series.dash, linewidth=1.6)
        end = median["median_ms"].iloc[-1] if len(median) else wait["upper_ms"].fillna(wait["lower_ms"]).iloc[-1]
        ends.append((name_series(str(action)), _height(axes, float(end)), series))
    label_ends(axes, ends)
    head_panel(axes, "time until visible (ms, logarithmic): line = rolling median, bars = longest of each slice")
    label_x(axes, "minutes since the first write was due")
    return figure


def _height(axes: Axes, value: float) -> float:
    """Where a value lies, as a fraction of the panel's height."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform((0, value)))[1])
