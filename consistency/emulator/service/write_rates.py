"""How many commits an entity group takes: about one a second in the legacy service, and then contention.

    1/s     |c c c c c x x    c x    c x        c: taken, x: ABORTED
            a rested group takes five at once, one that is worked hard takes the rate

Commits come in by their groups, ABORTED goes out where one of them has had its share. A group that rests for five
intervals is forgotten, and so is as good as new.
"""

from collections.abc import Collection

from consistency.durations import NS_PER_S, parse_rate
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.keys import PartitionId

AHEAD = 5  # commits that a rested group takes at once
_TIDIED_FROM = 10_000  # groups
Place = tuple[PartitionId, bytes]


class WriteRates:
    """The groups that are ahead of the rate; "" is no limit."""

    def __init__(self, rate: str = "") -> None:
        self._interval_ns = int(NS_PER_S / parse_rate(rate)) if rate else 0
        self._free_ns: dict[Place, int] = {}  # when the group will have rested

    def take(self, places: Collection[Place], now_ns: int) -> None:
        """Book one commit in each group, or ABORTED and none is booked."""
        booked = {place: max(self._free_ns.get(place, 0), now_ns) + self._interval_ns for place in places}
        if any(free_ns > now_ns + AHEAD * self._interval_ns for free_ns in booked.values()):
            raise ServiceError(Code.ABORTED, "too much contention on these datastore entities. please try again.")
        if len(self._free_ns) > _TIDIED_FROM:
            self._free_ns = {place: free_ns for place, free_ns in self._free_ns.items() if free_ns > now_ns}
        self._free_ns |= booked

    @property
    def limited(self) -> bool:
        """Whether there is a rate at all."""
        return self._interval_ns > 0
