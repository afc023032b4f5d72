"""Searching: how a search began and how it ended, as far as that limits what it can tell.

Series of attempts and the plan's terms come in; which searches began late, and how each ended, goes out.

    ack |-prompt-|                                     deadline
     |  1    2    3    hit                                |      seen
     |           1                  hit                   |      seen, late: nobody knows what an attempt
     |                                                    |      at once would have told
     |  1    2    3   ...   n-2    n-1      n (a miss)    |      missed: looked for to the end
     |  1    2    3   err   err    err     err            |      unanswered: not missing, nobody could look
     |  1    2    3 (a miss)                              |      stopped: nobody looked any further

A first attempt is prompt within one spacing of the plan's attempts: that is what the plan asked to resolve. Below 50 ms
it is the machine that is late and not the reader, so no spacing asks for more.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.judgement import Ending
from consistency.analysis.series import Mask, Series
from consistency.history import NEVER, Column
from consistency.operation import Action
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.schedule import Train

ENDINGS: Final = tuple(Ending)
PROMPT_LEAST_NS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan asked of every search (ns): the spacing of its attempts, at first and at most, and how long; and
    whether it waits until something is gone, so that a miss is an attempt that still finds it."""

    interval_ns: int = Train.of(Probe()).interval_ns
    spacing_ns: int = Train.of(Probe()).interval_ns
    deadline_ns: int = Plan(probes={Action.KEY_GET: Probe()}).deadline_ns
    until_gone: bool = False

    @classmethod
    def of(cls, plan: Plan, action: Action) -> "Terms":
        """The terms of `action` in `plan`."""
        train = Train.of(plan.probes[action])
        spacing_ns = train.max_interval_ns if train.backoff > 1 else train.interval_ns
        return cls(train.interval_ns, spacing_ns, plan.deadline_ns, plan.wants_absence(action))

    @property
    def prompt_ns(self) -> int:
        """How soon after the acknowledgement a first attempt must begin to be prompt."""
        return max(self.interval_ns, PROMPT_LEAST_NS)


USUAL: Final = Terms()  # of a plan that says nothing of its own


def find_late(series: Series, terms: Terms, clock_bound_ns: int = 0) -> Mask:
    """The searches whose first attempt was not prompt, or, of readers that were told of no write, may not have been by
    clocks that are `clock_bound_ns` apart: such a reader begins whenever its polling meets the acknowledgement."""
    history, processes = series.history, series.history.process[series.rows[series.begins]]
    unannounced = np.isin(processes, [history.processes.index(each) for each in history.unannounced])
    return find_delays_ns(series) + np.where(unannounced, clock_bound_ns, 0) > terms.prompt_ns


def find_delays_ns(series: Series) -> Column:
    """For each search how long after the acknowledgement its first attempt began."""
    return series.invoked_ns[series.begins] - series.acknowledged_ns[series.begins]


def find_last(series: Series) -> Column:
    """For each search the place of its last attempt."""
    return np.append(series.begins[1:], len(series.rows))[: len(series)] - 1


def find_endings(series: Series, terms: Terms) -> Column:
    """For each search how it ended, as a place in ENDINGS.

    A search that goes on to its deadline ends less than one spacing before it; the second spacing allowed here is for
    a machine that was held up between two attempts.
    """
    last = find_last(series)
    left_ns = series.acknowledged_ns[last] + terms.deadline_ns - np.minimum(series.completed_ns[last], NEVER // 2)
    return np.select(
        [np.logical_or.reduceat(series.hit, series.begins), ~series.miss[last], left_ns > 2 * terms.spacing_ns],
        [ENDINGS.index(Ending.SEEN), ENDINGS.index(Ending.UNANSWERED), ENDINGS.index(Ending.STOPPED)],
        ENDINGS.index(Ending.MISSED),
    )
