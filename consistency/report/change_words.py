"""Changes as words: signed durations and percentages with their intervals, p values, and what they say.

Numbers of a Comparison come in, text goes out. A change is never finer than three digits, and an end that is not
bounded is told, never left blank.
"""

from collections.abc import Callable
from math import isinf

from consistency.analysis.comparison import Comparison, QuantileChange, Range
from consistency.analysis.npmle import QuantilePoint
from consistency.analysis.words import NOT_BOUNDED, write_duration, write_interval
from consistency.report.material import name_quantile

REJECTED = 0.05


def write_difference(measured: Range) -> str:
    """ "+12 ms (−3 ms to +27 ms)"."""
    return _write(measured, _sign_duration)


def write_change(measured: Range) -> str:
    """ "+17 % (−4 % to +41 %)"."""
    return _write(measured, lambda share: f"{_sign(share)}{abs(100 * share):.3g} %")


def write_point(point: QuantilePoint) -> str:
    """Where a quantile of one run lies: its support, since nothing finer is known."""
    return write_interval(point.lower_ns, point.upper_ns)


def write_p_value(p_value: float) -> str:
    """ "p = 0.031", "p < 0.0001"."""
    return "p < 0.0001" if p_value < 1e-4 else f"p = {p_value:.2g}"


def say_comparison(name: str, comparison: Comparison) -> str:
    """Whether two runs of one action differ, in which direction, and how surely."""
    later, test = comparison.later, write_p_value(comparison.test.p_value)
    if comparison.test.p_value > REJECTED:
        return f"**{name}**: no difference was found ({test}); that does not show that there is none."
    slower = "longer" if later > 0.5 else "shorter"
    chance = 100 * max(later, 1 - later)
    return (
        f"**{name}**: entities of the second run waited **{slower}** ({test}): of two entities, one of each run, that "
        f"of the second waits {slower} with a probability of {chance:.0f} %."
    )


def say_unbounded(change: QuantileChange, comparison: Comparison) -> str:
    """Why a quantile's change has no interval; nothing where it has one."""
    fewest = min(comparison.first.n, comparison.second.n)
    if fewest >= change.needs:
        return ""
    return f"{name_quantile(change.quantile)} needs {change.needs:,} entities in each run; one has {fewest:,}."


def _write(measured: Range, write: Callable[[float], str]) -> str:
    if isinf(measured.lower) and isinf(measured.upper):
        return NOT_BOUNDED
    point = "not seen" if measured.point is None else write(measured.point)
    lower, upper = (NOT_BOUNDED if isinf(end) else write(end) for end in (measured.lower, measured.upper))
    return f"{point} ({lower} to {upper})"


def _sign(number: float) -> str:
    return "−" if number < 0 else "+"


def _sign_duration(duration_ns: float) -> str:
    return f"{_sign(duration_ns)}{write_duration(abs(round(duration_ns)))}" if round(duration_ns) else "0"
