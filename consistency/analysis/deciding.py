"""Deciding: how many entities would decide a claim, if those to come are like those at hand.

A rule (does this number of entities decide?) comes in, a number goes out, or None where no number that anybody would
write does. How many entities may be left out of a claim stands here too, because no number of others makes up for them.
"""

from bisect import bisect_left
from collections.abc import Callable

_HOPELESS = 10**9  # more entities than anybody will write
LEFT_OUT_MOST = 20  # 1 in so many entities may be left out of a claim that holds


def is_too_many(left_out: int, n: int) -> bool:
    """Whether leaving so many of `n` entities out leaves too few to speak for all."""
    return LEFT_OUT_MOST * left_out > n


def find_enough(n: int, decides: Callable[[int], bool]) -> int | None:
    """The smallest count above `n` that decides, found by doubling and halving; None where none below 10^9 does."""
    step = 1
    while not decides(n + step):
        step *= 2
        if n + step > _HOPELESS:
            return None
    return bisect_left(range(n + step), True, lo=n + step // 2, key=decides)
