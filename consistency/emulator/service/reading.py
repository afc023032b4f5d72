"""Read options: which view a read has, and what its reply says about time and transaction.

    option        lookup, ancestor query             global query, strong model     global query, legacy model
    none          strong                             strong                         eventual
    STRONG        strong                             strong                         refused
    EVENTUAL      as the model lets it               as the model lets it           as the model lets it
    transaction   as of the first touch of a group   refused                        refused

A strong read rolls the groups forward that it names; an eventual one changes nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import STRONG, Eventual, View
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid, unimplemented
from consistency.emulator.transactions.transactions import Transaction
from consistency.emulator.values.messages import Message

_STRONG, _EVENTUAL = 1, 2  # ReadConsistency


class Options(NamedTuple):
    """Read options understood: plain values, since prepared requests are kept and messages are large."""

    consistency: int = 0
    transaction: bytes | None = None
    begins: bool = False
    read_only: bool = False


PLAIN = Options()


class Reading:
    """One read: its view of each group, and the transaction that it runs in or began."""

    __slots__ = ("_eventual", "_state", "_transaction", "began", "eventual")

    def __init__(
        self,
        state: State,
        eventual: View | None = None,
        transaction: Transaction | None = None,
        began: Transaction | None = None,
    ) -> None:
        self._state = state
        self._eventual = eventual
        self.eventual = eventual is not None
        self._transaction = transaction
        self.began = began

    def view(self, partition: Partition, root: bytes) -> View:
        """How this read sees one entity group; a strong one applies the group's log."""
        if self._eventual is not None:
            return self._eventual
        if self._transaction is not None:
            return self._state.transactions.view(self._transaction, partition, root)
        if partition.groups:
            self._state.engine.roll_forward(partition, root)
        return STRONG

    def global_view(self) -> View:
        """How this read sees all groups at once."""
        return STRONG if self._eventual is None else self._eventual


def read_options(message: Message) -> Options:
    """The Options of a ReadOptions message."""
    kind = message.WhichOneof("consistency_type")
    if kind == "read_time":
        raise unimplemented("Reading at a read_time")
    if kind == "new_transaction":
        return Options(begins=True, read_only=is_read_only(message.new_transaction))
    if kind == "transaction":
        return Options(transaction=message.transaction)
    return Options(message.read_consistency) if kind else PLAIN


def is_read_only(options: Message) -> bool:
    """Whether TransactionOptions ask for a read-only transaction; read-write when they name no mode."""
    read_only: bool = options.WhichOneof("mode") == "read_only"
    if read_only and options.read_only.HasField("read_time"):
        raise unimplemented("A read-only transaction at a read_time")
    return read_only


def open_reading(state: State, options: Options, metadata: Mapping[str, str], *, of_groups: bool) -> Reading:
    """The Reading that a request's options ask for. `of_groups`: it names them, as global queries do not."""
    if options.begins or options.transaction is not None:
        return _open_transaction(state, options, of_groups=of_groups)
    model = state.engine.model
    legacy_global = model.legacy and not of_groups
    if options.consistency == _STRONG and legacy_global:
        raise invalid("Global queries do not support strong consistency.")
    if options.consistency == _EVENTUAL or legacy_global:
        return Reading(state, Eventual(model, model.choose(metadata), state.engine.now_ns()))
    return Reading(state)


def _open_transaction(state: State, options: Options, *, of_groups: bool) -> Reading:
    if not of_groups:
        raise invalid("Only ancestor queries are allowed inside transactions.")
    if options.transaction is not None:
        return Reading(state, transaction=state.transactions.find(options.transaction))
    began = state.transactions.begin(read_only=options.read_only)
    return Reading(state, transaction=began, began=began)
