"""Optimistic concurrency: no locks, and a commit only if nothing that was read or is written has changed.

    begin                 another commits into a range that T has read      T commits
    |---------------------|-------------------------------------------------|
    the snapshot of all   its version is behind the snapshot                ABORTED: the other one won

Whoever commits first wins, so one always does. What is checked are the commits behind the snapshot, each against
the keys and ranges that were read: the cost grows with what happened meanwhile, not with what is stored.
"""

from collections.abc import Iterable, Sequence, Set

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import Snapshot, View
from consistency.emulator.indexes.writes import Write
from consistency.emulator.transactions.reads import Guard, changes_of
from consistency.emulator.transactions.transaction import Transaction, contention


class Optimistic:
    """Validation at the commit."""

    pins = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def view_key(self, transaction: Transaction, partition: Partition, path: bytes, root: bytes) -> View:
        """The state of the beginning."""
        del root
        transaction.reads.keys.add((partition.name, path))
        return Snapshot(transaction.snapshot)

    def view_query(self, transaction: Transaction, partition: Partition, root: bytes | None, guard: Guard) -> View:
        """The state of the beginning."""
        del root
        transaction.reads.add_guard(partition.name, guard)
        return Snapshot(transaction.snapshot)

    def check(
        self, transaction: Transaction | None, writes: Sequence[Write], ahead: Set[Transaction] | None = None
    ) -> Iterable[Transaction]:
        """ABORTED when a later commit has touched what was read or is to be written."""
        del ahead
        if transaction is None or self._engine.newest <= transaction.snapshot:
            return ()
        written = {(write.partition.name, write.key.path) for write in writes}
        for entry in self._engine.entries_after(transaction.snapshot):
            for change in changes_of(entry):
                if (change.partition, change.path) in written or transaction.reads.touched_by(change):
                    raise contention("Aborted due to cross-transaction contention: what it read has changed.")
        return ()

    def end(self, transaction: Transaction) -> None:
        """There is nothing to forget."""
