"""How long a quorum waits, without chance: quantiles of the k-th reply of three, from all pairs of evenly drawn delays.

    P(k-th reply after x) = P(fewer than k replies by x),   each reply by x with the probability P(there + back <= x)

Two delays come in, and how much farther away all replicas but one are; the latency of a share of operations goes out.
A 99.9th percentile that is counted from a million trials is off by up to 6 %, more than the rule that it is held to
allows; the replies of one operation are independent, so their distribution gives that of the k-th exactly.
"""

from functools import cache

import numpy as np
from scipy.optimize import brentq

from benchmarks.trials import REPLICAS, Times, draw_pool

POOL = 200_000  # half as many find a tail of disks 1 % elsewhere


class Arrivals:
    """When the replies to one operation are there: of writes the acknowledgements, of reads the states."""

    def __init__(self, there: str, back: str, far_ms: float = 0.0) -> None:
        self._there, self._back = draw_sorted(there), draw_sorted(back)
        self._far_ms = far_ms

    def find_ms(self, needed: int, share: float) -> float:
        """Within how many ms so many replies are there in this share of the operations."""
        most = float(self._there[-1] + self._back[-1]) + 2 * self._far_ms
        return float(brentq(lambda at_ms: self._miss(needed, at_ms) - (1 - share), 0.0, most, xtol=1e-4))

    def _miss(self, needed: int, at_ms: float) -> float:
        """The share of operations that has fewer replies by then."""
        near = self._reach(at_ms)
        far = self._reach(at_ms - 2 * self._far_ms) if self._far_ms else near
        counts = np.ones(1)
        for reached in (near, *[far] * (REPLICAS - 1)):
            counts = np.convolve(counts, (1 - reached, reached))
        return float(counts[:needed].sum())

    def _reach(self, at_ms: float) -> float:
        """The share of replies that are there by then, over all pairs of a way there and a way back."""
        return float(np.searchsorted(self._there, at_ms - self._back, side="right").mean()) / len(self._there)


@cache
def draw_sorted(delay: str) -> Times:
    """The evenly drawn delays in ms, the shortest first."""
    return np.sort(draw_pool(delay, POOL))
