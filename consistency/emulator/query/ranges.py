"""Half-open ranges of bytes: how every bound of a query is written.

> v    low = v 00          >= v   low = v          v 00 is the next byte string behind v
< v    high = v            <= v   high = v 00

Several ranges, apart from one another and in order, are what `!=` and NOT_IN leave: Ranges is the type of every bound.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from consistency.emulator.values.keys import PAST_DESCENDANTS


class Range(NamedTuple):
    """From `low`, included, to `high`, excluded; None is no end."""

    low: bytes = b""
    high: bytes | None = None

    def contains(self, place: bytes) -> bool:
        """Whether `place` lies in the range."""
        return place >= self.low and (self.high is None or place < self.high)

    def meet(self, other: "Range") -> "Range":
        """What both ranges have in common; a range that ends before it begins has nothing."""
        highs = [high for high in (self.high, other.high) if high is not None]
        return Range(max(self.low, other.low), min(highs, default=None))


Ranges: TypeAlias = tuple[Range, ...]
EVERYTHING = Range()
EVERYWHERE: Ranges = (EVERYTHING,)


def behind(place: bytes) -> bytes:
    """The first place behind `place`."""
    return place + b"\0"


def point(place: bytes) -> Range:
    """The range of one place."""
    return Range(place, place + b"\0")


def descendants(ancestor: bytes | None) -> Ranges:
    """The key paths that begin with an ancestor's; everywhere without one."""
    return EVERYWHERE if ancestor is None else (Range(ancestor, ancestor + PAST_DESCENDANTS),)


def range_from(operator: str, place: bytes) -> Range:
    """The range that `operator place` describes, for one of < <= > >= =."""
    match operator:
        case "<":
            return Range(high=place)
        case "<=":
            return Range(high=behind(place))
        case ">":
            return Range(behind(place))
        case ">=":
            return Range(place)
        case _:
            return point(place)


def ranges_between(places: Iterable[bytes]) -> Ranges:
    """Everything but these places."""
    low = b""
    found = []
    for place in sorted(set(places)):
        found.append(Range(low, place))
        low = behind(place)
    return (*found, Range(low))


def meet_ranges(ones: Ranges, others: Ranges) -> Ranges:
    """What lies in one range of each; no ranges when nothing does."""
    if ones == EVERYWHERE:
        return others
    met = (one.meet(other) for one in ones for other in others)
    return tuple(found for found in met if found.high is None or found.low < found.high)


def lies_within(ranges: Ranges, place: bytes) -> bool:
    """Whether one of the ranges contains the place."""
    return any(bounds.contains(place) for bounds in ranges)
