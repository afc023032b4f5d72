"""Whole snapshots that are never older than a bound, with or without promises to each client.

    now - max_staleness          now
    |-----------x----------------|       an eventual read sees everything up to x, drawn evenly, and nothing behind it

`monotonic`: x is never before the client's last x. `ryw`: x is never before the client's last commit. A client is known
by the name that it gives itself (metadata `x-client`), otherwise by its connection.
"""

from collections.abc import Sequence
from random import Random

from consistency.durations import parse_duration_ns
from consistency.emulator.models.policy import NEVER_NS, Choice, Entry, Hooks, Log, Metadata, before, name_client
from consistency.emulator.settings import Settings

_CLIENTS_MAX = 4_096  # beyond it those are forgotten to whom the bound alone promises as much


class Bounded:
    """An entry's plan is the first snapshot that sees it; a choice is a snapshot's instant."""

    legacy = True
    by_chance = True
    rolls_forward = False

    def __init__(self, settings: Settings) -> None:
        self._bound_ns = parse_duration_ns(settings.max_staleness)
        self._monotonic = settings.session == "monotonic"
        self._random = Random(settings.seed)
        self._least_ns: dict[str, int] = {}  # client -> the oldest snapshot that it may be given
        promises = self._promise_own_write if settings.session == "ryw" else None
        self.hooks = Hooks(on_commit=promises, snapshot_ns=lambda _, choice: int(choice))

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Nothing is drawn yet."""
        del log
        entry.plan = (now_ns,)
        return ()

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Let every snapshot see it."""
        del now_ns
        for entry in log:
            entry.plan = (-NEVER_NS,)
        return log

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """A snapshot within the bound, and not before what the client was promised."""
        client = name_client(metadata)
        snapshot_ns = now_ns - int(self._random.random() * self._bound_ns)
        snapshot_ns = max(snapshot_ns, self._least_ns.get(client, snapshot_ns))
        if self._monotonic:
            self._promise(client, snapshot_ns, now_ns)
        return snapshot_ns

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """What was committed by the snapshot's instant."""
        del now_ns
        seen = next((entry.version for entry in reversed(log) if entry.plan[0] <= choice), before(log))
        return seen, seen

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """There are none: each read draws its snapshot."""
        del entry
        return ()

    def settles_ns(self, entry: Entry) -> int:
        """When the oldest snapshot that may be drawn sees it."""
        return entry.plan[0] + self._bound_ns

    def _promise_own_write(self, now_ns: int, metadata: Metadata) -> None:
        self._promise(name_client(metadata), now_ns, now_ns)

    def _promise(self, client: str, least_ns: int, now_ns: int) -> None:
        if len(self._least_ns) >= _CLIENTS_MAX:
            self._least_ns = {name: kept for name, kept in self._least_ns.items() if kept > now_ns - self._bound_ns}
        self._least_ns[client] = least_ns
