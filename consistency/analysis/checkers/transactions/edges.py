"""Edges: that one transaction comes before another, and why.

ww   wrote the version that the other one wrote over        T1  w x 1          T2  w x 2
wr   wrote the version that the other one read              T1  w x 1          T2  r x 1
rw   read a version that the other one wrote over           T1  r x 1          T2  w x 2
time had ended before the other one began                   T1 [====]   T2 [====]
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple, TypeVar

from consistency.analysis.checkers.transactions.gathering import Transaction, Value, say_value

PAIRS_MAX: Final = 1_000_000  # of readers and writers of one version, before only some of the writers are linked
SOME: Final = 16
_A = TypeVar("_A")
_B = TypeVar("_B")


class Kind(StrEnum):
    """Why one comes before the other."""

    WW = "ww"
    WR = "wr"
    RW = "rw"
    TIME = "time"


class Edge(NamedTuple):
    """A dependency, or an order in time: `source` comes before `target` (numbers of transactions). `before` and `after`
    are versions of `key`: which was there (None: nothing), and which was written or read."""

    source: int
    target: int
    kind: Kind
    key: str = ""
    before: Value = None
    after: Value = None


def pair_up(readers: Sequence[_A], writers: Sequence[_B]) -> Iterator[tuple[_A, _B]]:
    """Each reader with each writer; with a few of these where there are very many, because a missing edge can hide an
    anomaly but claims none, and what says that there is none does not rely on edges."""
    return product(readers, writers if len(readers) * len(writers) <= PAIRS_MAX else writers[:SOME])


def say_edge(edge: Edge, transactions: Sequence[Transaction]) -> str:
    """One sentence without its full stop."""
    source, target = transactions[edge.source].name, transactions[edge.target].name
    before, after = say_value(edge.before), say_value(edge.after)
    match edge.kind:
        case Kind.WW:
            return f"{source} wrote {before} to {edge.key} before {target} wrote {after}"
        case Kind.WR:
            return f"{target} read {after} of {edge.key}, which {source} wrote"
        case Kind.RW:
            return f"{source} read {edge.key} at {before}, before {target} wrote {after}"
        case Kind.TIME:
            return f"{source} had ended before {target} began"
