"""Chart 8: regions: for each probe a grid of reader's by writer's region, with p50 and p99 in the cells."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from consistency.report.figures.style import (
    INK,
    SOFT,
    TEXT_PT,
    head_panel,
    label_x,
    make_panels,
    name_series,
    series_of,
)
from consistency.report.frames import Frames

ROW_IN = 0.55  # three lines of text
DARKEST = 0.45  # so that ink can be read on it


def draw_regions(frames: Frames) -> Figure:
    """One panel for each probe; the later a cell's p50, the stronger its colour."""
    regions = frames["regions"]
    actions = list(regions["action"].unique())
    writers, readers = sorted(regions["writer"].unique()), sorted(regions["reader"].unique())
    figure, panels = make_panels(len(actions), ROW_IN * len(writers))
    for axes, action in zip(panels, actions, strict=False):
        _draw_grid(axes, regions[regions["action"] == action], writers, readers)
        head_panel(axes, f"{name_series(action)}: waiting time, by the writer's region (rows)")
    label_x(panels[-1], "region of the reader")
    return figure


def _draw_grid(axes: Axes, cells: pd.DataFrame, writers: list[str], readers: list[str]) -> None:
    axes.set_xlim(-0.5, len(readers) - 0.5)
    axes.set_ylim(len(writers) - 0.5, -0.5)
    axes.set_xticks(range(len(readers)), readers)
    axes.set_yticks(range(len(writers)), writers)
    axes.grid(visible=False)
    latest_ms = cells["p50_ms"].max()
    for action, writer, reader, entities, p50, p99, p50_ms in cells.itertuples(index=False):
        x, y = readers.index(reader), writers.index(writer)
        shade = DARKEST * (p50_ms / latest_ms if pd.notna(p50_ms) else 1.0)
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=series_of(action).colour, alpha=shade))
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor="none", edgecolor=SOFT, linewidth=0.6))
        axes.text(x, y, f"p50 {p50}\np99 {p99}\n{entities:,} entities", fontsize=TEXT_PT - 1, color=INK, ha="center",
                  va="center", linespacing=1.15)  # fmt: skip
