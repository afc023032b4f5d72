"""Lanes: Jepsen's processes, of which each makes one call at a time, and none after a call without an outcome.

Our processes make several calls at once. So each of them gets as many lanes as it needs, and the operations carry the
name of the process besides (`session`).

    reader   [=======]          lane 0
                 [====]         lane 1
                        [===]   lane 0 again
"""

from collections import defaultdict
from heapq import heappop, heappush


class Lanes:
    """Which lane each open call is in."""

    def __init__(self) -> None:
        self._free: dict[str, list[int]] = defaultdict(list)
        self._count = 0

    def begin(self, session: str) -> int:
        """The lowest lane of `session` in which nothing is open."""
        if self._free[session]:
            return heappop(self._free[session])
        self._count += 1
        return self._count - 1

    def end(self, session: str, lane: int) -> None:
        """The call in `lane` has ended, with an outcome."""
        heappush(self._free[session], lane)
