"""What every RPC works on: one engine, its transactions and its ids."""

from dataclasses import dataclass

from consistency.emulator.engine.engine import Engine
from consistency.emulator.service.ids import Ids
from consistency.emulator.transactions.transactions import Transactions


@dataclass(slots=True)
class State:
    """One emulator's state, shared by its RPCs."""

    engine: Engine
    transactions: Transactions
    ids: Ids
