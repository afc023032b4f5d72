"""Optimistic transactions with entity groups, as the legacy service has them.

    begin        read g        another commit to g        commit
    |------------|-------------|--------------------------|
                 pinned here   g.head > pin               ABORTED: the other one won

A read-write transaction reads each group as it was when it first touched it, never its own writes, and may commit
only if no group that it read has a later commit. A read-only one sees one snapshot, that of its beginning, and never
contends.

The engine keeps history from the oldest open transaction on; so each ends by itself after 60 s idle or 270 s.
"""

from collections.abc import Callable
from itertools import count
from struct import pack

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import Snapshot, View
from consistency.emulator.status import Code, ServiceError, invalid
from consistency.emulator.values.keys import PartitionId

_IDLE_NS = 60_000_000_000
_LIFE_NS = 270_000_000_000
_ENDED = "The referenced transaction has expired or is no longer valid."
_CONTENTION = "too much contention on these datastore entities. please try again."


class Transaction:
    """One open transaction. `touched`: per entity group that it read, the version at which it reads it.

    `aborted`: it lost a conflict, and the only thing that it may still do is to be rolled back, once, as clients do.
    """

    __slots__ = ("aborted", "begun_ns", "name", "read_only", "snapshot", "touched", "used_ns")

    def __init__(self, name: bytes, snapshot: int, begun_ns: int, *, read_only: bool) -> None:
        self.name = name
        self.snapshot = snapshot
        self.begun_ns = self.used_ns = begun_ns
        self.read_only = read_only
        self.aborted = False
        self.touched: dict[tuple[PartitionId, bytes], int] = {}


class Transactions:
    """All open transactions of one engine."""

    def __init__(self, engine: Engine, era: int) -> None:
        """`era` (a wall time) makes names differ from those of an emulator that ran before on this address."""
        self._engine = engine
        self._era = era
        self._numbers = count(1)
        self._open: dict[bytes, Transaction] = {}

    def clear(self) -> None:
        """Forget every open transaction; the engine was cleared."""
        self._open.clear()

    def end_within(self, contains: Callable[[PartitionId], bool]) -> None:
        """End those that read in a partition that is meant: what they read is gone."""
        for transaction in list(self._open.values()):
            if any(contains(name) for name, _ in transaction.touched):
                self.end(transaction)

    def begin(self, *, read_only: bool) -> Transaction:
        """A new transaction, whose history the engine keeps from now on."""
        now_ns = self._engine.now_ns()
        self._expire(now_ns)
        name = pack(">QQ", self._era, next(self._numbers))
        transaction = Transaction(name, self._engine.read_version(), now_ns, read_only=read_only)
        self._engine.pin(name, transaction.snapshot)
        self._open[name] = transaction
        return transaction

    def find(self, name: bytes) -> Transaction:
        """The open transaction of this name; INVALID_ARGUMENT when it has ended or never was."""
        transaction = self._find_unended(name)
        if transaction.aborted:
            raise invalid(_ENDED)
        transaction.used_ns = self._engine.now_ns()
        return transaction

    def roll_back(self, name: bytes) -> None:
        """End the transaction of this name without effect; INVALID_ARGUMENT when it has ended."""
        self.end(self._find_unended(name))

    def end(self, transaction: Transaction) -> None:
        """End it, however: nothing can name it any more."""
        del self._open[transaction.name]
        if not transaction.aborted:
            self._engine.unpin(transaction.name)

    def view(self, transaction: Transaction, partition: Partition, root: bytes) -> View:
        """How the transaction sees one entity group, which it hereby touches."""
        self._engine.roll_forward(partition, root)
        if transaction.read_only:
            return Snapshot(transaction.snapshot)
        place = (partition.name, root)
        if place not in transaction.touched:
            self.check(transaction)
            transaction.touched[place] = self._engine.read_version()
        return Snapshot(transaction.touched[place])

    def check(self, transaction: Transaction) -> None:
        """ABORTED, for good, when a group that the transaction read has a later commit."""
        for (name, root), pinned in transaction.touched.items():
            group = self._engine.find_partition(name).groups.get(root)
            if group is not None and group.head > pinned:
                transaction.aborted = True
                self._engine.unpin(transaction.name)
                raise ServiceError(Code.ABORTED, _CONTENTION)

    def _find_unended(self, name: bytes) -> Transaction:
        now_ns = self._engine.now_ns()
        self._expire(now_ns)
        transaction = self._open.get(name)
        if transaction is not None and now_ns - transaction.used_ns > _IDLE_NS:
            self.end(transaction)
            transaction = None
        if transaction is None:
            raise invalid(_ENDED)
        return transaction

    def _expire(self, now_ns: int) -> None:
        """End the transactions that are too old, oldest first, so that an abandoned one keeps no history."""
        while self._open:
            oldest = next(iter(self._open.values()))
            if now_ns - oldest.begun_ns <= _LIFE_NS:
                return
            self.end(oldest)
