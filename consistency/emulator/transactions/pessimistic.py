"""Pessimistic concurrency, as Datastore mode has it by default: readers lock, writers wait.

    T1 reads a      T2 reads a      T1 commits a          T2 commits a
    |---------------|---------------|---------------------|
    shared lock     shared lock     waits for T2          would wait for T1: a deadlock, T2 is ABORTED and T1 goes on

A read-write transaction reads the newest state and holds a shared lock on every key and every query's range until it
ends. Commits take effect at once, so no exclusive lock is ever held from one call to the next: a commit, with a
transaction or without, only waits until nobody else holds what it writes. Reads never wait.

Whoever closes a circle of waiting ones is aborted; a commit waits only for those who held locks when it came, and who
comes later loses to it. So among those in conflict one always wins, and soon.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import TypeVar

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import STRONG, View
from consistency.emulator.indexes.writes import Write
from consistency.emulator.transactions.reads import Guard, Kind, Place, change_of
from consistency.emulator.transactions.transaction import Blocked, Transaction, contention

Locked = TypeVar("Locked", Place, Kind)


class Pessimistic:
    """The locks of all open transactions, and who waits for them."""

    pins = False

    def __init__(self, engine: Engine) -> None:
        del engine  # locks are all there is
        self._keys: dict[Place, dict[Transaction, None]] = {}
        self._ranges: dict[Kind, dict[Transaction, None]] = {}
        self._waiting: dict[Transaction, Set[Transaction]] = {}  # for whom
        self.wakers: dict[object, Callable[[], None]] = {}  # by whoever waits: called when locks were given up

    def view_key(self, transaction: Transaction, partition: Partition, path: bytes, root: bytes) -> View:
        """The newest state, locked."""
        del root
        place = (partition.name, path)
        transaction.reads.keys.add(place)
        self._keys.setdefault(place, {})[transaction] = None
        return STRONG

    def view_query(self, transaction: Transaction, partition: Partition, root: bytes | None, guard: Guard) -> View:
        """The newest state, its range locked."""
        del root
        transaction.reads.add_guard(partition.name, guard)
        self._ranges.setdefault((partition.name, guard.kind), {})[transaction] = None
        return STRONG

    def check(
        self, transaction: Transaction | None, writes: Sequence[Write], ahead: Set[Transaction] | None
    ) -> Iterable[Transaction]:
        """Blocked while others hold what is written; ABORTED when one of them waits, at last, for this one.

        Once those ahead have gone, whoever took a lock later loses it: else newcomers could keep a commit waiting.
        """
        if not self._keys and not self._ranges:
            return ()
        holders = set(self._holders(transaction, writes))
        if ahead is not None:
            if not holders & ahead:
                return holders
            raise Blocked(transaction, ahead)
        if not holders:
            return ()
        if transaction is not None:
            if self._closes_circle(transaction, holders):
                raise contention("Aborted due to cross-transaction contention: each waits for the other.")
            self._waiting[transaction] = holders
        raise Blocked(transaction, holders)

    def stop_waiting(self, transaction: Transaction) -> None:
        """It does not wait any more, however that came."""
        self._waiting.pop(transaction, None)

    def end(self, transaction: Transaction) -> None:
        """Give up its locks and wake who waits."""
        self.stop_waiting(transaction)
        for place in transaction.reads.keys:
            _release(self._keys, place, transaction)
        for kind in transaction.reads.ranges:
            _release(self._ranges, kind, transaction)
        for wake in list(self.wakers.values()):
            wake()

    def _holders(self, transaction: Transaction | None, writes: Sequence[Write]) -> Iterator[Transaction]:
        for write in writes:
            held = self._keys.get((write.partition.name, write.key.path), ())
            yield from (holder for holder in held if holder is not transaction)
            if self._ranges:
                change = change_of(write)
                for kind in change.kinds:
                    for holder in self._ranges.get(kind, ()):
                        if holder is not transaction and holder.reads.touched_by(change):
                            yield holder

    def _closes_circle(self, transaction: Transaction, holders: Set[Transaction]) -> bool:
        seen: set[Transaction] = set()
        coming = set(holders)
        while coming:
            holder = coming.pop()
            if holder is transaction:
                return True
            if holder not in seen:
                seen.add(holder)
                coming |= self._waiting.get(holder, set())
        return False


def _release(locks: dict[Locked, dict[Transaction, None]], locked: Locked, holder: Transaction) -> None:
    holders = locks[locked]
    del holders[holder]
    if not holders:
        del locks[locked]
