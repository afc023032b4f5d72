"""Numbers as words: durations, intervals and shares as a reader may rely on them.

Integer nanoseconds and fractions come in, text goes out. An interval is always rounded outwards and never finer than
its resolution, so that the words say no more than was measured; "0 ms" is never said, since no measurement shows it.
"""

from decimal import Decimal
from math import ceil, floor, log10

NS_PER_MS = 1_000_000
_UNITS = ((3_600_000_000_000, "h", 2), (60_000_000_000, "min", 2), (1_000_000_000, "s", 1), (NS_PER_MS, "ms", 0))
NOT_BOUNDED = "not bounded"
Ends = tuple[int, int | None]  # an upper end of None is open


def rounding_ns(value_ns: int, resolution_ns: int, unit_ns: int = 0) -> int:
    """The step, a power of ten of the unit (the value's own, where none is given), to which `value_ns` is rounded: at
    most half its resolution, and at most three digits of the value. A value beyond its resolution keeps two digits:
    of 291 ms, found by polls 200 ms apart, 200 ms would say much less than is known."""
    unit_ns = unit_ns or _unit(value_ns)[0]
    by_resolution = floor(log10(max(resolution_ns / 2, 1000) / unit_ns))
    first_digit = floor(log10(max(value_ns, 1) / unit_ns))
    if value_ns > resolution_ns:
        by_resolution = min(by_resolution, first_digit - 1)
    return max(round(unit_ns * 10.0 ** max(by_resolution, first_digit - 2)), 1)


def find_resolution_ns(lower_ns: int, upper_ns: int | None, interval_ns: int) -> int:
    """How finely an interval may be written: the plan's spacing of attempts; its width, where no miss came before.

    first attempt a hit:  0 [=====hit] upper       the width is one call
    later attempt a hit:  miss [..poll..] hit      the width is about one poll, or several where n is small
    """
    width_ns = 0 if upper_ns is None else upper_ns - lower_ns
    return width_ns if lower_ns == 0 and upper_ns is not None else interval_ns or width_ns


def write_within(bound_ns: int, limit_ns: int, resolution_ns: int) -> str:
    """An upper bound that lies within the limit, rounded up, but never so far that it would not."""
    return write_at_most(bound_ns, _resolution_apart(bound_ns, limit_ns, resolution_ns))


def write_beyond(bound_ns: int, limit_ns: int, resolution_ns: int) -> str:
    """A lower bound that lies beyond the limit, rounded down, but never so far that it would not."""
    return write_at_least(bound_ns, _resolution_apart(bound_ns, limit_ns, resolution_ns))


def _resolution_apart(value_ns: int, limit_ns: int, resolution_ns: int) -> int:
    """The coarsest resolution at which a rounded `value_ns` still lies on its own side of the limit.

    value 496, limit 500: rounded up to 500, fine. value 496, limit 498: rounded up to 500 it would contradict.
    """
    while resolution_ns > 1 and abs(value_ns - limit_ns) < rounding_ns(value_ns, resolution_ns):
        resolution_ns //= 10
    return resolution_ns


def write_duration(duration_ns: int, resolution_ns: int = 0) -> str:
    """The nearest rounded duration: "187 ms", "1.4 s"; a duration that rounds to nothing is "under 1 ms"."""
    step_ns = rounding_ns(duration_ns, resolution_ns)
    nearest_ns = round(duration_ns / step_ns) * step_ns
    return _write(nearest_ns, step_ns) if nearest_ns else f"under {_write(step_ns, step_ns)}"


def write_exactly(duration_ns: int) -> str:
    """A duration that somebody chose, such as a limit, with all of its digits: "2 s", "487.5 ms"."""
    unit_ns, unit = _unit(duration_ns)
    return f"{duration_ns / unit_ns:.12g} {unit}"


def write_at_most(duration_ns: int, resolution_ns: int = 0) -> str:
    """`duration_ns` rounded up."""
    step_ns = rounding_ns(duration_ns, resolution_ns)
    return _write(max(ceil(duration_ns / step_ns), 1) * step_ns, step_ns)


def write_at_least(duration_ns: int, resolution_ns: int = 0) -> str:
    """`duration_ns` rounded down; what rounds to nothing says nothing: "any time"."""
    step_ns = rounding_ns(duration_ns, resolution_ns)
    lower_ns = duration_ns // step_ns * step_ns
    return _write(lower_ns, step_ns) if lower_ns else "any time"


def write_interval(lower_ns: int, upper_ns: int | None, resolution_ns: int = 0, joiner: str = "–") -> str:
    """The interval (lower, upper], rounded outwards, each end by its own size but none coarser than the upper one.

    "190–240 ms"; "≤ 3 ms" where the lower end is (or rounds to) 0; "at least 9.9 s" or "not bounded" where the upper
    end is open.
    """
    if upper_ns is None:
        floor_text = write_at_least(lower_ns, resolution_ns)
        return NOT_BOUNDED if floor_text == "any time" else f"at least {floor_text}"
    step_ns = rounding_ns(upper_ns, resolution_ns)
    upper_ns = max(ceil(upper_ns / step_ns), 1) * step_ns
    unit_ns, unit = _unit(upper_ns)
    lower_step_ns = min(rounding_ns(lower_ns, resolution_ns, unit_ns), step_ns)
    lower_ns = lower_ns // lower_step_ns * lower_step_ns
    if lower_ns == 0:
        return f"≤ {_write(upper_ns, step_ns)}"
    return f"{_number(lower_ns, unit_ns, lower_step_ns)}{joiner}{_number(upper_ns, unit_ns, step_ns)} {unit}"


