"""The legacy Cloud Datastore: a commit is in its group's log at once, and is applied to bodies and rows later.

    commit        A                    B
    |-------------|--------------------|---------->      A_i = max(A_{i-1}, commit + a)
      old rows,     old rows,            new rows,        B_i = max(B_{i-1}, A_i + b)
      old bodies    new bodies           new bodies       a, b drawn at the commit

Per group in log order: an entry never overtakes the one before it. A strong read, an ancestor query, a transaction or
another commit rolls its group forward to the head, at that instant and for that group alone.

Between A and B a query finds by old rows and returns new bodies: that is the stale match that stores with one applied
copy cannot show.
"""

from collections.abc import Mapping, Sequence
from random import Random

from consistency.delays import parse_delay
from consistency.emulator.models.policy import Entry, Log
from consistency.emulator.settings import Settings


class Megastore:
    """Milestones A and B by two distributions of delay. An entry's plan is its pair (A, B)."""

    legacy = True

    def __init__(self, settings: Settings) -> None:
        self._apply_a = parse_delay(settings.apply_a)
        self._apply_b = parse_delay(settings.apply_b)
        self._random = Random(settings.seed)

    def append(self, log: Log, entry: Entry, now_ns: int) -> None:
        """Draw a, then b, for the new last entry."""
        delay_a_ns = self._apply_a.draw_ns(self._random)
        delay_b_ns = self._apply_b.draw_ns(self._random)
        before_a_ns, before_b_ns = log[-2].plan if len(log) > 1 else (now_ns, now_ns)
        applied_a_ns = max(before_a_ns, now_ns + delay_a_ns)
        entry.plan = (applied_a_ns, max(before_b_ns, applied_a_ns + delay_b_ns))

    def roll_forward(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Apply every entry now that would have been applied later."""
        moved: list[Entry] = []
        for entry in reversed(log):
            applied_a_ns, applied_b_ns = entry.plan
            if applied_b_ns <= now_ns:  # and so is every earlier one
                break
            entry.plan = (min(applied_a_ns, now_ns), now_ns)
            moved.append(entry)
        return moved[::-1]

    def choose(self, metadata: Mapping[str, str]) -> int:
        """One copy: nothing to choose."""
        del metadata
        return 0

    def positions(self, log: Log, choice: int, now_ns: int) -> tuple[int, int]:
        """The last entry with A reached, and the last with B reached; an instant belongs to what it begins."""
        del choice
        bodies = rows = before = log[0].version - 1
        for entry in reversed(log):
            applied_a_ns, applied_b_ns = entry.plan
            if bodies == before and applied_a_ns <= now_ns:
                bodies = entry.version
            if applied_b_ns <= now_ns:
                rows = entry.version
                break
        return bodies, rows

    def instants(self, entry: Entry) -> tuple[int, int]:
        """The plan itself."""
        applied_a_ns, applied_b_ns = entry.plan
        return applied_a_ns, applied_b_ns

    def settles_ns(self, entry: Entry) -> int:
        """Milestone B."""
        return entry.plan[1]
