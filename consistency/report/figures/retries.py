"""How many attempts it took until an entity was seen: one panel of bars for each probe."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from consistency.report.figures.style import INK, TEXT_PT, head_panel, label_x, make_panels, name_series, series_of
from consistency.report.frames import UNSEEN, Frames


def draw_retries(frames: Frames) -> Figure:
    """The count stands on its bar; a first bar alone says that no retry was needed."""
    retries = frames["retries"]
    actions = list(retries["action"].unique())
    figure, panels = make_panels(len(actions), 0.95)
    for axes, action in zip(panels, actions, strict=False):
        _draw_bars(axes, retries[retries["action"] == action], action)
    label_x(panels[-1], f"attempts until the entity was {frames['words']['seen'].iloc[0]} (1 = by the first, no retry)")
    return figure


def _draw_bars(axes: Axes, bars: pd.DataFrame, action: str) -> None:
    series = series_of(action)
    places = range(len(bars))
    hatches = ["////" if label in UNSEEN else "" for label in bars["attempts"]]
    drawn = axes.bar(places, bars["share_pct"], width=0.72, color=series.colour, edgecolor=INK, linewidth=0)
    for bar, hatch in zip(drawn, hatches, strict=True):
        bar.set_hatch(hatch)
    for place, (entities, share_pct) in enumerate(zip(bars["entities"], bars["share_pct"], strict=True)):
        if entities:
            axes.annotate(f"{entities:,}", (place, share_pct), (0, 2), textcoords="offset points", ha="center",
                          va="bottom", fontsize=TEXT_PT, color=INK)  # fmt: skip
    if "coin_pct" in bars:
        axes.plot(places, bars["coin_pct"], linestyle="none", marker="o", markersize=4, color=INK)
    axes.set_ylim(0, 118)
    axes.set_yticks([0, 50, 100])
    axes.grid(visible=False, axis="x")
    axes.set_xticks(
        list(places), [label.replace(" ", "\n") if label in UNSEEN else label for label in bars["attempts"]]
    )
    dots = "; dots = by the law of a coin" if "coin_pct" in bars and bars["coin_pct"].notna().any() else ""
    head_panel(axes, f"{name_series(action)}: entities (%), count on the bar{dots}")
