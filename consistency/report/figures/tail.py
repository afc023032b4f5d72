"""Chart 2: the share of entities that are not yet visible, on a logarithmic axis, so that the tail can be read."""

from math import floor, log10

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from consistency.report.figures.latency import trace_stairs
from consistency.report.figures.style import (
    INK,
    Placing,
    Series,
    head_panel,
    label_ends,
    label_x,
    make_panels,
    name_series,
    series_of,
    span_log_ms,
)
from consistency.report.frames import Frames

_FINEST_PCT = 0.001


def draw_tail(frames: Frames) -> Figure:
    """Per probe what is most likely still missing, and between thin lines what may be; a line ends where it has come
    down to nothing."""
    estimates, limits = frames["estimates"], frames["limits"]
    figure, (axes,) = make_panels(1, 2.7)
    place_ms = span_log_ms(axes, [*estimates["time_ms"], *limits["limit_ms"]])
    least_pct = _scale_missing(axes, estimates)
    ends = []
    for action, estimate in estimates.groupby("action", sort=False):
        series = series_of(str(action))
        last_pct = _draw_missing(axes, estimate, place_ms, series)
        height = 1 - log10(100 / max(last_pct, least_pct)) / log10(100 / least_pct)
        ends.append((name_series(str(action)), height, series))
    for limit_ms, share_pct in zip(limits["limit_ms"], limits["share_pct"], strict=True):
        axes.plot([limit_ms], [100 - share_pct], color=INK, marker="_", markersize=14)
    label_ends(axes, ends)
    head_panel(axes, "entities not yet visible (%, logarithmic): line = most likely, thin = its 95 % band")
    label_x(axes, "time since the write's acknowledgement (ms, logarithmic; at the left edge: at once)")
    return figure


def _scale_missing(axes: Axes, estimates: pd.DataFrame) -> float:
    """A logarithmic axis from 100 % down to the decade below the least that is still missing anywhere."""
    missing_pct = 100 - estimates[["share_pct", "lower_pct"]].to_numpy(dtype=float)
    least = np.nanmin(missing_pct[missing_pct > _FINEST_PCT], initial=10.0)
    least_pct = 10.0 ** floor(log10(least) - 1e-9)
    axes.set_yscale("log")
    axes.set_ylim(least_pct, 130)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share_pct, _: f"{share_pct:.15g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    return least_pct


def _draw_missing(axes: Axes, estimate: pd.DataFrame, place_ms: Placing, series: Series) -> float:
    """Returns the last share that the line shows."""
    times_ms, share_pct = trace_stairs(estimate, place_ms)
    shown = share_pct < 100 - _FINEST_PCT
    axes.plot(times_ms[shown], 100 - share_pct[shown], color=series.colour, linestyle=series.dash, linewidth=1.6)
    for column, is_upper in (("lower_pct", False), ("upper_pct", True)):
        times_ms, bound_pct = trace_stairs(estimate, place_ms, column, is_upper=is_upper)
        missing_pct = np.where(bound_pct < 100 - _FINEST_PCT, 100 - bound_pct, np.nan)
        axes.plot(times_ms, missing_pct, color=series.colour, linewidth=0.6)
    return float(100 - share_pct[shown][-1]) if shown.any() else 0.0
