"""Two runs: every action that both probed, compared, and the limits on how much worse the second may be.

Two judgements come in, TwoRuns goes out. A run that is doubted, or whose second arm shares entities, brings in only
what can be trusted: no limit holds or breaks on a doubted run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from consistency.analysis.changes import ChangeLimit, ChangeVerdict, judge_change
from consistency.analysis.comparison import COMPARED, Comparison, compare
from consistency.analysis.judgement import ActionSummary, Judgement, Verdict
from consistency.history import NEVER, Column
from consistency.operation import Action

_BY_BADNESS = (Verdict.BROKEN, Verdict.CANNOT_TELL, Verdict.HOLDS)


@dataclass(frozen=True, eq=False)
class TwoRuns:
    """The comparisons by action, in the order of the first run; actions that only one of them probed; the limits
    judged. `verdict` is the worst of theirs, None without any."""

    comparisons: dict[Action, Comparison]
    only_first: tuple[Action, ...]
    only_second: tuple[Action, ...]
    limits: tuple[ChangeVerdict, ...]
    doubts: tuple[str, ...]

    @property
    def verdict(self) -> Verdict | None:
        """Broken over cannot tell over holds."""
        found = {limit.verdict for limit in self.limits}
        return next((verdict for verdict in _BY_BADNESS if verdict in found), None)


def compare_judgements(first: Judgement, second: Judgement, seed: int, limits: Sequence[ChangeLimit] = ()) -> TwoRuns:
    """Compare what `first` and `second` measured of each action; quantiles that a limit names are compared as well."""
    one, other = ({each.action: each for each in judged.actions if each.n} for judged in (first, second))
    comparisons = {
        action: compare(find_ends(one[action]), find_ends(other[action]), seed, _choose_quantiles(action, limits))
        for action in one
        if action in other
    }
    doubts = tuple(doubt for doubt in (first.doubt, second.doubt) if doubt)
    judged = tuple(_judge(limit, comparisons, doubts) for limit in limits)
    only_first, only_second = (
        tuple(a for a in these if a not in those) for these, those in ((one, other), (other, one))
    )
    return TwoRuns(comparisons, only_first, only_second, judged, doubts)


def find_ends(summary: ActionSummary) -> tuple[Column, Column]:
    """The lower and the upper ends of first-visible, as columns; an open upper end is NEVER."""
    lower_ns = [each.lower_ns for each in summary.visibilities]
    upper_ns = [NEVER if each.upper_ns is None else each.upper_ns for each in summary.visibilities]
    return np.array(lower_ns, np.int64), np.array(upper_ns, np.int64)


def _choose_quantiles(action: Action, limits: Sequence[ChangeLimit]) -> list[Fraction]:
    return sorted({*COMPARED, *(limit.quantile for limit in limits if limit.action == action)})


def _judge(limit: ChangeLimit, comparisons: dict[Action, Comparison], doubts: tuple[str, ...]) -> ChangeVerdict:
    if doubts:
        return ChangeVerdict(limit, Verdict.CANNOT_TELL, doubts[0])
    return judge_change(limit, comparisons.get(Action(limit.action)))
