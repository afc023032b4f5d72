"""What a consistency model is: a policy over the log of an entity group. It never touches data.

    log of one group     e1   e2   e3   e4
                              ^rows     ^head
                                   ^bodies
    an eventual read here finds index rows up to e2 and entity bodies up to e3; a strong read finds all of it.

The engine appends an entry per commit and asks, for a read at an instant, up to which position bodies (milestone A)
and index rows (milestone B) are applied. A position is the version of the last applied entry, so that one number
line serves models, transactions' snapshots and reads at a time alike.

`choose` is what makes models with replicas or coins fit: once per read they pick something (a replica, an instant), and
every question of that read comes with the choice. What only a few models need is in their Hooks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

HEAD = 1 << 62  # a position behind every commit
NEVER_NS = 1 << 62  # an instant that nothing planned brings

Choice: TypeAlias = Any  # what one read is bound to: the model's own affair
Metadata: TypeAlias = Mapping[str, str]
CLIENT, PEER = "x-client", ":peer"  # metadata: the name that a client gives itself, and its connection's address


class Entry(Protocol):
    """One commit in one group's log, as far as a model sees it. `plan` is the model's own; `place` names the group."""

    version: int
    committed_ns: int
    plan: tuple[int, ...]

    @property
    def place(self) -> object:
        """The same for all commits of a group, and for no other group's."""


Log = Sequence[Entry]  # the entries that somebody may still not see, oldest first


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a model wants to be told or asked beside its log; None where it does not. `now_ns` comes first, if at all.

    `before_read`, `after_read`: an eventual read, any read: the entries that it applied. `before_commit` may refuse one
    with a ServiceError. `on_commit`: by whom a commit was made, after its entries were appended. `take_delay_ns`: how
    long the reply of the last call takes, 0 from then on. `take_routes`: which client has been given to which replica
    since it was last asked. `by_entity`: each entity of a group has a log of its own. `snapshot_ns`: the
    instant whose whole state a read of this choice sees; None where what it sees is not of one instant.
    """

    before_read: Callable[[int], Sequence[Entry]] | None = None
    after_read: Callable[[int], Sequence[Entry]] | None = None
    before_commit: Callable[[], None] | None = None
    on_commit: Callable[[int, Metadata], None] | None = None
    take_delay_ns: Callable[[], int] | None = None
    take_routes: Callable[[], Sequence[tuple[str, int]]] | None = None
    by_entity: bool = False
    snapshot_ns: Callable[[int, Choice], int] | None = None


NO_HOOKS = Hooks()


class Model(Protocol):
    """One consistency model.

    `legacy`: a global query is eventual, may not be strong, and limits are the old ones. `rolls_forward`: strong reads
    apply the groups that they read. `by_chance`: what an eventual read sees depends on its own draws, so that until an
    entry has settled there is no instant from which all of them see it.
    """

    legacy: bool
    by_chance: bool
    rolls_forward: bool
    hooks: Hooks

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Plan a new entry, the last of `log`; the earlier entries whose plan that changed."""

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Apply the whole log at once; the entries whose plan changed."""

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """What an eventual read that begins now is bound to; passed to `positions` for each group that it meets."""

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """Up to which position bodies and rows are applied for an eventual read of this choice. Asked once a read."""

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """When, by its plan, bodies and rows of the entry are applied, for each replica; () where none is planned."""

    def settles_ns(self, entry: Entry) -> int:
        """From when on every eventual read sees the entry: its history may then be forgotten."""


def name_client(metadata: Metadata) -> str:
    """Who asks: by the name that it gives itself, else by its connection; "" within a process."""
    return metadata.get(CLIENT) or metadata.get(PEER, "")


def before(log: Log) -> int:
    """The position that sees no entry of the log."""
    return log[0].version - 1
