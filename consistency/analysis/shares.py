"""Shares: how large a share may be, given that `count` of `n` were seen.

Counts come in, exact 95 % intervals go out. A share of 0 in n is never printed as 0: what n trials without an event
exclude is a share above 1 - 0.05^(1/n).
"""

from scipy.special import betaincinv

from consistency.analysis.judgement import Share
from consistency.analysis.quantiles import ERROR


def measure_share(count: int, n: int) -> Share:
    """`count` of `n` with its Clopper-Pearson interval (quantiles of beta distributions).

    Two-sided, 2.5 % beyond each end; where the count is 0 or n only one end can err, and it takes the whole 5 %.
    Of nothing (n = 0) nothing is known: 0 to 1.
    """
    tail = ERROR if count in {0, n} else ERROR / 2
    lower = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    upper = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1 - tail))
    return Share(count, n, lower, upper)


def bound_share(count: int, n: int) -> tuple[float, float]:
    """The one-sided 95 % bounds of a share of which `count` of `n` were seen: the share is below the first with
    at most 5 %, and above the second (Clopper-Pearson)."""
    lower = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, ERROR))
    upper = 1.0 if count >= n else float(betaincinv(count + 1, n - count, 1 - ERROR))
    return lower, upper
