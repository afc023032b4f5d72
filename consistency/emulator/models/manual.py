"""Nothing is applied until a test says so: every anomaly, as scripted.

    commit      advance "A"              advance "B"            restore(snapshot)
    |-----------|------------------------|----------------------|------->
      old          new bodies, old rows    new                    new bodies, rows as they were at the snapshot

A fresh one is frozen. `catch_up` applies everything and lets commits be applied as they are made; `freeze` ends that.
Strong reads see the head and apply nothing, so that looking does not disturb the script. From the first snapshot on
all history is kept, until the model is left or reset.
"""

from collections.abc import Sequence

from consistency.emulator.models.milestones import find_positions, pair_up
from consistency.emulator.models.policy import NEVER_NS, NO_HOOKS, Choice, Entry, Log, Metadata, before
from consistency.emulator.settings import Settings


class Manual:
    """An entry's plan is (A, B), both NEVER_NS until they are reached."""

    legacy = True
    by_chance = False
    rolls_forward = False
    hooks = NO_HOOKS

    def __init__(self, settings: Settings) -> None:
        del settings  # nothing to set
        self._frozen = True
        self.snapshots: dict[str, dict[object, int]] = {}  # name -> group -> the position of its rows

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Applied at once or not at all, and never before what stands before it."""
        own = (NEVER_NS, NEVER_NS) if self._frozen else (now_ns, now_ns)
        entry.plan = tuple(map(max, own, log[-2].plan) if len(log) > 1 else own)
        return ()

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Apply the whole log at once."""
        return self.advance((log,), "B", now_ns)

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """One copy: nothing to choose."""
        del metadata, now_ns

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """What has been applied."""
        del choice
        return find_positions(log, 0, now_ns)

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """The plan itself."""
        return pair_up(entry.plan)

    def settles_ns(self, entry: Entry) -> int:
        """Milestone B; never where rows may be taken back to a snapshot."""
        return NEVER_NS if self.snapshots else entry.plan[1]

    def advance(self, logs: Sequence[Log], milestone: str, now_ns: int) -> list[Entry]:
        """Reach "A", or "B" and with it "A", for these logs, which may be the beginnings of logs."""
        moved: list[Entry] = []
        for log in logs:
            for entry in log:
                applied_a_ns, applied_b_ns = entry.plan
                plan = (min(applied_a_ns, now_ns), min(applied_b_ns, now_ns if milestone == "B" else NEVER_NS))
                if plan != entry.plan:
                    entry.plan = plan
                    moved.append(entry)
        return moved

    def catch_up(self, logs: Sequence[Log], now_ns: int) -> list[Entry]:
        """Apply everything, and from now on every commit as it is made."""
        self._frozen = False
        return self.advance(logs, "B", now_ns)

    def freeze(self) -> None:
        """Apply nothing any more."""
        self._frozen = True

    def snapshot(self, name: str, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """Remember under this name where the rows of each log stand."""
        self.snapshots[name] = {log[0].place: find_positions(log, 0, now_ns)[1] for log in logs}
        return ()

    def restore(self, name: str, logs: Sequence[Log]) -> list[Entry]:
        """Take the rows back to the snapshot; bodies stay. What was first written later has no rows then."""
        moved: list[Entry] = []
        for log in logs:
            position = self.snapshots[name].get(log[0].place, before(log))
            later = [entry for entry in log if entry.version > position and entry.plan[1] != NEVER_NS]
            for entry in later:
                entry.plan = (entry.plan[0], NEVER_NS)
            moved += later
        return moved
