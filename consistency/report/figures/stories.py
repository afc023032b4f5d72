"""Stories: single entities attempt by attempt, the longest waits and some at random."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import (
    INK,
    SOFT,
    TEXT_PT,
    Placing,
    head_panel,
    label_x,
    make_panels,
    name_done,
    name_series,
    series_of,
    span_log_ms,
)
from consistency.report.frames import Frames

LANE_IN = 0.165
HEADINGS = {"longest": "the longest waits", "random": "others, chosen at random"}


def draw_stories(frames: Frames) -> Figure:
    """One lane per entity: ○ miss, ● hit, × error; the bar is the interval in which it became visible."""
    lanes, attempts = frames["lanes"], frames["stories"]
    last = int(lanes["lane"].max()) if len(lanes) else 1
    figure, (axes,) = make_panels(1, LANE_IN * (last + 1))
    place_ms = span_log_ms(axes, [*attempts["time_ms"], *lanes["upper_ms"].dropna(), *lanes["lower_ms"]])
    axes.set_yticks([])
    axes.set_ylim(last + 0.7, -0.6)
    axes.grid(visible=False, axis="y")
    _draw_intervals(axes, lanes, place_ms)
    for (told, action), marks in attempts.groupby(["told", "action"]):
        _draw_marks(axes, str(told), str(action), marks, place_ms)
    for chosen, group in lanes.groupby("chosen", sort=False):
        axes.annotate(HEADINGS[str(chosen)], (0, float(group["lane"].min()) - 1), (3, 0), fontsize=TEXT_PT, color=SOFT,
                      xycoords=("axes fraction", "data"), textcoords="offset points", va="center_baseline")  # fmt: skip
    done = name_done(frames)
    head_panel(axes, f"○ not yet {done} (miss), ● {done} (hit), × error; bar = from last miss to first hit")
    label_x(axes, "time since the write's acknowledgement (ms, logarithmic; at the left edge: at once)")
    return figure


def _draw_intervals(axes: Axes, lanes: pd.DataFrame, place_ms: Placing) -> None:
    end_ms = axes.get_xlim()[1]
    uppers_ms = lanes["upper_ms"].fillna(end_ms)
    colours = [series_of(action).colour for action in lanes["action"]]
    axes.hlines(lanes["lane"], place_ms(lanes["lower_ms"]), uppers_ms, color=colours, linewidth=4.5, alpha=0.3)
    labels = zip(lanes["lane"], lanes["action"], lanes["entity"], strict=True)
    for lane, action, entity in labels:
        axes.annotate(f"{name_series(action)} {entity}", (1, lane), (6, 0), xycoords=("axes fraction", "data"),
                      textcoords="offset points", fontsize=TEXT_PT - 1, color=INK, va="center_baseline")  # fmt: skip


def _draw_marks(axes: Axes, told: str, action: str, marks: pd.DataFrame, place_ms: Placing) -> None:
    colour = series_of(action).colour
    axes.plot(place_ms(marks["time_ms"]), marks["lane"], linestyle="none", color=colour, clip_on=False,
              marker="x" if told == "error" else "o", markersize=3.6, markeredgewidth=0.9,
              markerfacecolor="none" if told == "miss" else colour)  # fmt: skip
