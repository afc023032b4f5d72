"""Witnesses: the operations that prove an anomaly, in lanes of their processes."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import INK, SOFT, TEXT_PT, head_panel, make_panels, series_of
from consistency.report.frames import Frames

LANE_IN = 0.3
LAST = 0.99  # of the width
MARKERS = {"nothing": "o", "hit": "o", "error": "x", "write": "D"}


def draw_witnesses(frames: Frames) -> Figure:
    """One block for each witness: a heading, then its calls as bars from invocation to completion."""
    ops = frames["witnesses"]
    last = int(ops["lane"].max()) if len(ops) else 1
    figure, (axes,) = make_panels(1, LANE_IN * (last + 1))
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(last + 0.6, -0.6)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    for _, witness in ops.groupby("witness", sort=False):
        _draw_lanes(axes, witness)
        _draw_calls(axes, witness)
    head_panel(axes, "calls in their order, not to scale: ◆ write, ● read a value, ○ read nothing, × error")
    axes.set_xlabel("below each call: when it began (ms since the first)", fontsize=TEXT_PT, color=INK)
    return figure


def _draw_lanes(axes: Axes, witness: pd.DataFrame) -> None:
    heading = str(witness["heading"].iloc[0])
    axes.text(0, float(witness["lane"].min()) - 0.8, heading, fontsize=TEXT_PT, color=INK, va="center_baseline")
    for place, calls in witness.groupby("lane"):
        lane = float(str(place))
        axes.hlines([lane], 0, 1, color=SOFT, linewidth=0.4, zorder=1)
        axes.annotate(str(calls["process"].iloc[0]), (1, lane), (6, 0), xycoords=("axes fraction", "data"),
                      textcoords="offset points", fontsize=TEXT_PT - 1, color=INK, va="center_baseline")  # fmt: skip


def _draw_calls(axes: Axes, witness: pd.DataFrame) -> None:
    columns = ("lane", "begins", "ends", "action", "mark", "label", "began_ms")
    for lane, begins, ends, action, mark, label, began_ms in zip(*(witness[each] for each in columns), strict=True):
        colour = series_of(action).colour
        axes.hlines([lane], begins, ends, color=colour, linewidth=6, alpha=0.3)
        axes.plot([ends], [lane], color=colour, marker=MARKERS[mark], markersize=4.5, clip_on=False,
                  markerfacecolor="none" if mark == "nothing" else colour)  # fmt: skip
        began = f"{began_ms:,.0f}" if began_ms >= 100 else f"{began_ms:.3g}"
        for text, above_pt, ink in ((label, 6, INK), (began, -7, SOFT)):
            _label(axes, text, (begins, ends, lane), above_pt, ink)


def _label(axes: Axes, text: str, place: tuple[float, float, float], above_pt: float, colour: str) -> None:
    """From where a call begins; to where it ends if that is the right edge, where the lane's name stands."""
    begins, ends, lane = place
    last = ends > LAST
    axes.annotate(text, (ends if last else begins, lane), (0, above_pt), textcoords="offset points", color=colour,
                  fontsize=TEXT_PT - 1, ha="right" if last else "left", va="center_baseline")  # fmt: skip
