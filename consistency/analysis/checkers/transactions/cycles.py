"""Cycles: transactions of which each comes before the next, and the last before the first.

Edges come in; for each knot of transactions that are entangled (a strongly connected component) the shortest cycle of
the worst type goes out. A knot is searched for one type only, the first of these that it holds:

    G0        only ww          each wrote over the other
    G1c       ww and wr        each saw the other, or wrote over it
    G-single  one rw           read skew: one saw a part of the other
    G2        more rw          write skew: each overlooked the other

A cycle of several rw edges can be hidden behind a shorter one; whoever asks about it then learns that nobody looked.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from consistency.analysis.checkers.transactions.edges import Edge, Kind

STARTS_MAX: Final = 1_000  # searches in one knot; so many transactions in it are tried as beginnings of a cycle
Cycle = tuple[Edge, ...]
Outgoing = Mapping[int, Sequence[Edge]]


class Phenomenon(StrEnum):
    """The types of cycles, the worst first."""

    G0 = "g0"
    G1C = "g1c"
    G_SINGLE = "g_single"
    G2 = "g2"


def find_knots(edges: Sequence[Edge], count: int) -> list[list[Edge]]:
    """The edges of each strongly connected component of more than one transaction (Tarjan 1972, as scipy has it)."""
    if not edges:
        return []
    source, target = np.array([(edge.source, edge.target) for edge in edges]).T
    graph = coo_array((np.ones(len(edges), np.int8), (source, target)), shape=(count, count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    inside: dict[int, list[Edge]] = defaultdict(list)
    for place in np.flatnonzero(labels[source] == labels[target]).tolist():
        inside[int(labels[source[place]])].append(edges[place])
    return list(inside.values())


def find_worst_cycle(knot: Sequence[Edge], count: int) -> tuple[Phenomenon, Cycle]:
    """The type of a knot, and a cycle that shows it."""
    for phenomenon, kinds in ((Phenomenon.G0, {Kind.WW}), (Phenomenon.G1C, {Kind.WW, Kind.WR})):
        cycles = [find_cycle(inner) for inner in find_knots([edge for edge in knot if edge.kind in kinds], count)]
        if cycles:
            return phenomenon, min(cycles, key=len)
    single = _find_single(knot)
    return (Phenomenon.G_SINGLE, single) if single else (Phenomenon.G2, find_cycle(knot))


def find_cycle(knot: Sequence[Edge], is_whole: Callable[[int], bool] = lambda _: True) -> Cycle:
    """A shortest cycle of a knot that begins at one of its first transactions for which `is_whole`."""
    outgoing = _index(knot)
    best: Cycle = ()
    for start in [number for number in sorted(outgoing) if is_whole(number)][:STARTS_MAX]:
        best = _shorter(best, _find_path(outgoing, start, start, len(best)))
        if len(best) == 2:
            break
    return best


def _find_single(knot: Sequence[Edge]) -> Cycle:
    """A shortest cycle with one rw edge, or none."""
    outgoing = _index(edge for edge in knot if edge.kind is not Kind.RW)
    best: Cycle = ()
    for edge in [edge for edge in knot if edge.kind is Kind.RW][:STARTS_MAX]:
        path = _find_path(outgoing, edge.target, edge.source, len(best) - 1)
        best = _shorter(best, (edge, *path) if path else ())
        if len(best) == 2:
            break
    return best


def _index(edges: Iterable[Edge]) -> Outgoing:
    found: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        found[edge.source].append(edge)
    return found


def _shorter(best: Cycle, other: Cycle) -> Cycle:
    return other if other and (not best or len(other) < len(best)) else best


def _find_path(outgoing: Outgoing, start: int, goal: int, length_max: int) -> Cycle:
    """A shortest path of one edge or more from `start` to `goal`; none if it would take `length_max` edges (if that is
    above 0) or there is none."""
    came: dict[int, Edge] = {}
    waiting = deque([(start, 0)])
    while waiting:
        number, length = waiting.popleft()
        if 0 < length_max <= length + 1:
            return ()
        for edge in outgoing.get(number, ()):
            if edge.target == goal:
                return (*_walk_back(came, start, number), edge)
            if edge.target not in came and edge.target != start:
                came[edge.target] = edge
                waiting.append((edge.target, length + 1))
    return ()


def _walk_back(came: Mapping[int, Edge], start: int, number: int) -> Iterator[Edge]:
    path = []
    while number != start:
        path.append(came[number])
        number = came[number].source
    return reversed(path)
