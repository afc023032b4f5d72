"""Chart 11: how far each process's clock was from the service's, over the run."""

from matplotlib.figure import Figure

from consistency.report.figures.style import ERRORS, SOFT, head_panel, label_ends, label_x, make_panels, mark_time
from consistency.report.frames import Frames


def draw_clocks(frames: Frames) -> Figure:
    """For each process a band from the least offset to the most, and dotted the bound that verdicts allow for."""
    clocks, bound_ms = frames["clocks"], float(frames["clock_bound"]["bound_ms"].iloc[0])
    figure, (axes,) = make_panels(1, 2.2)
    ends_ms = clocks[["offset_least_ms", "offset_most_ms"]].to_numpy(dtype=float)
    reach_ms = 1.15 * max(float(abs(ends_ms).max()), bound_ms)
    axes.set_ylim(-reach_ms, reach_ms)
    ends = []
    for place, (process, own) in enumerate(clocks.groupby("process", sort=False)):
        series = ERRORS[place % len(ERRORS)]
        middle = (own["offset_least_ms"] + own["offset_most_ms"]) / 2
        axes.fill_between(own["minute"], own["offset_least_ms"], own["offset_most_ms"], color=series.colour, alpha=0.25,
                          linewidth=0, step="post")  # fmt: skip
        axes.plot(own["minute"], middle, color=series.colour, linestyle=series.dash, linewidth=1.2,
                  drawstyle="steps-post", marker=series.marker, markersize=3, markevery=(place, 6))  # fmt: skip
        ends.append((str(process), 0.5 + float(middle.iloc[-1]) / reach_ms / 2, series))
    for sign in (-1, 1):
        axes.axhline(sign * bound_ms, color=SOFT, linewidth=0.9, linestyle=(0, (2, 2)))
    mark_time(axes, frames)
    label_ends(axes, ends)
    head_panel(axes, "process's clock minus the service's (ms): line = middle, shade = bound; dotted: allowed for")
    label_x(axes, "minutes since the first write was due")
    return figure
