"""Google's local emulators: a commit is a queued job of its group, and reads toss coins for it. A and B together.

    after_read    commit: toss    read answers, then every queued job is tossed for    next read    (emulator, Java)
    before_read   commit          every queued job is tossed for, then the read answers             (stub, Python)

Jobs of a group apply in order: the first that fails its toss ends the group's turn. After a read of any kind (Java), or
before an eventual one (Python), the groups take turns: in the order in which their queues began (Java), or in which
they were first written (Python; the stub counts a read before the first write as well). A strong read applies its
group's queue without a toss, and so does in Python a commit to the group.

The rule is that of LocalDatastoreService and of datastore_stub_util, both published by Google; Java's random numbers
are those of java.util.Random, as its documentation defines them. Google's emulator 2.3.1 differs in one thing: there an
ancestor query gives the groups two turns.
"""

from collections.abc import Callable, Sequence
from random import Random

from consistency.emulator.models.policy import NEVER_NS, Choice, Entry, Hooks, Log, Metadata, before
from consistency.emulator.settings import Settings

_TOSS_SIDES = 10_000  # Java's percentages have two decimals


class JobPolicy:
    """An entry's plan is the instant at which it was applied."""

    legacy = True
    by_chance = False
    rolls_forward = True

    def __init__(self, settings: Settings) -> None:
        self._applies = TOSSES[settings.rng](settings.seed, settings.consistency)
        self._before_read = settings.order == "before_read"
        self._queues: dict[int, Log] = {}  # by identity, in the order in which they began
        self._ranks: dict[object, int] = {}
        self.hooks = Hooks(before_read=self._groom) if self._before_read else Hooks(after_read=self._groom)

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Queue it and, in Java's order, toss for its group."""
        moved = self._apply_queue(log[:-1], now_ns) if self._before_read else []
        entry.plan = (NEVER_NS,)
        self._queues.setdefault(id(log), log)
        if self._before_read:
            self._ranks.setdefault(entry.place, len(self._ranks))
        else:
            moved = self._offer(log, now_ns)
        return moved

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Apply the group's queue without a toss."""
        self._queues.pop(id(log), None)
        return self._apply_queue(log, now_ns)

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """One copy: nothing to choose."""
        del metadata, now_ns

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """What has been applied, of bodies and rows alike."""
        del choice, now_ns
        applied = next((entry.version for entry in reversed(log) if entry.plan[0] != NEVER_NS), before(log))
        return applied, applied

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """When it was applied; nobody knows it before."""
        return ((entry.plan[0], entry.plan[0]),)

    def settles_ns(self, entry: Entry) -> int:
        """As soon as it is applied."""
        return entry.plan[0]

    def _groom(self, now_ns: int) -> Sequence[Entry]:
        queues = list(self._queues.values())
        if self._before_read:
            queues.sort(key=lambda log: self._ranks[log[0].place] if log else 0)
        return [entry for log in queues for entry in self._offer(log, now_ns)]

    def _offer(self, log: Log, now_ns: int) -> list[Entry]:
        """Toss for the queued entries of a group until one fails."""
        moved: list[Entry] = []
        for entry in log:
            if entry.plan[0] == NEVER_NS:
                if not self._applies():
                    return moved
                entry.plan = (now_ns,)
                moved.append(entry)
        self._queues.pop(id(log), None)
        return moved

    @staticmethod
    def _apply_queue(log: Log, now_ns: int) -> list[Entry]:
        moved = [entry for entry in log if entry.plan[0] == NEVER_NS]
        for entry in moved:
            entry.plan = (now_ns,)
        return moved


def toss_in_java(seed: int, share: float) -> Callable[[], bool]:
    """Each toss is one nextInt(10000) of java.util.Random(seed): at least the unapplied share applies."""
    unapplied = round((1 - share) * _TOSS_SIDES)
    state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)

    def applies() -> bool:
        nonlocal state
        while True:
            state = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
            bits = state >> 17
            if bits - bits % _TOSS_SIDES + _TOSS_SIDES - 1 < 1 << 31:  # else the last stretch is not a whole one
                return bits % _TOSS_SIDES >= unapplied

    return applies


def toss_in_python(seed: int, share: float) -> Callable[[], bool]:
    """Each toss is one random() of random.Random(seed): below the share applies."""
    draw = Random(seed).random
    return lambda: draw() < share


TOSSES: dict[str, Callable[[int, float], Callable[[], bool]]] = {"java": toss_in_java, "python": toss_in_python}
