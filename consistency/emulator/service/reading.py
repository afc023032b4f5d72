"""Read options: which view a read has, and what its reply says about time and transaction.

    option        lookup, ancestor query             global query, strong model     global query, legacy model
    none          strong                             strong                         eventual
    STRONG        strong                             strong                         refused
    EVENTUAL      as the model lets it               as the model lets it           as the model lets it
    transaction   as the mode of concurrency has it, which may refuse a global query
    read_time     the state of that time, at most an hour ago; legacy stores have no such reads

A strong read rolls the groups forward that it names; an eventual one changes nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

from consistency.emulator.engine.engine import KEPT_US
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import STRONG, Eventual, Snapshot, View
from consistency.emulator.query.question import Question
from consistency.emulator.service.guards import guard_question
from consistency.emulator.service.state import State
from consistency.emulator.status import Code, ServiceError, invalid
from consistency.emulator.transactions.transaction import Transaction
from consistency.emulator.values.messages import Message

_STRONG, _EVENTUAL = 1, 2  # ReadConsistency


class Options(NamedTuple):
    """Read options understood: plain values, since prepared requests are kept and messages are large.

    `at_us`: the read_time of the read, or of the read-only transaction that it begins, in microseconds.
    """

    consistency: int = 0
    transaction: bytes | None = None
    begins: bool = False
    read_only: bool = False
    at_us: int | None = None


PLAIN = Options()


class Reading:
    """One read: its view of each group, and the transaction that it runs in or began."""

    __slots__ = ("_fixed", "_state", "_transaction", "at_us", "began", "eventual")

    def __init__(
        self,
        state: State,
        fixed: View | None = None,
        transaction: Transaction | None = None,
        began: Transaction | None = None,
        at_us: int | None = None,
    ) -> None:
        self._state = state
        self._fixed = fixed
        self._transaction = transaction
        self.eventual = isinstance(fixed, Eventual)
        self.began = began
        self.at_us = at_us

    def view_key(self, partition: Partition, path: bytes, root: bytes) -> View:
        """How this read sees one entity, which it hereby reads; a strong one applies its group's log."""
        if self._fixed is not None:
            return self._fixed
        if self._transaction is not None:
            return self._state.transactions.view_key(self._transaction, partition, path, root)
        if partition.groups:
            self._state.engine.roll_forward(partition, root)
        return STRONG

    def view_query(self, partition: Partition, root: bytes | None, question: Question) -> View:
        """How this read sees what a query finds, in the entity group `root` or everywhere.

        In a transaction a later write that would change what the question finds is a conflict.
        """
        if self._fixed is not None:
            return self._fixed
        if self._transaction is not None:
            guard = guard_question(question)
            return self._state.transactions.view_query(self._transaction, partition, root, guard)
        if partition.groups and root is not None:
            self._state.engine.roll_forward(partition, root)
        return STRONG

    def version(self) -> int:
        """The version that this read tells as its own: the snapshot's where it reads the past, else the present.

        An eventual read of a model without one snapshot looks now, whatever it finds: what it misses is an anomaly.
        """
        if self.at_us is not None:
            return self.at_us
        if isinstance(self._fixed, Eventual) and self._fixed.age_ns is not None:
            return self._state.engine.past_version(self._fixed.age_ns)
        return self._state.engine.read_version()


def read_options(message: Message) -> Options:
    """The Options of a ReadOptions message."""
    kind = message.WhichOneof("consistency_type")
    if kind == "read_time":
        return Options(at_us=_time_us(message.read_time))
    if kind == "new_transaction":
        read_only, at_us = transaction_options(message.new_transaction)
        return Options(begins=True, read_only=read_only, at_us=at_us)
    if kind == "transaction":
        return Options(transaction=message.transaction)
    return Options(message.read_consistency) if kind else PLAIN


def transaction_options(options: Message) -> tuple[bool, int | None]:
    """Whether TransactionOptions ask for a read-only transaction, and its read_time; the default is read-write."""
    read_only: bool = options.WhichOneof("mode") == "read_only"
    return read_only, _time_us(options.read_only.read_time) if options.read_only.HasField("read_time") else None


def begin(state: State, *, read_only: bool, at_us: int | None) -> Transaction:
    """Begin a transaction, in the past if a read-only one asks for it."""
    if at_us is not None:
        _check_time(state, at_us)
    return state.transactions.begin(read_only=read_only, at=at_us)


def open_reading(state: State, options: Options, metadata: Mapping[str, str], *, of_groups: bool) -> Reading:
    """The Reading that a request's options ask for. `of_groups`: it names them, as global queries do not."""
    if options is PLAIN and (of_groups or not state.engine.model.legacy):
        return Reading(state)
    if options.begins:
        began = begin(state, read_only=options.read_only, at_us=options.at_us)
        return Reading(state, transaction=began, began=began, at_us=began.snapshot if began.read_only else None)
    if options.transaction is not None:
        found = state.transactions.find(options.transaction)
        return Reading(state, transaction=found, at_us=found.snapshot if found.read_only else None)
    if options.at_us is not None:
        _check_time(state, options.at_us)
        return Reading(state, Snapshot(options.at_us), at_us=options.at_us)
    model = state.engine.model
    legacy_global = model.legacy and not of_groups
    if options.consistency == _STRONG and legacy_global:
        raise invalid("Global queries do not support strong consistency.")
    if options.consistency == _EVENTUAL or legacy_global:
        return Reading(state, state.engine.open_eventual(metadata))
    return Reading(state)


def _check_time(state: State, at_us: int) -> None:
    """Refuse a read_time that is not in the past, or whose state is not kept any more."""
    engine = state.engine
    if engine.model.legacy:
        raise invalid("read_time is not supported: the legacy service keeps no history.")
    now_us = engine.read_version()
    if at_us > now_us:
        raise invalid("The read_time is in the future.")
    if at_us < max(now_us - KEPT_US, engine.forgotten):
        raise ServiceError(Code.FAILED_PRECONDITION, "The read_time is too old: the requested snapshot is not kept.")


def _time_us(stamp: Message) -> int:
    return int(stamp.seconds * 1_000_000 + stamp.nanos // 1000)
