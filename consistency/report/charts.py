"""The charts of a page: each figure with its title, what it says in words, and its numbers as a table.

Material and frames come in, Charts go out. The caption is also the picture's text for those who do not see it (the
<desc> of the SVG); that of the first chart repeats the first sentence, so that the picture says it where it is alone.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from consistency.report.captions import (
    describe_errors,
    describe_latency,
    describe_operation_times,
    describe_over_run,
    describe_pacing,
    describe_retries,
    describe_stories,
    describe_tail,
    describe_witnesses,
)
from consistency.report.clocks import describe_clocks
from consistency.report.drawing import draw_svg
from consistency.report.figures import FIGURES
from consistency.report.frames import Frames
from consistency.report.material import Material, name_action
from consistency.report.past import describe_past
from consistency.report.regions import describe_regions
from consistency.report.sentences import say_finding
from consistency.report.steps import name_step
from consistency.report.thinning import pick_evenly
from consistency.report.witnesses import DRAWN

TABLE_ROWS = 120
NOTHING = "Nothing to draw: this run has no data for it."
LINES = (
    "witness",
    "code",
    "action",
    "stream",
    "curve",
    "told",
    "process",
)  # the columns that tell a chart's lines apart
FOREIGN = ("item", "process", "told", "code", "run", "writer", "reader")  # the columns whose text is not ours
HEADINGS = {
    "action": "probe",
    "stream": "stream",
    "time_ms": "time (ms)",
    "curve": "share that was",
    "attempts": "attempts",
    "entities": "entities",
    "share_pct": "share (%)",
    "minute": "time of the run (min)",
    "entity": "entity",
    "lower_ms": "last miss (ms)",
    "upper_ms": "first hit (ms)",
    "lower_pct": "at least (%)",
    "upper_pct": "at most (%)",
    "seen": "seen",
    "late_ms": "late (ms)",
    "late": "first attempt late",
    "faults": "faults then",
    "code": "status code",
    "errors_per_minute": "errors per minute",
    "told": "told",
    "chosen": "chosen",
    "lane": "lane",
    "coin_pct": "by the law of a coin (%)",
    "retries": "retries",
    "witness": "witness",
    "finding": "findings",
    "process": "process",
    "item": "entity",
    "began_ms": "began (ms)",
    "ended_ms": "ended (ms)",
    "offset_least_ms": "offset, at least (ms)",
    "offset_most_ms": "offset, at most (ms)",
    "run": "run",
    "begun": "begun (UTC)",
    "plan": "plan",
    "quantile": "percentile",
    "least_ms": "95 % interval from (ms)",
    "most_ms": "to (ms)",
    "writer": "writer's region",
    "reader": "reader's region",
    "p50": "p50 (wait)",
    "p99": "p99 (wait)",
    "p50_ms": "upper end of p50 (ms)",
}


@dataclass(frozen=True)
class Caption:
    """A chart's title (with the words of the run's step), how to describe it, which frame is its table, and what an
    empty one says."""

    title: str
    describe: Callable[[Material], str]
    table: str
    nothing: str = NOTHING  # "": the chart is left out


@dataclass(frozen=True)
class Table:
    """Rows of text under headings, and how many rows there were before thinning."""

    headings: list[str]
    rows: list[list[str]]
    total: int


@dataclass(frozen=True)
class Chart:
    """One chart as a page shows it; `svg` is None where there is nothing to draw."""

    name: str
    title: str
    caption: str
    svg: Markup | None
    table: Table


CAPTIONS = {
    "latency": Caption(
        "Share of entities {done}, by time since the write's acknowledgement", describe_latency, "latency"
    ),
    "tail": Caption("The tail: share of entities not yet {done}", describe_tail, "estimates"),
    "retries": Caption("Attempts until an entity was {seen}", describe_retries, "retries"),
    "stories": Caption("Stories of single entities", describe_stories, "lanes"),
    "over_run": Caption("Time until {done}, over the run", describe_over_run, "over_run"),
    "operation_times": Caption("Duration of one call", describe_operation_times, "operation_times"),
    "pacing": Caption("Pacing of the writes", describe_pacing, "pacing"),
    "regions": Caption("From region to region", describe_regions, "regions", ""),
    "clocks": Caption("Clocks", describe_clocks, "clocks", ""),
    "past": Caption("From run to run", describe_past, "past", ""),
    "errors": Caption("Errors", describe_errors, "errors", "No errors: every call was answered, and none was refused."),
    "witnesses": Caption("Anomalies", describe_witnesses, "witnesses", "No anomaly is known."),
}


def make_charts(material: Material, frames: Frames) -> list[Chart]:
    """Every chart, in the order of FIGURES; of a run in which nothing was probed those that have something to show."""
    charts = [_make_chart(name, material, frames) for name in FIGURES]
    idle = ("",) if material.probed else ("", NOTHING)
    return [chart for chart in charts if chart.svg or CAPTIONS[chart.name].nothing not in idle]


def _make_chart(name: str, material: Material, frames: Frames) -> Chart:
    caption = CAPTIONS[name]
    title = caption.title.format(**asdict(name_step(material)))
    frame = frames[caption.table]
    if not len(frame):
        return Chart(name, title, caption.nothing, None, Table([], [], 0))
    text = caption.describe(material)
    description = f"{say_finding(material).replace('**', '')} {text}" if name == "latency" else text
    svg = draw_svg(name, FIGURES[name](frames), title, description)
    return Chart(name, title, text, svg, _make_table(frame))


def _make_table(frame: pd.DataFrame) -> Table:
    """At most about TABLE_ROWS rows, an equal number of each line of the chart, with its first and its last."""
    if "witness" in frame.columns:
        frame = frame.drop(columns=[*DRAWN])
    lines = [column for column in LINES if column in frame.columns][: 1 if "witness" in frame.columns else None]
    places = frame.reset_index(drop=True).groupby(lines, sort=False).indices.values()
    most = max(TABLE_ROWS // len(places), 2)
    kept = [np.asarray(line)[pick_evenly(len(line), most)] for line in places]
    shown = frame.iloc[np.sort(np.concatenate(kept))]
    columns = list(frame.columns)
    rows = [
        [str(value) if column in FOREIGN else _write(value) for column, value in zip(columns, row, strict=True)]
        for row in shown.itertuples(index=False)
    ]
    return Table([HEADINGS[column] for column in columns], rows, len(frame))


def _write(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:,.4g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return name_action(value) if isinstance(value, str) else f"{value}"
