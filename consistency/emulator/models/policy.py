"""What a consistency model is: a policy over the log of an entity group. It never touches data.

    log of one group     e1   e2   e3   e4
                              ^rows     ^head
                                   ^bodies
    an eventual read here finds index rows up to e2 and entity bodies up to e3; a strong read finds all of it.

The engine appends an entry per commit and asks, for a read at an instant, up to which position bodies (milestone A)
and index rows (milestone B) are applied. A position is the version of the last applied entry, so that one number
line serves models, transactions' snapshots and reads at a time alike.

`choose` is what makes models with replicas or coins fit: once per read they pick something (a replica, a seed), and
every question of that read comes with the choice.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

HEAD = 1 << 62  # a position behind every commit
NEVER_NS = 1 << 62  # an instant that only a roll-forward can bring


class Entry(Protocol):
    """One commit in one group's log, as far as a model sees it. `plan` is the model's own."""

    version: int
    committed_ns: int
    plan: tuple[int, ...]


Log = Sequence[Entry]  # the entries that somebody may still not see, oldest first


class Model(Protocol):
    """One consistency model. `legacy`: a global query is eventual, may not be strong, and limits are the old ones."""

    legacy: bool

    def append(self, log: Log, entry: Entry, now_ns: int) -> None:
        """Plan a new entry, the last of `log`; the group was rolled forward before."""

    def roll_forward(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Apply the whole log at once, as a strong read does; the entries whose plan changed."""

    def choose(self, metadata: Mapping[str, str]) -> int:
        """What this read is bound to (a replica, say); passed to `positions` for each group that it meets."""

    def positions(self, log: Log, choice: int, now_ns: int) -> tuple[int, int]:
        """Up to which position bodies and rows are applied for an eventual read of this choice."""

    def instants(self, entry: Entry) -> tuple[int, int]:
        """When, by its plan, the entry's bodies and its rows are applied: the truth."""

    def settles_ns(self, entry: Entry) -> int:
        """From when on every eventual read sees the entry: its history may then be forgotten."""
