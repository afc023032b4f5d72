"""Read options: which view a read has, and what its reply says about time and transaction.

    option        lookup, ancestor query             global query, strong model     global query, legacy model
    none          strong                             strong                         eventual
    STRONG        strong                             strong                         refused
    EVENTUAL      as the model lets it               as the model lets it           as the model lets it
    transaction   as of the first touch of a group   refused                        refused

A strong read rolls the groups forward that it names; an eventual one changes nothing.
"""

from collections.abc import Mapping

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import STRONG, Eventual, View
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid, unimplemented
from consistency.emulator.transactions.transactions import Transaction
from consistency.emulator.values.messages import Message

_STRONG, _EVENTUAL = 1, 2  # ReadConsistency


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


def open_reading(state: State, options: Message, metadata: Mapping[str, str], *, of_groups: bool) -> Reading:
    """The Reading that a request's options ask for. `of_groups`: it names them, as global queries do not."""
    kind = options.WhichOneof("consistency_type")
    if kind in {"transaction", "new_transaction"}:
        return _open_transaction(state, options, kind, of_groups=of_groups)
    if kind == "read_time":
        raise unimplemented("Reading at a read_time")
    consistency = options.read_consistency
    legacy_global = state.engine.model.legacy and not of_groups
    if consistency == _STRONG and legacy_global:
        raise invalid("Global queries do not support strong consistency.")
    if consistency == _EVENTUAL or legacy_global:
        model = state.engine.model
        return Reading(state, Eventual(model, model.choose(metadata), state.engine.now_ns()))
    return Reading(state)


def _open_transaction(state: State, options: Message, kind: str, *, of_groups: bool) -> Reading:
    if not of_groups:
        raise invalid("Only ancestor queries are allowed inside transactions.")
    if kind == "transaction":
        return Reading(state, transaction=state.transactions.find(options.transaction))
    began = begin_transaction(state, options.new_transaction)
    return Reading(state, transaction=began, began=began)


def begin_transaction(state: State, options: Message) -> Transaction:
    """A transaction with these TransactionOptions; read-write when they name no mode."""
    read_only = options.WhichOneof("mode") == "read_only"
    if read_only and options.read_only.HasField("read_time"):
        raise unimplemented("A read-only transaction at a read_time")
    return state.transactions.begin(read_only=read_only)
