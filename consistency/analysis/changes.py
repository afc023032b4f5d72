"""Changes: a limit on how much worse a second run may be, such as "global_query.p99 > +20%", and its verdict.

Text and a Comparison come in, a verdict goes out. The text names what must fail, so the claim is its opposite: «p99 did
not grow by more than 20 %». It is decided by the one-sided 95 % bounds of the change, as claims about one run are:

    holds          [-----*-----]   |               [--*--]: the bounds and the estimate of the change
    cannot tell          [-----*---|--]                 |: +20 %
    broken                         |  [----*----]
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from consistency.analysis.comparison import Comparison, QuantileChange, Range
from consistency.analysis.judgement import Verdict
from consistency.analysis.words import write_signed_percent
from consistency.claim import PROBED
from consistency.durations import format_duration, parse_duration_ns

_LIMIT: Final = re.compile(r"(\w+)\.(?:visible\.)?p(\d+(?:\.\d+)?)\s*>\s*\+(\d+(?:\.\d+)?)(%|[a-zµ]+)")
FORM: Final = 'write ACTION.QUANTILE > +CHANGE, such as "global_query.p99 > +20%" or "key_get.p50 > +5ms"'


@dataclass(frozen=True, slots=True)
class ChangeLimit:
    """What may not grow by more than `share` (0.2: 20 %) or by more than `by_ns`; one of the two is None."""

    text: str
    action: str
    quantile: Fraction
    share: float | None
    by_ns: int | None


@dataclass(frozen=True, slots=True)
class ChangeVerdict:
    """One limit judged, and why in one sentence."""

    limit: ChangeLimit
    verdict: Verdict
    reason: str


def parse_change_limit(text: str) -> ChangeLimit:
    """The limit in `text`; ValueError in one sentence where it cannot be read."""
    match = _LIMIT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is not a limit of change: {FORM}')
    action, percent, number, unit = match.groups()
    if action not in PROBED:
        raise ValueError(f'"{action}" is not a probe: a limit begins with one of {", ".join(PROBED)}')
    quantile = Fraction(percent) / 100
    if not 0 < quantile < 1:
        raise ValueError(f"p{percent} is not a quantile: it must lie between p0 and p100")
    is_share = unit == "%"
    share, by_ns = (float(number) / 100, None) if is_share else (None, parse_duration_ns(number + unit))
    return ChangeLimit(text.strip(), action, quantile, share, by_ns)


def judge_change(limit: ChangeLimit, comparison: Comparison | None) -> ChangeVerdict:
    """The verdict on `limit`; cannot tell where its action is not in both runs, or its quantile was not compared."""
    found = [] if comparison is None else [each for each in comparison.changes if each.quantile == limit.quantile]
    if comparison is None or not found:
        return ChangeVerdict(limit, Verdict.CANNOT_TELL, f"{limit.action} was not measured in both runs.")
    change, name = found[0], f"p{float(100 * limit.quantile):g}"
    fewest = min(comparison.first.n, comparison.second.n)
    if fewest < change.needs:
        reason = f"{name} of both runs needs {change.needs:,} entities in each, and one has {fewest:,}."
        return ChangeVerdict(limit, Verdict.CANNOT_TELL, reason)
    return _decide(limit, change, name)


def _decide(limit: ChangeLimit, change: QuantileChange, name: str) -> ChangeVerdict:
    measured, most = (change.change, limit.share) if limit.by_ns is None else (change.difference_ns, limit.by_ns)
    assert most is not None, "a limit has a share or a duration"
    if measured.bound_upper <= most:
        return ChangeVerdict(limit, Verdict.HOLDS, f"{name} changed by {_write(limit, measured)}.")
    if measured.bound_lower > most:
        return ChangeVerdict(limit, Verdict.BROKEN, f"{name} changed by {_write(limit, measured)}.")
    reason = f"{name} changed by {_write(limit, measured)}; the limit lies within."
    return ChangeVerdict(limit, Verdict.CANNOT_TELL, reason)


def _write(limit: ChangeLimit, measured: Range) -> str:
    """ "+3 % to +17 % (95 % one-sided at each end)"."""
    ends = (measured.bound_lower, measured.bound_upper)
    words = [write_signed_percent(end) if limit.by_ns is None else _write_signed(end) for end in map(float, ends)]
    low, high = ("not bounded" if abs(end) == float("inf") else word for end, word in zip(ends, words, strict=True))
    return f"{low} to {high} (95 % one-sided at each end)"


def _write_signed(duration_ns: float) -> str:
    if abs(duration_ns) == float("inf"):
        return ""
    return f"{'−' if duration_ns < 0 else '+'}{format_duration(abs(duration_ns))}"
