"""Half-open ranges of bytes: how every bound of a query is written.

> v    low = v 00          >= v   low = v          v 00 is the next byte string behind v
< v    high = v            <= v   high = v 00
"""

from typing import NamedTuple


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


EVERYTHING = Range()


def behind(place: bytes) -> bytes:
    """The first place behind `place`."""
    return place + b"\0"


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
            return Range(place, behind(place))