def write_sure(interval_ns: Ends, bounds_ns: Ends, resolution_ns: int = 0) -> str:
    """How sure a quantile is, of its two-sided 95 % interval and its one-sided 95 % bounds; says which of them it is.

    "between 441 and 560 ms, 95 %" where both ends tell; "at most 3 ms, 95 % one-sided" where the lower one is (or
    rounds to) 0, or the interval is open above; "at least 190 ms, 95 % one-sided" where there is no upper bound either.
    """
    (lower_ns, upper_ns), (least_ns, most_ns) = interval_ns, bounds_ns
    between = write_interval(lower_ns, upper_ns, resolution_ns, " and ") if upper_ns is not None else "≤"
    if not between.startswith("≤"):
        return f"between {between}, 95 %"
    if most_ns is not None:
        return f"at most {write_at_most(most_ns, resolution_ns)}, 95 % one-sided"
    floor_text = write_at_least(least_ns, resolution_ns)
    return NOT_BOUNDED if floor_text == "any time" else f"at least {floor_text}, 95 % one-sided"


def write_sure_share(count: int, n: int, lower: float, upper: float) -> str:
    """How sure a share is, of its exact 95 % interval, which is one-sided where `count` is 0 or `n`."""
    if not count:
        return f"at most {write_percent_at_most(upper)}, 95 % one-sided"
    if count == n:
        return f"at least {write_percent_at_least(lower)}, 95 % one-sided"
    return f"{write_percent_between(lower, upper)}, 95 %"


def write_percent(share: float) -> str:
    """`share` in percent with two digits that tell: "41 %", "0.17 %", "99.83 %"; exactly 0 and 1 have none."""
    return f"{share * 100:.{_decimals(share)}f} %"


def write_percent_at_most(share: float) -> str:
    """An upper bound of a share in percent with two digits, to the nearest, as everywhere such bounds are printed."""
    return f"{share * 100:.{_decimals(share, 1.0)}f} %"


def write_percent_at_least(share: float) -> str:
    """A lower bound of a share in percent with two digits, rounded down."""
    decimals = _decimals(share)
    return f"{floor(share * 100 * 10**decimals) / 10**decimals:.{decimals}f} %"


def write_percent_between(lower: float, upper: float) -> str:
    """Two shares in percent with the digits that the width between them allows: "between 0.04 and 1.2 %"."""
    low, high = (f"{end * 100:.{_end_decimals(end, upper - lower)}f}" for end in (lower, upper))
    return f"between {low} and {high} %"


def write_signed_percent(share: float) -> str:
    """A signed change in percent, to three digits and never with an exponent: "+17 %", "−0.256 %", "+1,910 %"."""
    return f"{'−' if share < 0 else '+'}{Decimal(f'{abs(100 * share):.3g}'):,f} %"


def write_count(count: int, noun: str, plural: str = "") -> str:
    """ "1 entity", "30 entities"; thousands are set apart."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def write_entities(count: int) -> str:
    """ "1 entity", "1,200 entities"."""
    return write_count(count, "entity", "entities")


def write_claim(text: str) -> str:
    """A claim as it is read: "p90 ≤ 2s"."""
    return text.replace("<=", "≤")


def write_list(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def capitalize(sentence: str) -> str:
    """With a capital first letter, also where the sentence begins with a mark."""
    place = 2 if sentence.startswith("**") else 0
    return sentence[:place] + sentence[place : place + 1].upper() + sentence[place + 1 :]


def _decimals(share: float, most: float = 0.5) -> int:
    """Decimals of a percentage with two digits that tell; above `most` it is the distance from 100 % that tells."""
    distance = 100 * (share if share <= most else 1 - share)
    return 0 if distance <= 0 else min(max(1 - floor(log10(distance)), 0), 6)


def _end_decimals(end: float, width: float) -> int:
    """Those of the width, and enough that an end which is not 0 or 1 does not look as if it were."""
    return 0 if end in {0, 1} else max(_decimals(width, 1.0), _decimals(min(end, 1 - end), 1.0) - 1)


def _unit(duration_ns: int) -> tuple[int, str]:
    return next((unit_ns, unit) for unit_ns, unit, least in _UNITS if duration_ns >= least * unit_ns)


def _number(duration_ns: int, unit_ns: int, step_ns: int) -> str:
    decimals = max(ceil(log10(unit_ns / step_ns)), 0)
    return f"{duration_ns / unit_ns:,.{decimals}f}"


def _write(duration_ns: int, step_ns: int) -> str:
    unit_ns, unit = _unit(duration_ns)
    return f"{_number(duration_ns, unit_ns, step_ns)} {unit}"
