"""The legacy Cloud Datastore: a commit is in its group's log at once, and is applied to bodies and rows later.

A strong read, an ancestor query, a transaction or another commit rolls its group forward to the head, at that instant
and for that group alone, unless `roll_forward` is off. With `unit = entity` nothing else binds a group's entities: each
has milestones of its own, so that a later commit may be seen before an earlier one, and half of one commit.

Between A and B (`milestones`) a query finds by old rows and returns new bodies: that is the stale match that stores
with one applied copy cannot show.
"""

from collections.abc import Sequence
from random import Random

from consistency.delays import parse_delay
from consistency.emulator.models.milestones import draw_plan, find_positions
from consistency.emulator.models.policy import Choice, Entry, Hooks, Log, Metadata
from consistency.emulator.settings import Settings


class Megastore:
    """Milestones A and B by two distributions of delay. An entry's plan is its pair (A, B)."""

    legacy = True
    by_chance = False

    def __init__(self, settings: Settings) -> None:
        self._delays = ((parse_delay(settings.apply_a), parse_delay(settings.apply_b)),)
        self._random = Random(settings.seed)
        self.rolls_forward = settings.roll_forward
        self.hooks = Hooks(by_entity=settings.unit == "entity")

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Draw a, then b, for the new last entry; what came before it is applied."""
        moved = self.apply(log[:-1], now_ns) if self.rolls_forward else ()
        entry.plan = draw_plan(self._delays, log[-2].plan if len(log) > 1 else (now_ns, now_ns), now_ns, self._random)
        return moved

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Apply every entry now that would have been applied later."""
        moved: list[Entry] = []
        for entry in reversed(log):
            applied_a_ns, applied_b_ns = entry.plan
            if applied_b_ns <= now_ns:  # and so is every earlier one
                break
            entry.plan = (min(applied_a_ns, now_ns), now_ns)
            moved.append(entry)
        return moved[::-1]

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """One copy: nothing to choose."""
        del metadata, now_ns

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """Milestones A and B of the one copy."""
        del choice
        return find_positions(log, 0, now_ns)

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """The plan itself."""
        applied_a_ns, applied_b_ns = entry.plan
        return ((applied_a_ns, applied_b_ns),)

    def settles_ns(self, entry: Entry) -> int:
        """Milestone B."""
        return entry.plan[1]
