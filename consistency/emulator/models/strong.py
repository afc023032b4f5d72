"""Every read at the newest commit: Firestore in Datastore mode.

    now - eventual_lag                        now
    |-----------------------------------------|        a read that asks for EVENTUAL sees everything up to here
    ^ and nothing behind it, in every group            <- and any other read all of it

So eventual reads miss what is new and still return what was deleted, but all of one read is of one instant, and no
later read goes back behind it. Without a lag, nothing is planned and every read sees the head of every log.
"""

from collections.abc import Sequence

from consistency.durations import parse_duration_ns
from consistency.emulator.models.policy import HEAD, Choice, Entry, Hooks, Log, Metadata, before
from consistency.emulator.settings import Settings


class Strong:
    """An entry's plan is the instant from which eventual reads see it."""

    legacy = False
    by_chance = False
    rolls_forward = False

    def __init__(self, settings: Settings) -> None:
        self._lag_ns = lag_ns = parse_duration_ns(settings.eventual_lag)
        self.hooks = Hooks(snapshot_ns=(lambda now_ns, _: now_ns - lag_ns) if lag_ns else None)

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """The same lag for all entries: none overtakes another, and a commit of several groups is one instant."""
        del log
        entry.plan = (now_ns + self._lag_ns,)
        return ()

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Let every read see it."""
        for entry in log:
            entry.plan = (min(entry.plan[0], now_ns),)
        return log

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """There is nothing to choose."""
        del metadata, now_ns

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """What was committed a lag ago."""
        del choice
        if not self._lag_ns:
            return HEAD, HEAD
        seen = next((entry.version for entry in reversed(log) if entry.plan[0] <= now_ns), before(log))
        return seen, seen

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """The plan, of bodies and rows alike."""
        return ((entry.plan[0], entry.plan[0]),)

    def settles_ns(self, entry: Entry) -> int:
        """When eventual reads see it."""
        return entry.plan[0]
