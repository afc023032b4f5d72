"""Errors per minute by code: when the store failed, and how."""

from matplotlib.figure import Figure

from consistency.report.figures.style import (
    ERRORS,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    mark_time,
)
from consistency.report.frames import Frames


def draw_errors(frames: Frames) -> Figure:
    """One stair for each code, over faults and annotations."""
    errors = frames["errors"]
    figure, (axes,) = make_panels(1, 1.9)
    top = max(float(errors["errors_per_minute"].max()) * 1.15, 1.0)
    axes.set_ylim(0, top)
    ends = []
    for place, (code, line) in enumerate(errors.groupby("code", sort=False)):
        series = ERRORS[place % len(ERRORS)]
        axes.step(line["minute"], line["errors_per_minute"], where="post", color=series.colour, linestyle=series.dash,
                  linewidth=1.4, marker=series.marker, markersize=3.5, markevery=(place, 7))  # fmt: skip
        ends.append((str(code).replace("_", " ").lower(), float(line["errors_per_minute"].iloc[-1]) / top, series))
    mark_time(axes, frames)
    label_ends(axes, ends)
    head_panel(axes, "failed calls per minute, by status code")
    label_x(axes, "minutes since the first write was due")
    return figure
