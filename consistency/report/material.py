"""What a report is made from, and the few facts that every part of it reads there.

One run's plan, manifest, judgement and calibration come in together as Material. Names of actions become words here, so
that a page, a figure and a table call one thing by one name.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from consistency.analysis.incidents import Incidents
from consistency.analysis.judgement import (
    ActionSummary,
    Calibration,
    Ending,
    Judgement,
    QuantileEstimate,
    Share,
    Visibility,
)
from consistency.analysis.words import find_resolution_ns, write_sure, write_sure_share
from consistency.annotations import Annotation
from consistency.archive import Manifest
from consistency.durations import parse_duration_ns
from consistency.operation import Action
from consistency.plan import Plan
from consistency.report.neighbours import PastRun
from consistency.workload import Workload

NO_INCIDENTS: Final = Incidents()


@dataclass(frozen=True)
class Material:
    """One run, as it is told. `calibration` is () where the truth is not known; `annotations` are what people noted."""

    plan: Plan
    manifest: Manifest
    judgement: Judgement
    calibration: tuple[Calibration, ...]
    title: str
    annotations: tuple[Annotation, ...] = ()
    begun: str = ""  # when, if the manifest's own clock does not tell
    past: tuple[PastRun, ...] = ()  # other runs of the experiment

    @property
    def incidents(self) -> Incidents:
        """What the checkers found, each thing once."""
        return self.judgement.incidents or NO_INCIDENTS

    @property
    def probed(self) -> tuple[ActionSummary, ...]:
        """The actions that have entities."""
        return tuple(summary for summary in self.judgement.actions if summary.n)

    def name_gone(self, action: Action) -> str:
        """What the probe waits to find no more, for that is not to be called visible; "" where it waits to find."""
        if self.plan.workload is Workload.DELETE:
            return "deleted entities"
        return "replaced values" if action in self.plan.probes and self.plan.wants_absence(action) else ""

    def poll_ns(self, action: Action) -> int:
        """The plan's spacing of attempts; 0 where the plan does not have the probe."""
        probe = self.plan.probes.get(action)
        return parse_duration_ns(probe.interval) if probe else 0

    def resolution_ns(self, action: Action, lower_ns: int, upper_ns: int | None) -> int:
        """How finely an interval of `action` may be written."""
        return find_resolution_ns(lower_ns, upper_ns, self.poll_ns(action))

    def write_sure(self, action: Action, estimate: QuantileEstimate) -> str:
        """How sure an estimate is: as finely as that; by its own width where no miss came before."""
        upper_ns = estimate.bound_upper_ns if estimate.interval_upper_ns is None else estimate.interval_upper_ns
        resolution_ns = self.resolution_ns(action, estimate.lower_ns, upper_ns)
        interval_ns = (estimate.interval_lower_ns, estimate.interval_upper_ns)
        return write_sure(interval_ns, (estimate.bound_lower_ns, estimate.bound_upper_ns), resolution_ns)


def say_sure(share: Share) -> str:
    """How sure a share is, and whether that is an interval or a bound."""
    return write_sure_share(share.count, share.n, share.lower, share.upper)


def name_action(action: str, count: int = 1) -> str:
    """ "key get", "key gets", "ancestor query", "global queries"."""
    words = action.replace("_", " ")
    if count == 1:
        return words
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"


def name_one(action: str) -> str:
    """With its article: "a key get", "an ancestor query"."""
    words = name_action(action)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def name_quantile(quantile: Fraction) -> str:
    """ "p90", "p99.9"."""
    return f"p{float(quantile * 100):g}"


def find_quantile(summary: ActionSummary, quantile: Fraction | None) -> QuantileEstimate | None:
    """The estimate of that quantile of first-visible latency, where the judgement has it."""
    return next((estimate for estimate in summary.quantiles if estimate.quantile == quantile), None)


def longest_wait(summary: ActionSummary) -> Visibility | None:
    """The entity that was waited for longest, as far as anybody looked; None where nobody knows of any wait."""
    longest = max(summary.visibilities, key=order_wait, default=None)
    return longest if longest is not None and known_wait_ns(longest) else None


def order_wait(visibility: Visibility) -> tuple[bool, int, int]:
    """Sorts by length of wait: those still missing at the deadline last, by how long one looked."""
    return visibility.ending is Ending.MISSED, known_wait_ns(visibility), -visibility.index


def known_wait_ns(visibility: Visibility) -> int:
    """How long the entity was waited for: until it was seen, or missed for the last time.

    ack |- prompt -|                       hit      nobody looked earlier, or got an answer: it may have been visible
     |                                              at once, so no wait is known
    """
    unknown = visibility.upper_ns is None or is_untold(visibility)
    return visibility.lower_ns if unknown else visibility.upper_ns or 0


def is_untold(visibility: Visibility) -> bool:
    """Whether it was seen by the first attempt that was answered, and that one came late: its wait is anything up to
    there.

    ack |- prompt -|           hit          late, or    ack  error   error   hit
    """
    if visibility.upper_ns is None or visibility.lower_ns:
        return False
    return visibility.late or visibility.attempts[0].told not in {"hit", "miss"}
