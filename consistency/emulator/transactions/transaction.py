"""One open transaction, and what a mode of concurrency must answer about it."""

from collections.abc import Iterable, Sequence, Set
from typing import Protocol

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import View
from consistency.emulator.indexes.writes import Write
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.transactions.reads import Guard, Reads
from consistency.emulator.values.keys import PartitionId


class Transaction:
    """One open transaction. `snapshot`: the version of its beginning, or the past that a read-only one asked for.

    `reads` is what it has read; `groups`, per entity group that it read, the version at which it reads it. `aborted`:
    it lost a conflict, and the only thing that it may still do is to be rolled back, once, as clients do. `told`: its
    client knows that.
    """

    __slots__ = ("aborted", "begun_ns", "groups", "name", "read_only", "reads", "snapshot", "told", "used_ns")

    def __init__(self, name: bytes, snapshot: int, begun_ns: int, *, read_only: bool) -> None:
        self.name = name
        self.snapshot = snapshot
        self.begun_ns = self.used_ns = begun_ns
        self.read_only = read_only
        self.aborted = self.told = False
        self.reads = Reads()
        self.groups: dict[tuple[PartitionId, bytes], int] = {}


class Concurrency(Protocol):
    """How read-write transactions are kept apart. `pins`: they read a past that the engine must keep."""

    pins: bool

    def view_key(self, transaction: Transaction, partition: Partition, path: bytes, root: bytes) -> View:
        """How the transaction sees one entity, which it hereby reads; ABORTED where it cannot be served any more."""

    def view_query(self, transaction: Transaction, partition: Partition, root: bytes | None, guard: Guard) -> View:
        """How it sees what a query finds, under the entity group `root` or everywhere."""

    def check(
        self, transaction: Transaction | None, writes: Sequence[Write], ahead: Set[Transaction] | None
    ) -> Iterable[Transaction]:
        """Whether a commit may be made, with or without a transaction: ABORTED or Blocked where not.

        `ahead`: for whom it has waited already. Out come those that lose by it.
        """

    def end(self, transaction: Transaction) -> None:
        """Forget all about it."""


class Blocked(Exception):  # noqa: N818 - not an error: the commit is to be tried again
    """A commit must wait until those `ahead` have ended; `waiting` is its transaction, if it has one."""

    def __init__(self, waiting: Transaction | None, ahead: Set[Transaction]) -> None:
        super().__init__("waiting for a lock")
        self.waiting = waiting
        self.ahead = ahead


def contention(message: str) -> ServiceError:
    """ABORTED: another one won."""
    return ServiceError(Code.ABORTED, message)
