"""How well the writer kept its schedule."""

from matplotlib.figure import Figure

from consistency.report.figures.style import (
    INK,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    mark_time,
    name_series,
    series_of,
)
from consistency.report.frames import Frames


def draw_pacing(frames: Frames) -> Figure:
    """Actual minus scheduled start of each write; slots without an acknowledged write as crosses below."""
    pacing, unwritten = frames["pacing"], frames["unwritten"]
    figure, (axes,) = make_panels(1, 1.9)
    late_ms = pacing["late_ms"]
    top_ms = max(float(late_ms.max()) * 1.15 if len(late_ms) else 1.0, 0.1)
    bottom_ms = min(float(late_ms.min()) * 1.15 if len(late_ms) else 0.0, 0.0) - top_ms / 8
    axes.set_ylim(bottom_ms, top_ms)
    ends = []
    for place, (stream, writes) in enumerate(pacing.groupby("stream", sort=False)):
        series = series_of(str(stream))
        axes.plot(writes["minute"], writes["late_ms"], linestyle="none", marker=series.marker, markersize=2.8,
                  color=series.colour)  # fmt: skip
        ends.append((name_series(str(stream)), 0.95 - 0.15 * place, series))
    axes.plot(unwritten["minute"], [bottom_ms * 0.5] * len(unwritten), linestyle="none", marker="x", color=INK,
              markersize=5)  # fmt: skip
    mark_time(axes, frames)
    label_ends(axes, ends)
    head_panel(axes, "actual minus scheduled start of a write (ms); × = slot without an acknowledged write")
    label_x(axes, "minutes since the first write was due")
    return figure
