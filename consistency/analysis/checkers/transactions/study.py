"""Study: all that a set of transactions shows, computed once and piece by piece, as it is asked for.

Transactions come in; a Study has their ledger, orders, dependencies, knots and whether they can be replayed. With a
Timing it also has the order in time. A witness is found by studying a few of the transactions alone, so the study of a
history knows nothing of the history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from consistency.analysis.checkers.transactions.cycles import (
    Cycle,
    Phenomenon,
    find_cycle,
    find_knots,
    find_worst_cycle,
)
from consistency.analysis.checkers.transactions.edges import Edge, Kind
from consistency.analysis.checkers.transactions.gathering import Transaction, gather_transactions
from consistency.analysis.checkers.transactions.ledger import Ledger, open_ledger
from consistency.analysis.checkers.transactions.lists import Order, link_lists, order_lists
from consistency.analysis.checkers.transactions.registers import (
    Versions,
    link_by_time,
    link_registers,
    order_registers,
)
from consistency.analysis.checkers.transactions.replay import can_replay
from consistency.analysis.checkers.transactions.timing import join_instants, link_processes, link_real_time
from consistency.history import History


@dataclass(frozen=True)
class Timing:
    """Which order in time counts: that within processes, or (`real`) that of all whose clocks tell it."""

    real: bool
    bound_ns: int = 0


@dataclass(frozen=True)
class Study:
    """What `transactions` show."""

    transactions: Sequence[Transaction]

    @cached_property
    def ledger(self) -> Ledger:
        """Who wrote what."""
        return open_ledger(self.transactions)

    @cached_property
    def orders(self) -> dict[str, Order]:
        """The orders of all lists."""
        return dict(order_lists(self.ledger))

    @cached_property
    def versions(self) -> dict[str, Versions]:
        """What is known of the versions of all registers."""
        return dict(order_registers(self.ledger))

    @cached_property
    def edges(self) -> list[Edge]:
        """The dependencies between transactions that happened."""
        return self._keep([*link_lists(self.ledger, self.orders), *link_registers(self.ledger, self.versions)])

    @cached_property
    def cycles(self) -> list[tuple[Phenomenon, Cycle]]:
        """Of each knot its type, and a cycle that shows it."""
        count = len(self.transactions)
        return [find_worst_cycle(knot, count) for knot in find_knots(self.edges, count)]

    @cached_property
    def serial(self) -> bool:
        """Whether an order of all transactions was found that explains every read."""
        return not self.cycles and can_replay(self.ledger, self.edges)

    @cached_property
    def traced(self) -> bool:
        """Whether the order of all versions is known."""
        lists = all(order.odd is None and len(order.tail) < 2 for order in self.orders.values())
        return lists and all(versions.chained for versions in self.versions.values()) and not self.unclear

    @cached_property
    def unclear(self) -> tuple[str, ...]:
        """The keys of which nobody can say who wrote everything."""
        return tuple(sorted(self.ledger.closed | self.ledger.shared))

    def link_all(self, timing: Timing) -> list[Edge]:
        """The dependencies and the order in time, through instants that are numbered behind the transactions."""
        happened, first = self.ledger.happened, len(self.transactions)
        in_time = link_processes(self.transactions, happened, first)
        if timing.real:
            in_time += link_real_time(self.transactions, happened, first + len(happened), timing.bound_ns)
            in_time += self._keep(link_by_time(self.ledger, self.versions, timing.bound_ns))
        return [*self.edges, *in_time]

    def find_timed(self, timing: Timing) -> list[Cycle]:
        """A cycle of each knot that the order in time closes; `cycles` has the others."""
        count = len(self.transactions)
        found = []
        for knot in find_knots(self.link_all(timing), count + 2 * len(self.ledger.happened)):
            inner = [edge for edge in knot if edge.kind is not Kind.TIME]
            if not find_knots([edge for edge in inner if edge in self._known], count):
                cycle = find_cycle(knot, lambda number: number < count)
                found.append(join_instants(cycle, count))
        return found

    def can_replay(self, timing: Timing) -> bool:
        """Whether such an order was found that also respects the order in time."""
        return not self.cycles and can_replay(self.ledger, self.link_all(timing))

    @cached_property
    def _known(self) -> frozenset[Edge]:
        return frozenset(self.edges)

    def _keep(self, edges: Iterable[Edge]) -> list[Edge]:
        happened = set(self.ledger.happened)
        return [e for e in edges if e.source != e.target and e.source in happened and e.target in happened]


_studies: WeakKeyDictionary[History, Study] = WeakKeyDictionary()


def study_history(history: History) -> Study:
    """The study of all transactions of `history`."""
    study = _studies.get(history)
    if study is None:
        study = _studies[history] = Study(gather_transactions(history))
    return study
