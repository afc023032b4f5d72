"""NPMLE: the distribution of a latency of which only intervals are known, without assuming any shape.

Ends of n intervals come in, a Distribution goes out: support intervals, and the mass in each. Only innermost intervals
can hold mass: a left end that is directly followed by a right end (Peto 1973, Turnbull 1976). Where within it the mass
lies, the data cannot tell.

    (0        4]                               mass: (2, 4] takes some, because two intervals agree on it
         (2        6]
                        (7     never           and what is left lies beyond 7: not seen, at no known time

Ends are whole nanoseconds, so (L, R] is exactly the nanoseconds L + 1 to R, an exact value the one nanosecond R, and
an interval that begins at 0 holds 0 too. Nothing else is needed to treat ties between open and closed ends rightly.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from consistency.analysis.likelihood import TOLERANCE, Maximum, maximize
from consistency.analysis.ranges import Ranges, Reals
from consistency.history import NEVER, Column


@dataclass(frozen=True, slots=True)
class QuantilePoint:
    """A quantile of a Distribution: it lies in the support interval (lower, upper]; an upper end of None, and a point
    of None, say that it was not seen. Points are for curves and for differences, never for claims."""

    lower_ns: int
    point_ns: float | None
    upper_ns: int | None


@dataclass(frozen=True, eq=False)
class Distribution:
    """Masses (they sum to 1) in the support intervals (lower, upper], in order; an upper end that is open is NEVER.

    `gap` is the certificate of `likelihood.maximize`: nothing is more likely by more than that per entity.
    """

    n: int
    lower_ns: Column
    upper_ns: Column
    masses: Reals
    log_likelihood: float
    gap: float

    @property
    def unseen(self) -> float:
        """The share that was not seen as long as anybody looked."""
        return float(self.masses[self.upper_ns == NEVER].sum())

    @property
    def first_ns(self) -> Column:
        """The first nanosecond of each support interval."""
        return find_first_ns(self.lower_ns, self.upper_ns)

    def bound_shares(self, times_ns: Column) -> tuple[Reals, Reals]:
        """The share visible at each time, with each mass as late, and as early, in its support as it can be."""
        cumulated = np.concatenate(((0.0,), np.cumsum(self.masses)))
        surely = cumulated[np.searchsorted(self.upper_ns, times_ns, "right")]
        return surely, cumulated[np.searchsorted(self.first_ns, times_ns, "right")]

    def find_quantile(self, quantile: Fraction | float) -> QuantilePoint:
        """The support interval in which the cumulated mass reaches `quantile`, and a point in it.

        The point divides the interval as the quantile divides its mass: where all that is missing is reached half way
        through the mass, half way through the interval. An open interval has none.
        """
        cumulated = np.cumsum(self.masses)
        place = min(int(np.searchsorted(cumulated, float(quantile) - 1e-12)), len(cumulated) - 1)
        lower_ns, upper_ns = int(self.lower_ns[place]), int(self.upper_ns[place])
        if upper_ns == NEVER:
            return QuantilePoint(lower_ns, None, None)
        reached = 1 - (float(cumulated[place]) - float(quantile)) / float(self.masses[place])
        return QuantilePoint(lower_ns, lower_ns + min(max(reached, 0.0), 1.0) * (upper_ns - lower_ns), upper_ns)


@dataclass(frozen=True, eq=False)
class Cells:
    """Where mass can be: the innermost intervals, first to last nanosecond, and the observations as ranges of them.
    Observations with one and the same range are one, weighted with their number."""

    first_ns: Column
    last_ns: Column
    ranges: Ranges


def find_cells(lower_ns: Column, upper_ns: Column) -> Cells:
    """The cells of intervals (lower, upper], of which there must be one at least. ValueError where one is reversed."""
    if len(lower_ns) == 0 or (lower_ns > upper_ns).any():
        raise ValueError("a distribution needs intervals, and each must end no earlier than it begins")
    opening_ns = find_first_ns(lower_ns, upper_ns)
    stamps_ns = np.concatenate((opening_ns, upper_ns))
    closes = np.repeat((False, True), len(lower_ns))
    order = np.lexsort((closes, stamps_ns))
    innermost = np.flatnonzero(~closes[order][:-1] & closes[order][1:])
    first_ns, last_ns = stamps_ns[order][innermost], stamps_ns[order][innermost + 1]
    keys = np.searchsorted(first_ns, opening_ns, "left") * (len(first_ns) + 1)
    keys, counts = np.unique(keys + np.searchsorted(last_ns, upper_ns, "right"), return_counts=True)
    begins, ends = np.divmod(keys, len(first_ns) + 1)
    return Cells(first_ns, last_ns, Ranges(begins, ends, counts[None, :].astype(np.float64), len(first_ns)))


def estimate_distribution(lower_ns: Column, upper_ns: Column, tolerance: float = TOLERANCE) -> Distribution:
    """The NPMLE of n >= 1 intervals (lower, upper] in ns, right-censored at lower where upper is NEVER."""
    cells = find_cells(lower_ns, upper_ns)
    return make_distribution(cells.first_ns, cells.last_ns, cells.ranges, maximize(cells.ranges, tolerance=tolerance))


def make_distribution(first_ns: Column, last_ns: Column, ranges: Ranges, best: Maximum) -> Distribution:
    """What `best` says of cells that reach from first to last nanosecond; those without mass are left out."""
    masses = best.masses[0]
    held = masses > 0
    first_ns, last_ns = first_ns[held], last_ns[held]
    lower_ns = np.where(first_ns == last_ns, last_ns, np.maximum(first_ns - 1, 0))
    return Distribution(
        n=int(ranges.weights.sum()),
        lower_ns=lower_ns,
        upper_ns=last_ns,
        masses=masses[held],
        log_likelihood=float(best.log_likelihood[0]),
        gap=float(best.gap[0]),
    )


def find_first_ns(lower_ns: Column, upper_ns: Column) -> Column:
    """The nanosecond after the open end; an exact value's own; 0 where the interval begins at 0 and holds it."""
    return np.where(lower_ns == 0, 0, np.minimum(lower_ns + 1, upper_ns))
