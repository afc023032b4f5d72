"""Resampling: which distributions n entities might have shown instead, had chance weighed them otherwise.

Cells and the most likely masses come in with a seed; other masses on some of these cells go out, a row for each set of
weights: each entity weighs an exponential number (Rubin's Bayesian bootstrap, 1981). That scatters as drawing entities
with replacement does, but leaves none out, so all sets have the same cells, and one search climbs for all together.

Mass is sought on the cells that the estimate uses and on some more, evenly among the others: so many of them that
where the mass lies is finer than resampling scatters it, and so few that many entities cost hardly more than few.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from consistency.analysis.likelihood import maximize
from consistency.analysis.npmle import Cells
from consistency.analysis.ranges import Ranges, Reals
from consistency.history import NEVER, Column

RESAMPLES: Final = 200
_OTHERS: Final = 128  # cells besides those that the estimate uses
_TOGETHER: Final = 50  # sets in one search: what they need fits a processor's cache
_UNSURE: Final = 0.1  # of log-likelihood that is left to gain: no confidence interval would notice


@dataclass(frozen=True, eq=False)
class Resampled:
    """A row of `masses` for each set of weights, in cells that reach from first to last nanosecond (NEVER is open)."""

    first_ns: Column
    last_ns: Column
    masses: Reals

    def bound_shares(self, times_ns: Column) -> tuple[Reals, Reals]:
        """For each set (row) the share visible at each time (column), with each mass as late, and as early, in its cell
        as it can be."""
        cumulated = self._cumulate()
        surely = cumulated[:, np.searchsorted(self.last_ns, times_ns, "right")]
        return surely, cumulated[:, np.searchsorted(self.first_ns, times_ns, "right")]

    def find_ends(self, quantile: Fraction) -> tuple[Reals, Reals]:
        """For each set the ends, in ns, of the cell in which its quantile lies; an open one is infinite."""
        reached = self._cumulate()[:, 1:] >= float(quantile) - 1e-12
        reached[:, -1] = True
        places = reached.argmax(axis=1)
        lower_ns = np.where(self.first_ns == self.last_ns, self.first_ns, np.maximum(self.first_ns - 1, 0))
        upper_ns = np.where(self.last_ns == NEVER, np.inf, self.last_ns)
        return lower_ns[places].astype(np.float64), upper_ns[places]

    def _cumulate(self) -> Reals:
        cumulated = np.zeros((len(self.masses), len(self.first_ns) + 1))
        np.cumsum(self.masses, axis=1, out=cumulated[:, 1:])
        return cumulated


def resample(cells: Cells, estimate: Reals, seed: int | list[int], resamples: int = RESAMPLES) -> Resampled:
    """`resamples` sets. `estimate`: the most likely masses of `cells`, where each search begins. The same seed gives
    the same masses."""
    random = np.random.default_rng(seed)
    fewer, start = _thin(cells, estimate)
    n, shape = float(fewer.ranges.weights.sum()), (resamples, len(fewer.ranges.begins))
    weights = random.gamma(fewer.ranges.weights, size=shape)
    weights *= n / weights.sum(axis=1, keepdims=True)
    parts = np.array_split(weights, max(1, resamples // _TOGETHER))
    masses = [maximize(fewer.ranges.weigh(part), start, _UNSURE / n).masses for part in parts]
    return Resampled(fewer.first_ns, fewer.last_ns, np.concatenate(masses))


def _thin(cells: Cells, estimate: Reals) -> tuple[Cells, Reals]:
    """The cells in which mass is sought, with the estimate's masses; observations of the same of them become one."""
    ranges, chosen = cells.ranges, estimate > 0
    chosen[np.linspace(0, ranges.cells - 1, min(ranges.cells, _OTHERS)).astype(np.int64)] = True
    places = np.concatenate(((0,), np.cumsum(chosen)))
    size = int(places[-1]) + 1
    keys, which = np.unique(places[ranges.begins] * size + places[ranges.ends], return_inverse=True)
    summed: Reals = np.bincount(which, ranges.weights[0]).astype(np.float64)[None, :]
    fewer = Ranges(*np.divmod(keys, size), summed, size - 1)
    begins, ends = fewer.find_innermost()
    cumulated = np.concatenate(((0.0,), np.cumsum(estimate[chosen])))
    first_ns, last_ns = cells.first_ns[chosen][begins], cells.last_ns[chosen][ends - 1]
    return Cells(first_ns, last_ns, fewer.merge(begins, ends)), cumulated[ends] - cumulated[begins]
