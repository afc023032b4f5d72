"""What all figures share: colours, dashes and markers of the probes, axes, and labels at the ends of lines.

The colours are those of the Okabe-Ito set that keep a contrast of 3 on white and on near-black. No series is told by
its colour alone: each has its own dash and marker. INK and GRID stand for colours of the page and are replaced by CSS
variables when a figure becomes SVG, so one drawing serves light and dark.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

INK, SOFT, GRID, PAPER = "#1a1a1b", "#555556", "#d8d8d9", "#fffffe"
BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
TEXT_PT = 8.5
WIDTH_IN = 7.2
LEAST_MS = 0.1  # finer times are not told apart
MARGIN_LEFT_IN, MARGIN_RIGHT_IN = 0.72, 1.35
MARKS = {"miss": ("o", "none"), "hit": ("o", "full"), "error": ("x", "full")}


Placing = Callable[["pd.Series[float]"], "pd.Series[float]"]  # times in ms to places on the axis
Dash = Literal["-"] | tuple[float, tuple[float, ...]]


@dataclass(frozen=True)
class Series:
    """How one probe looks in every figure."""

    colour: str
    dash: Dash
    marker: str


SERIES = {
    "global_query": Series(VERMILION, "-", "o"),
    "keys_only_query": Series(VERMILION, (0, (8, 2)), "P"),
    "projection_query": Series(VERMILION, (0, (3, 1, 1, 1)), "X"),
    "count_query": Series(VERMILION, (0, (2, 2)), "p"),
    "gql_query": Series(VERMILION, (0, (10, 2, 2, 2)), "h"),
    "ordered_query": Series(VERMILION, (0, (1, 3)), "v"),
    "key_get": Series(BLUE, (0, (5, 2)), "s"),
    "eventual_get": Series(BLUE, (0, (1, 1)), "d"),
    "read_time_get": Series(BLUE, (0, (7, 1, 1, 1, 1, 1)), "<"),
    "ancestor_query": Series(GREEN, (0, (6, 2, 1, 2)), "^"),
    "read_only_query": Series(GREEN, (0, (2, 1)), ">"),
    "write": Series(PURPLE, (0, (1, 1.5)), "D"),
    "shared": Series(PURPLE, (0, (1, 1.5)), "D"),
}
ERRORS = (  # status codes, the most frequent first
    Series(VERMILION, "-", "o"),
    Series(BLUE, (0, (5, 2)), "s"),
    Series(GREEN, (0, (6, 2, 1, 2)), "^"),
    Series(PURPLE, (0, (1, 1.5)), "D"),
    Series(VERMILION, (0, (2, 2)), "v"),
    Series(BLUE, (0, (1, 1)), "P"),
    Series(GREEN, (0, (2, 1)), "X"),
)
OTHER = Series(PURPLE, (0, (3, 1, 1, 1, 1, 1)), "v")


def series_of(action: str) -> Series:
    """The look of an action or a stream."""
    return SERIES.get(action, OTHER)


def name_series(action: str) -> str:
    """The name that is printed: "key get"."""
    return action.replace("_", " ")


def name_done(frames: Mapping[str, pd.DataFrame]) -> str:
    """What the run's probes wait for: "visible", "gone"."""
    return str(frames["words"]["done"].iloc[0])


def make_panels(count: int, panel_height_in: float, gap_in: float = 0.32) -> tuple[Figure, list[Axes]]:
    """A figure of `count` panels one above the other, with one x axis, and room for labels at the right."""
    count = max(count, 1)
    top_in, bottom_in = 0.28, 0.5
    height_in = top_in + bottom_in + count * panel_height_in + (count - 1) * gap_in
    figure = Figure(figsize=(WIDTH_IN, height_in))
    width = 1 - (MARGIN_LEFT_IN + MARGIN_RIGHT_IN) / WIDTH_IN
    panels: list[Axes] = []
    for row in range(count):
        bottom = (bottom_in + (count - 1 - row) * (panel_height_in + gap_in)) / height_in
        box = (MARGIN_LEFT_IN / WIDTH_IN, bottom, width, panel_height_in / height_in)
        panels.append(figure.add_axes(box, sharex=panels[0] if panels else None))
        _dress(panels[-1], last=row == count - 1)
    return figure, panels


