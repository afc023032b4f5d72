"""A coin for each read: an entity is seen, then missed, then seen again, until its commit has settled.

    commit                                         settled
    |--- each eventual read tosses for the group ---|--- every read sees it --->
         hit   miss   hit   hit   miss

Heads sees all of the group's commits, tails none of those that have not settled. Nothing that a read does changes what
the next one sees, not even a strong one.
"""

from collections.abc import Sequence
from random import Random

from consistency.durations import parse_duration_ns
from consistency.emulator.models.policy import NO_HOOKS, Choice, Entry, Log, Metadata, before
from consistency.emulator.settings import Settings


class PerRead:
    """An entry's plan is the instant from which every read sees it."""

    legacy = True
    by_chance = True
    rolls_forward = False
    hooks = NO_HOOKS

    def __init__(self, settings: Settings) -> None:
        self._share = settings.consistency
        self._settle_ns = parse_duration_ns(settings.settle)
        self._random = Random(settings.seed)

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Nothing is drawn yet."""
        del log
        entry.plan = (now_ns + self._settle_ns,)
        return ()

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Let all of it be settled."""
        for entry in log:
            entry.plan = (min(entry.plan[0], now_ns),)
        return log

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """The coin is tossed for each group, not for the read."""
        del metadata, now_ns

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """Toss, unless all has settled."""
        del choice
        newest = log[-1]
        if newest.plan[0] <= now_ns or self._random.random() < self._share:
            return newest.version, newest.version
        settled = next((entry.version for entry in reversed(log) if entry.plan[0] <= now_ns), before(log))
        return settled, settled

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """There are none: each read's own coin decides."""
        del entry
        return ()

    def settles_ns(self, entry: Entry) -> int:
        """When it has settled."""
        return entry.plan[0]
