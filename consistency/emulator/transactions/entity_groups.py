"""Optimistic concurrency with entity groups, as the legacy service has it.

    begin        read g        another commit to g        commit
    |------------|-------------|--------------------------|
                 pinned here   g.head > pin               ABORTED: the other one won

A transaction reads each group as it was when it first touched it, and may commit only if no group that it read has a
later commit. It names its groups: a query needs an ancestor.
"""

from collections.abc import Iterable, Sequence, Set

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import Snapshot, View
from consistency.emulator.indexes.writes import Write
from consistency.emulator.status import invalid
from consistency.emulator.transactions.reads import Guard
from consistency.emulator.transactions.transaction import Transaction, contention


class EntityGroups:
    """Validation per entity group, at every first touch and at the commit."""

    pins = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def view_key(self, transaction: Transaction, partition: Partition, path: bytes, root: bytes) -> View:
        """The group's state when it was first touched."""
        del path
        place = (partition.name, root)
        if place not in transaction.groups:
            self.check(transaction, ())
            transaction.groups[place] = self._engine.read_version()
        return Snapshot(transaction.groups[place])

    def view_query(self, transaction: Transaction, partition: Partition, root: bytes | None, guard: Guard) -> View:
        """Likewise; INVALID_ARGUMENT for a query without an ancestor."""
        del guard
        if root is None:
            raise invalid("Only ancestor queries are allowed inside transactions.")
        return self.view_key(transaction, partition, root, root)

    def check(
        self, transaction: Transaction | None, writes: Sequence[Write], ahead: Set[Transaction] | None = None
    ) -> Iterable[Transaction]:
        """ABORTED when a group that the transaction read has a later commit."""
        del writes, ahead
        if transaction is None:
            return ()
        for (name, root), pinned in transaction.groups.items():
            groups = self._engine.find_groups(self._engine.find_partition(name), root)
            if any(group.head > pinned for group in groups):
                raise contention("too much contention on these datastore entities. please try again.")
        return ()

    def end(self, transaction: Transaction) -> None:
        """There is nothing to forget."""
