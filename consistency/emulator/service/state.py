"""What every RPC works on: one engine, its transactions, its ids, its limits and where commits are kept."""

from dataclasses import dataclass, field

from consistency.emulator.engine.engine import Engine
from consistency.emulator.indexes.catalog import Catalog
from consistency.emulator.service.faults import Faults
from consistency.emulator.service.ids import Ids
from consistency.emulator.service.write_rates import WriteRates
from consistency.emulator.transactions.transactions import Transactions
from consistency.emulator.values.limits import Limits


@dataclass(slots=True)
class State:
    """One emulator's state, shared by its RPCs."""

    engine: Engine
    transactions: Transactions
    ids: Ids
    limits: Limits
    lock_timeout_ns: int
    faults: Faults
    catalog: Catalog = field(default_factory=Catalog)
    write_rates: WriteRates = field(default_factory=WriteRates)
    building: set[object] = field(default_factory=set)  # composites that are on the way