def _dress(axes: Axes, last: bool) -> None:
    axes.set_facecolor("none")
    axes.grid(visible=True, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", colors=SOFT, labelcolor=INK, labelsize=TEXT_PT, width=0.6, labelbottom=last)
    axes.tick_params(which="major", length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(SOFT)
        spine.set_linewidth(0.6)


def shade_faults(axes: Axes, faults: pd.DataFrame) -> None:
    """Fault bands behind the data, each with its number, which the table of faults explains.

    Numbers of bands that overlap stand below each other. Whoever draws calls this when all else is drawn, so that the
    bands do not widen the axis.
    """
    low, high = axes.get_xlim()
    until: list[float] = []  # for each height the end of the band that is numbered there last
    for number, minute, until_minute in zip(*(faults[name].tolist() for name in faults.columns), strict=True):
        begins, ends = max(minute, low), min(until_minute, high)
        if begins >= ends:
            continue
        axes.axvspan(begins, ends, facecolor=SOFT, alpha=0.16, linewidth=0, zorder=0)
        row = next((place for place, end in enumerate(until) if end <= begins), len(until))
        until[row:] = [ends, *until[row + 1 :]]
        axes.annotate(f"{number}", ((begins + ends) / 2, 1), (0, -2 - (TEXT_PT + 1) * row),
                      xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=TEXT_PT - 1, color=INK,
                      va="top", ha="center")  # fmt: skip
    axes.set_xlim(low, high)


def mark_time(axes: Axes, frames: Mapping[str, pd.DataFrame]) -> None:
    """Faults as bands, times when nothing ran as hatched ones, and annotations as lines with their letters; when all
    else is drawn, as shade_faults says."""
    shade_faults(axes, frames["faults"])
    low, high = axes.get_xlim()
    for minute, until_minute in frames["gaps"].to_numpy(dtype=float).tolist():
        begins, ends = max(minute, low), min(until_minute, high)
        if begins < ends:
            axes.axvspan(begins, ends, facecolor="none", edgecolor=SOFT, hatch="////", linewidth=0.4, zorder=0)
    for letter, minute in zip(*(frames["annotations"][name].tolist() for name in ("letter", "minute")), strict=True):
        if low <= minute <= high:
            axes.axvline(minute, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            axes.annotate(letter, (minute, 0), (2, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
                          fontsize=TEXT_PT - 1, color=INK)  # fmt: skip
    axes.set_xlim(low, high)


def draw_spans(axes: Axes, places: "pd.Series[float]", lows: "pd.Series[float]", highs: "pd.Series[float]",
               series: Series) -> None:  # fmt: skip
    """Upright bars as one broken line: a line for each would weigh ten times as much on a page."""
    gaps = np.full(len(places), np.nan)
    heights = np.column_stack((lows, highs, gaps)).ravel()
    axes.plot(np.repeat(places.to_numpy(dtype=float), 3), heights, color=series.colour, linewidth=1, alpha=0.45,
              solid_capstyle="butt")  # fmt: skip


def head_panel(axes: Axes, heading: str) -> None:
    """What a panel shows and in which unit, above its upper left corner."""
    axes.text(0, 1, heading, transform=axes.transAxes, fontsize=TEXT_PT, color=INK, va="bottom", ha="left").set_y(
        1 + 0.06 / _height_in(axes)
    )


def label_x(axes: Axes, text: str) -> None:
    """The x axis' quantity and unit."""
    axes.set_xlabel(text, fontsize=TEXT_PT, color=INK, labelpad=4)


def span_log_ms(axes: Axes, times_ms: Sequence[float]) -> Placing:
    """A logarithmic x axis of milliseconds with a zero bucket at the left edge; returns where to draw given times.

    |< 2  :  2    10     100    1,000|      whatever is below the first number (0, above all) is drawn at the edge
    """
    positive = [time_ms for time_ms in times_ms if time_ms > 0] or [1.0]
    least = max(round_below(min(positive)), LEAST_MS)
    has_bucket = any(time_ms < least for time_ms in times_ms)
    edge, most = least / 3 if has_bucket else least, max(max(positive) * 1.15, least * 3)
    axes.set_xscale("log")
    axes.set_xlim(edge, most)
    axes.xaxis.set_major_locator(FixedLocator([*([edge] if has_bucket else []), least, *_choose_ticks(least, most)]))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda time_ms, _: f"< {least:,.15g}" if time_ms < least else f"{time_ms:,.15g}")
    )
    axes.xaxis.set_minor_formatter(NullFormatter())
    if has_bucket:
        axes.axvline(least, color=SOFT, linewidth=0.6, linestyle=(0, (1, 2)))
    return lambda times: times.where(times >= least, edge)


def _choose_ticks(least: float, most: float) -> list[float]:
    """Decades between the ends; within less than two decades also 2 and 5."""
    mantissas = (1, 2, 5) if most < 60 * least else (1,)
    return [
        tick for power in range(-2, 10) for mantissa in mantissas if least < (tick := mantissa * 10.0**power) <= most
    ]


def scale_log_ms(axes: Axes, times_ms: Sequence[float]) -> None:
    """A logarithmic y axis of milliseconds."""
    positive = [time_ms for time_ms in times_ms if time_ms > 0] or [1.0]
    least = max(10.0 ** floor(log10(min(positive))), LEAST_MS)
    axes.set_yscale("log")
    axes.set_ylim(least, max(max(positive) * 1.6, least * 10))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place:,.15g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def round_below(value: float) -> float:
    """The largest of … 0.1, 0.2, 0.5, 1, 2, 5, 10 … that is not above `value`."""
    decade = 10.0 ** floor(log10(value))
    return max(decade * mantissa for mantissa in (1, 2, 5) if decade * mantissa <= value or mantissa == 1)


def label_ends(axes: Axes, ends: Sequence[tuple[str, float, Series]]) -> None:
    """Names beside the right ends of lines, at heights in axis fractions, moved apart where they would touch."""
    gap = 0.17 / _height_in(axes)
    ends = sorted(ends, key=lambda end: -end[1])
    places: list[float] = []
    for _, height, _ in ends:
        places.append(min(height, places[-1] - gap) if places else height)
    for row in range(len(places)):  # and none below the foot of the panel, where the picture ends
        places[row] = max(places[row], (len(places) - 1 - row) * gap)
    for (text, height, series), place in zip(ends, places, strict=True):
        _label_end(axes, text, height, place, series)


def _label_end(axes: Axes, text: str, height: float, place: float, series: Series) -> None:
    width_in = WIDTH_IN - MARGIN_LEFT_IN - MARGIN_RIGHT_IN
    xs = (1 + 0.02 / width_in, 1 + 0.1 / width_in, 1 + 0.32 / width_in)
    axes.add_line(
        Line2D(
            xs,
            (height, place, place),
            transform=axes.transAxes,
            clip_on=False,
            color=series.colour,
            linestyle=series.dash,
            linewidth=1.4,
        )
    )
    axes.add_line(
        Line2D(
            xs[2:],
            (place,),
            transform=axes.transAxes,
            clip_on=False,
            color=series.colour,
            marker=series.marker,
            markersize=4,
        )
    )
    x = 1 + 0.39 / width_in
    axes.text(x, place, text, transform=axes.transAxes, fontsize=TEXT_PT, color=INK, va="center_baseline", ha="left")


def _height_in(axes: Axes) -> float:
    figure = axes.get_figure(root=True)
    assert figure is not None
    return float(axes.get_position().height * figure.get_size_inches()[1])
