"""All open transactions: beginning, naming, reading, ending; what keeps them apart is a mode of concurrency.

    begin    used      used                 commit, rollback, ABORTED, 60 s without use, or 270 s in all
    |--------|---------|--------------------|
                                            from here on every use is INVALID_ARGUMENT

A read-only transaction sees one snapshot, that of its beginning or of a time in the past that it asked for, never its
own writes nor anybody's lock, and never contends, in every mode.

The engine keeps history from the oldest pinned transaction on; so each ends by itself after a while.
"""

from collections.abc import Callable, Sequence, Set
from itertools import count
from struct import pack

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import Snapshot, View
from consistency.emulator.indexes.writes import Write
from consistency.emulator.status import Code, ServiceError, invalid
from consistency.emulator.transactions.entity_groups import EntityGroups
from consistency.emulator.transactions.optimistic import Optimistic
from consistency.emulator.transactions.pessimistic import Pessimistic
from consistency.emulator.transactions.reads import Guard
from consistency.emulator.transactions.transaction import Concurrency, Transaction, contention
from consistency.emulator.values.keys import PartitionId

_IDLE_NS = 60_000_000_000
_LIFE_NS = 270_000_000_000
_ENDED = "The referenced transaction has expired or is no longer valid."
MODES: dict[str, Callable[[Engine], Concurrency]] = {
    "pessimistic": Pessimistic,
    "optimistic": Optimistic,
    "optimistic_with_entity_groups": EntityGroups,
}


def open_mode(name: str, engine: Engine) -> Concurrency:
    """The mode of this name, the model's own where it is empty; ValueError in one sentence for an unknown one."""
    chosen = name or ("optimistic_with_entity_groups" if engine.model.legacy else "pessimistic")
    if chosen not in MODES:
        raise ValueError(f'"{name}" is not a mode of concurrency: choose one of {", ".join(MODES)}')
    return MODES[chosen](engine)


class Transactions:
    """All open transactions of one engine, the least recently used first."""

    def __init__(self, engine: Engine, era: int, mode: str = "") -> None:
        """`era` (a wall time) makes names differ from those of an emulator that ran before on this address."""
        self.mode = open_mode(mode, engine)
        self._engine = engine
        self._era = era
        self._numbers = count(1)
        self._open: dict[bytes, Transaction] = {}

    def clear(self) -> None:
        """End every open transaction; the engine was cleared, and holds no pins any more."""
        open_ones = list(self._open.values())
        self._open.clear()
        for transaction in open_ones:
            self.mode.end(transaction)

    def follow(self, mode: str) -> None:
        """Go on in the mode of this name, or the new model's own. Open transactions end where that is another one."""
        fresh = open_mode(mode, self._engine)
        if type(fresh) is not type(self.mode):
            for transaction in list(self._open.values()):
                self.end(transaction)
            self.mode = fresh

    def end_within(self, contains: Callable[[PartitionId], bool]) -> None:
        """End those that read in a partition that is meant: what they read is gone."""
        for transaction in list(self._open.values()):
            places = (*transaction.groups, *transaction.reads.keys, *transaction.reads.ranges)
            if any(contains(place[0]) for place in places):
                self.end(transaction)

    def begin(self, *, read_only: bool, at: int | None = None) -> Transaction:
        """A new transaction, whose history the engine keeps from now on; `at`: a version in the past to read."""
        now_ns = self._engine.now_ns()
        self._expire(now_ns)
        name = pack(">QQ", self._era, next(self._numbers))
        snapshot = self._engine.read_version() if at is None else at
        transaction = Transaction(name, snapshot, now_ns, read_only=read_only)
        if read_only or self.mode.pins:
            self._engine.pin(name, snapshot)
        self._open[name] = transaction
        return transaction

    def find(self, name: bytes) -> Transaction:
        """The open transaction of this name; INVALID_ARGUMENT when it has ended or never was."""
        transaction = self._find_unended(name)
        if transaction.aborted:
            if transaction.told:
                raise invalid(_ENDED)
            transaction.told = True
            raise contention("Aborted due to cross-transaction contention: a commit that came first has won.")
        transaction.used_ns = self._engine.now_ns()
        self._open[name] = self._open.pop(name)
        return transaction

    def roll_back(self, name: bytes) -> None:
        """End the transaction of this name without effect; INVALID_ARGUMENT when it has ended."""
        self.end(self._find_unended(name))

    def end(self, transaction: Transaction) -> None:
        """End it, however: nothing can name it any more."""
        del self._open[transaction.name]
        if not transaction.aborted:
            self._let_go(transaction)

    def view_key(self, transaction: Transaction, partition: Partition, path: bytes, root: bytes) -> View:
        """How the transaction sees one entity, which it hereby reads."""
        self._engine.roll_forward(partition, root)
        if transaction.read_only:
            return Snapshot(transaction.snapshot)
        try:
            return self.mode.view_key(transaction, partition, path, root)
        except ServiceError as error:
            self._lose(transaction, error)
            raise

    def view_query(self, transaction: Transaction, partition: Partition, root: bytes | None, guard: Guard) -> View:
        """How it sees what a query finds, under the entity group `root` or, where the mode allows it, everywhere."""
        if root is not None:
            self._engine.roll_forward(partition, root)
        if transaction.read_only and (root is not None or not isinstance(self.mode, EntityGroups)):
            return Snapshot(transaction.snapshot)
        try:
            return self.mode.view_query(transaction, partition, root, guard)
        except ServiceError as error:
            self._lose(transaction, error)
            raise

    def check(
        self, transaction: Transaction | None, writes: Sequence[Write], ahead: Set[Transaction] | None = None
    ) -> None:
        """Whether this commit may be made now: ABORTED, for good, when another has won; Blocked when it must wait.

        `ahead`: for whom it has waited already.
        """
        if self._open:
            self._expire(self._engine.now_ns())
        try:
            for loser in self.mode.check(transaction, writes, ahead):
                loser.aborted = True
                self._let_go(loser)
        except ServiceError as error:
            if transaction is not None:
                self._lose(transaction, error)
            raise

    def abort(self, transaction: Transaction) -> None:
        """It has lost: it holds nothing any more."""
        transaction.aborted = transaction.told = True
        self._let_go(transaction)

    def _lose(self, transaction: Transaction, error: ServiceError) -> None:
        if error.code is Code.ABORTED:
            self.abort(transaction)

    def _let_go(self, transaction: Transaction) -> None:
        if transaction.read_only or self.mode.pins:
            self._engine.unpin(transaction.name)
        self.mode.end(transaction)

    def _find_unended(self, name: bytes) -> Transaction:
        now_ns = self._engine.now_ns()
        self._expire(now_ns)
        transaction = self._open.get(name)
        if transaction is not None and now_ns - transaction.begun_ns > _LIFE_NS:
            self.end(transaction)
            transaction = None
        if transaction is None:
            raise invalid(_ENDED)
        return transaction

    def _expire(self, now_ns: int) -> None:
        """End those that nobody has used for long: an abandoned one keeps neither history nor locks."""
        while self._open:
            oldest = next(iter(self._open.values()))
            if now_ns - oldest.used_ns <= _IDLE_NS:
                return
            self.end(oldest)
