"""Chart 2: the share of entities that are not yet visible, on a logarithmic axis, so that the tail can be read."""

from math import floor, log10

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from consistency.report.figures.latency import trace_stairs
from consistency.report.figures.style import (
    INK,
    TEXT_PT,
    Placing,
    Series,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_done,
    name_series,
    series_of,
    span_log_ms,
)
from consistency.report.frames import Frames

_FINEST_PCT, _TOP_PCT = 0.001, 150.0


def draw_tail(frames: Frames) -> Figure:
    """Per probe what is most likely still missing, and between thin lines what may be; a line ends where it comes down
    to a share that so many entities cannot exclude."""
    estimates, limits = frames["estimates"], frames["limits"]
    figure, (axes,) = make_panels(1, 2.7)
    place_ms = span_log_ms(axes, [*estimates["time_ms"], *limits["limit_ms"]])
    ends_pct = _find_ends(frames["retries"])
    least_pct = _scale_missing(axes, min(ends_pct.values(), default=10.0))
    ends = []
    for action, estimate in estimates.groupby("action", sort=False):
        series = series_of(str(action))
        last_pct = _draw_missing(axes, estimate, place_ms, series, ends_pct[str(action)])
        height = log10(max(last_pct, least_pct) / least_pct) / log10(_TOP_PCT / least_pct)
        ends.append((name_series(str(action)), height, series))
    _draw_limits(axes, limits)
    label_ends(axes, ends)
    head_panel(axes, f"entities not yet {name_done(frames)} (%, logarithmic): line = most likely, thin = its 95 % band")
    label_x(axes, "time since the write's acknowledgement (ms, logarithmic; at the left edge: at once)")
    return figure


def _draw_limits(axes: Axes, limits: pd.DataFrame) -> None:
    """What may still be missing at the limit of a claim."""
    rows = zip(limits["limit_ms"], limits["share_pct"], limits["claim"], strict=True)
    for limit_ms, share_pct, claim in rows:
        axes.plot([limit_ms], [100 - share_pct], color=INK, marker="_", markersize=14)
        axes.annotate(f"limit {claim}", (limit_ms, 100 - share_pct), (9, 0), textcoords="offset points",
                      fontsize=TEXT_PT, color=INK, ha="left", va="center_baseline")  # fmt: skip


def _find_ends(retries: pd.DataFrame) -> dict[str, float]:
    """For each probe the share that none of its n entities would show with 5 %: 1 - 0.05^(1/n)."""
    counts = retries.groupby("action", sort=False)["entities"].sum()
    return {str(action): 100 * (1 - 0.05 ** (1 / n)) for action, n in counts.items()}


def _scale_missing(axes: Axes, end_pct: float) -> float:
    """A logarithmic axis from 100 % down to the decade below the lowest end of a line."""
    least_pct = max(10.0 ** floor(log10(end_pct) - 1e-9), _FINEST_PCT)
    axes.set_yscale("log")
    axes.set_ylim(least_pct, _TOP_PCT)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share_pct, _: f"{share_pct:.15g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    return least_pct


def _draw_missing(axes: Axes, estimate: pd.DataFrame, place_ms: Placing, series: Series, end_pct: float) -> float:
    """Returns the last share that the line shows."""
    times_ms, share_pct = trace_stairs(estimate, place_ms)
    missing_pct = _cut(100 - share_pct, end_pct)
    axes.plot(times_ms, missing_pct, color=series.colour, linestyle=series.dash, linewidth=1.6)
    for column, is_upper in (("lower_pct", False), ("upper_pct", True)):
        times_ms, bound_pct = trace_stairs(estimate, place_ms, column, is_upper=is_upper)
        axes.plot(times_ms, _cut(100 - bound_pct, end_pct), color=series.colour, linewidth=0.6)
    return float(np.nanmin(missing_pct))


def _cut(missing_pct: npt.NDArray[np.float64], end_pct: float) -> npt.NDArray[np.float64]:
    """A falling line down to `end_pct`, and nothing behind it."""
    below = missing_pct < end_pct
    cut = np.where(below, np.nan, missing_pct)
    if below.any():
        cut[int(np.argmax(below))] = end_pct
    return cut
