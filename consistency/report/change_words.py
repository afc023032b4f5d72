"""Changes as words: signed durations and percentages with their intervals, p values, and what they say.

Numbers of a Comparison come in, text goes out. A change is never finer than three digits, and an end that is not
bounded is told, never left blank.
"""

from collections.abc import Callable
from math import ceil, floor, isinf

from consistency.analysis.comparison import Comparison, QuantileChange, Range
from consistency.analysis.judgement import QuantileEstimate
from consistency.analysis.words import NOT_BOUNDED, rounding_ns, write_duration, write_interval, write_signed_percent
from consistency.report.material import name_quantile

REJECTED = 0.05
Write = Callable[[float], str]


def write_difference(measured: Range, resolution_ns: int = 0) -> str:
    """ "+12 ms (−3 ms to +27 ms)", no finer than the resolution, the interval rounded outwards."""
    return _write(
        measured,
        lambda point_ns: _sign_duration(point_ns, resolution_ns, round),
        lambda lower_ns: _sign_duration(lower_ns, resolution_ns, floor),
        lambda upper_ns: _sign_duration(upper_ns, resolution_ns, ceil),
    )


def write_change(measured: Range) -> str:
    """ "+17 % (−4 % to +41 %)"."""
    return _write(measured, write_signed_percent, write_signed_percent, write_signed_percent)


def write_estimate(estimate: QuantileEstimate, resolution_ns: int) -> str:
    """A quantile of one run, in the words of that run's own page; or how many entities it needs."""
    if estimate.n < estimate.needs:
        return f"needs {estimate.needs:,} entities"
    return write_interval(estimate.lower_ns, estimate.upper_ns, resolution_ns)


def write_p_value(p_value: float) -> str:
    """ "p = 0.031", "p < 0.0001"."""
    return "p < 0.0001" if p_value < 1e-4 else f"p = {p_value:.2g}"


def say_comparison(name: str, comparison: Comparison) -> str:
    """Whether two runs of one action differ, in which direction, and how surely."""
    later, test = comparison.later, write_p_value(comparison.test.p_value)
    if comparison.test.p_value > REJECTED:
        return f"**{name}**: no difference was found ({test}); that does not show that there is none."
    slower = "longer" if later > 0.5 else "less"
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


def _write(measured: Range, point: Write, lower: Write, upper: Write) -> str:
    if isinf(measured.lower) and isinf(measured.upper):
        return NOT_BOUNDED
    told = "not seen" if measured.point is None else point(measured.point)
    least = NOT_BOUNDED if isinf(measured.lower) else lower(measured.lower)
    return f"{told} ({least} to {NOT_BOUNDED if isinf(measured.upper) else upper(measured.upper)})"


def _sign(number: float) -> str:
    return "−" if number < 0 else "+"


def _sign_duration(duration_ns: float, resolution_ns: int, to_whole: Callable[[float], int]) -> str:
    step_ns = rounding_ns(abs(round(duration_ns)), resolution_ns)
    rounded_ns = to_whole(duration_ns / step_ns) * step_ns
    return f"{_sign(rounded_ns)}{write_duration(abs(rounded_ns), resolution_ns)}" if rounded_ns else "0"
