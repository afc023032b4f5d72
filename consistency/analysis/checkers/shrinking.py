"""Shrinking: from calls that are not legal to the fewest of them that still are not.

Calls and a test come in; a minimal set goes out: without any one of it the rest is legal. Halves are left out first and
single calls at last, so that long histories do not take a trial for each call.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def shrink(calls: Sequence[_T], is_illegal: Callable[[list[_T]], bool]) -> list[_T]:
    """The fewest of `calls` for which `is_illegal` still holds, as leaving out in their order finds them."""
    kept, size = list(calls), max(1, len(calls) // 2)
    while True:
        shrunk = _leave_out(kept, size, is_illegal)
        if size == 1 and len(shrunk) == len(kept):
            return shrunk
        size = max(1, min(size // 2, len(shrunk) // 2))
        kept = shrunk


def _leave_out(calls: list[_T], size: int, is_illegal: Callable[[list[_T]], bool]) -> list[_T]:
    """Leave out each run of `size` calls in turn, for good where the rest stays illegal; the last ones first, because
    what came after the contradiction has no part in it."""
    kept = calls
    for begin in range(len(calls) - size, -size, -size):
        rest = kept[: max(begin, 0)] + kept[max(begin, 0) + size + min(begin, 0) :]
        if len(rest) < len(kept) and is_illegal(rest):
            kept = rest
    return kept
