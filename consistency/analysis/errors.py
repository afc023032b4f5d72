"""Errors over time: how many calls of each code failed in each slice of the run.

A history comes in, counts go out. Writes and transactions count like reads, and so do calls that were never answered:
a store that fails must show wherever it was asked. A slice is a whole number of seconds, wide enough that the longest
run has about sixty of them, because one bar for a minute says nothing of a run of two.
"""

from math import ceil
from typing import Final

import numpy as np

from consistency.analysis.judgement import ErrorCount
from consistency.analysis.series import UNANSWERED
from consistency.durations import NS_PER_S
from consistency.history import OUTCOMES, History
from consistency.operation import Outcome

SLICES: Final = 60
_OK = OUTCOMES.index(Outcome.OK)


def count_errors(history: History, start_ns: int) -> tuple[ErrorCount, ...]:
    """Each slice and code with a failed call, in order; slices are counted from `start_ns`, the first due write."""
    failed = np.flatnonzero(history.outcome != _OK)
    if not len(failed):
        return ()
    since_ns = history.invoked_ns - start_ns
    width_ns = max(1, ceil(int(since_ns.max() - min(since_ns.min(), 0)) / NS_PER_S / SLICES)) * NS_PER_S
    keys = np.stack((since_ns[failed] // width_ns, history.code[failed]))
    found, counts = np.unique(keys, axis=1, return_counts=True)
    return tuple(
        ErrorCount(history.codes[code] or UNANSWERED, start_ns + number * width_ns, width_ns, count)
        for number, code, count in zip(*found.tolist(), counts.tolist(), strict=True)
    )
