"""Witnesses: the fewest transactions that prove a cycle, and one sentence about them.

A study and one of its cycles come in; transactions and a sentence go out. Those of the cycle are not enough where the
order of two versions is known from a third one's read. So those are added and the whole is shrunk: a few transactions
are studied alone, and each is left out for good if the rest still shows the same.
"""

from collections.abc import Callable, Iterator, Sequence

from consistency.analysis.checkers.shrinking import shrink
from consistency.analysis.checkers.transactions.cycles import Cycle
from consistency.analysis.checkers.transactions.edges import Edge, Kind, say_edge
from consistency.analysis.checkers.transactions.gathering import Transaction
from consistency.analysis.checkers.transactions.study import Study

Search = Callable[[Study], Cycle]  # a cycle of the type in question, or none


def prove_cycle(study: Study, cycle: Cycle, search: Search) -> tuple[list[Transaction], str]:
    """The transactions that prove `cycle`, and what they show."""
    numbers = list(dict.fromkeys([*(edge.source for edge in cycle), *_find_evidence(study, cycle)]))

    def search_among(chosen: Sequence[int]) -> Cycle:
        return search(_study_some(study, chosen))

    if not search_among(numbers):
        return [study.transactions[number] for number in numbers], say_cycle(cycle, study.transactions)
    fewest = sorted(shrink(numbers, lambda chosen: bool(search_among(chosen))))
    alone = _study_some(study, fewest)
    return list(alone.transactions), say_cycle(search(alone), alone.transactions)


def say_cycle(cycle: Cycle, transactions: Sequence[Transaction]) -> str:
    """One sentence, with a part for each edge."""
    return "; ".join(say_edge(edge, transactions) for edge in cycle) + "."


def _study_some(study: Study, numbers: Sequence[int]) -> Study:
    return Study([study.transactions[number] for number in sorted(numbers)])


def _find_evidence(study: Study, cycle: Cycle) -> Iterator[int]:
    """The readers from whom the edges are known."""
    for edge in cycle:
        if edge.source in study.ledger.proofs:
            yield study.ledger.proofs[edge.source]
        if edge.kind is Kind.WW and edge.key in study.orders:
            yield from _find_reader(study, edge)
        writer = study.ledger.find_writer(edge.key, edge.before) if edge.kind is Kind.RW else None
        if writer is not None:
            yield writer


def _find_reader(study: Study, edge: Edge) -> Iterator[int]:
    """Who read the shortest list in which both versions stand; else the one in which the earlier one does."""
    reads = study.orders[edge.key].shown
    both = (number for number, seen in reads if edge.after in seen)
    one = (number for number, seen in reads if edge.before in seen)
    reader = next(both, next(one, None))
    if reader is not None:
        yield reader
