"""Chart 10: one percentile from run to run, with its interval and the limit that a claim sets."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import (
    INK,
    Series,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_done,
    name_series,
    scale_log_ms,
    series_of,
)
from consistency.report.frames import Frames
from consistency.report.past import ANOTHER, OWN

LABELLED = 6  # dates below the axis
LIMIT = Series(INK, (0, (2, 2)), "_")


def draw_past(frames: Frames) -> Figure:
    """A place for each run, in it the probes side by side; this run's place is shaded."""
    past, limits = frames["past"], frames["limits"]
    quantile = past["quantile"].iloc[0]
    runs, actions = past.drop_duplicates("run"), list(past["action"].unique())
    place_of = {run: place for place, run in enumerate(runs["run"])}
    limits = limits[limits["share_pct"].eq(float(quantile.removeprefix("p")))]
    figure, (axes,) = make_panels(1, 2.5)
    times_ms = past[["lower_ms", "upper_ms", "least_ms", "most_ms"]].to_numpy(dtype=float)
    scale_log_ms(axes, [*times_ms[np.isfinite(times_ms)].tolist(), *limits["limit_ms"]])
    axes.set_xlim(-0.6, len(runs) - 0.4)
    ends = []
    for number, action in enumerate(actions):
        own = past[past["action"] == action]
        places = own["run"].map(place_of) + 0.5 * ((number + 0.5) / len(actions) - 0.5)
        height = _draw_runs(axes, own, places, series_of(action))
        ends.append((name_series(action), height, series_of(action)))
    ends += _draw_limits(axes, limits)
    this = runs["run"][runs["plan"] == OWN].map(place_of)
    for place in this:
        axes.axvspan(place - 0.4, place + 0.4, facecolor=INK, alpha=0.08, linewidth=0, zorder=0)
    label_ends(axes, ends)
    _label_dates(axes, [str(begun) for begun in runs["begun"]])
    head = f"{past['quantile'].iloc[0]} of the time until {name_done(frames)} (ms, logarithmic), 95 % interval"
    head_panel(axes, f"{head}; shaded: this run")
    label_x(axes, "run date (UTC), in order, not to scale")
    return figure


def _draw_runs(axes: Axes, own: pd.DataFrame, places: "pd.Series[float]", series: Series) -> float:
    """Thin: the interval; thick: the estimate. Returns the height of the last one in axis fractions."""
    bottom_ms, top_ms = axes.get_ylim()
    least, most = own["least_ms"].clip(lower=bottom_ms), own["most_ms"].fillna(top_ms)
    low, high = own["lower_ms"].clip(lower=bottom_ms), own["upper_ms"].fillna(top_ms)
    axes.vlines(places, least, most, color=series.colour, linewidth=1)
    axes.vlines(places, low, high, color=series.colour, linewidth=4, alpha=0.45)
    for another in (False, True):
        chosen = (own["plan"] == ANOTHER) == another
        axes.plot(places[chosen], high[chosen], color=series.colour, linestyle="none", marker=series.marker,
                  markersize=4.5, markerfacecolor="none" if another else series.colour)  # fmt: skip
    unbounded = own["most_ms"].isna()
    axes.plot(places[unbounded], most[unbounded], color=series.colour, linestyle="none", marker="^", markersize=6,
              clip_on=False)  # fmt: skip
    return _height(axes, float(high.iloc[-1]))


def _height(axes: Axes, value: float) -> float:
    """Where a value lies, as a fraction of the panel's height."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform((0, value)))[1])


def _draw_limits(axes: Axes, limits: pd.DataFrame) -> list[tuple[str, float, Series]]:
    """A line for each; returns what is to be written at its end."""
    ends = []
    for limit_ms, claim in zip(limits["limit_ms"], limits["claim"], strict=True):
        axes.axhline(limit_ms, color=LIMIT.colour, linewidth=0.9, linestyle=LIMIT.dash)
        ends.append((f"limit {claim}", _height(axes, limit_ms), LIMIT))
    return ends


def _label_dates(axes: Axes, begun: list[str]) -> None:
    """Some of the dates, always that of the newest run: "11-21 03:12"."""
    step = -(-len(begun) // LABELLED)
    shown = list(range(len(begun) - 1, -1, -step))
    axes.set_xticks(shown, [begun[place][5:].replace("T", " ") for place in shown])
    axes.grid(visible=False, axis="x")
