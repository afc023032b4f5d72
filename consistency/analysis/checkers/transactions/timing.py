"""Timing: which transactions had ended before others began, as edges.

Transactions come in, edges out. There would be as many as pairs, so they run along a chain of instants, one for each
end (numbers behind those of the transactions):

    T1 [===]                 T1 -> end 1 -> end 2
    T2     [=====]                            | -> T3       had ended before T3 began, strictly
    T3            [==]

Ends of other processes' transactions count only if they were earlier by more than the clocks may be apart.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from consistency.analysis.checkers.transactions.cycles import Cycle
from consistency.analysis.checkers.transactions.edges import Edge, Kind
from consistency.analysis.checkers.transactions.gathering import Transaction
from consistency.history import NEVER


def link_processes(transactions: Sequence[Transaction], numbers: Iterable[int], first: int) -> list[Edge]:
    """The order within each process. Instants are numbered from `first` on, no more than there are `numbers`."""
    by_process: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        by_process[transactions[number].process].append(number)
    edges: list[Edge] = []
    for members in by_process.values():
        edges += _chain(transactions, members, first, 0)
        first += len(members)
    return edges


def link_real_time(
    transactions: Sequence[Transaction], numbers: Sequence[int], first: int, bound_ns: int
) -> list[Edge]:
    """The order in real time, by clocks that are up to `bound_ns` apart. Instants as above."""
    return list(_chain(transactions, numbers, first, bound_ns))


def _chain(transactions: Sequence[Transaction], members: Sequence[int], first: int, bound_ns: int) -> Iterator[Edge]:
    ended = sorted((transactions[number].finish_ns, number) for number in members)
    ended = [(finish_ns, number) for finish_ns, number in ended if finish_ns != NEVER]
    ends_ns = [finish_ns for finish_ns, _ in ended]
    for place, (_, number) in enumerate(ended):
        yield Edge(number, first + place, Kind.TIME)
        if place:
            yield Edge(first + place - 1, first + place, Kind.TIME)
    for number in members:
        before = bisect_left(ends_ns, transactions[number].start_ns - bound_ns)
        if before:
            yield Edge(first + before - 1, number, Kind.TIME)


def join_instants(cycle: Cycle, count: int) -> Cycle:
    """A cycle that begins at a transaction, without the instants on its way: they are numbered from `count` on."""
    joined: list[Edge] = []
    for edge in cycle:
        if edge.source >= count:
            joined[-1] = joined[-1]._replace(target=edge.target)
        else:
            joined.append(edge)
    return tuple(joined)
