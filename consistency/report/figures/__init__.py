"""FIGURES: one function of frames for each chart, in the order of the page. A figure draws and never computes.

Frames come in, a matplotlib Figure goes out, made through the object interface alone, so that drawing shares no state.
"""

from collections.abc import Callable

from matplotlib.figure import Figure

from consistency.report.figures.clocks import draw_clocks
from consistency.report.figures.errors import draw_errors
from consistency.report.figures.latency import draw_latency
from consistency.report.figures.operation_times import draw_operation_times
from consistency.report.figures.over_run import draw_over_run
from consistency.report.figures.pacing import draw_pacing
from consistency.report.figures.past import draw_past
from consistency.report.figures.regions import draw_regions
from consistency.report.figures.retries import draw_retries
from consistency.report.figures.stories import draw_stories
from consistency.report.figures.tail import draw_tail
from consistency.report.figures.witnesses import draw_witnesses
from consistency.report.frames import Frames

FIGURES: dict[str, Callable[[Frames], Figure]] = {
    "latency": draw_latency,
    "tail": draw_tail,
    "retries": draw_retries,
    "regions": draw_regions,
    "stories": draw_stories,
    "over_run": draw_over_run,
    "operation_times": draw_operation_times,
    "pacing": draw_pacing,
    "clocks": draw_clocks,
    "errors": draw_errors,
    "past": draw_past,
    "witnesses": draw_witnesses,
}
