"""Partners: for each cluster the other cluster of its item with which it conflicts worst, and by how much.

Clusters come in; a score in ns and a partner for each go out. The score of a pair is the smaller of two overlaps, so
for one cluster the worst partner lies where a falling line crosses a rising one, and a binary search finds it:

    others sorted by left end      own right - left_i falls,  (highest right so far) - own left rises
    score of a = max over i of min(right_a - left_i, highest_i - left_a)

Comparing all pairs would cost the square of the number of writes of an item. That this equals it is tested against the
formulas of the measurement reference, pair by pair.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.checkers.clusters import Clusters
from consistency.analysis.checkers.places import NOWHERE, begin_groups, highest_so_far, take
from consistency.analysis.series import Mask
from consistency.history import Column

ALWAYS: Final = 1 << 62  # more than any overlap
NONE: Final = -ALWAYS


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """For each cluster its score (ns, 0 where it conflicts with none) and its worst partner's row, NOWHERE for none."""

    ns: Column
    partner: Column


class Prefixes:
    """For each row of a column of sorted groups the highest value of its group so far, with one row left out at will.

    Ranks are made unique, so that a rank names its row.
    """

    def __init__(self, group: Column, values: Column) -> None:
        count = len(values)
        order = np.argsort(values, kind="stable")
        place = np.empty(count, np.int64)
        place[order] = np.arange(count)
        place += group * count
        first = highest_so_far(place)
        before = np.concatenate((np.full(1, NOWHERE), first[:-1]))[:count]
        second = highest_so_far(np.where(before >= group * count, np.minimum(before, place), NOWHERE))
        self._values = values
        self._row = order[first - group * count]
        self._second_row = take(order, second - group * count, NOWHERE)

    def highest(self, rows: Column, without: Column) -> tuple[Column, Column]:
        """The highest value up to each of `rows`, not counting the row `without`, and whose it is; else NONE."""
        row = np.where(self._row[rows] == without, self._second_row[rows], self._row[rows])
        return take(self._values, row, NONE), row


def score_gamma(clusters: Clusters) -> Scores:
    """Gamma of each cluster: by how much it overlaps its worst partner, taken as one shift, half at each end, or by how
    much a read of it ended before the write began (Golab et al. 2014, as pairs: max(0, min(a.maxS - b.minF,
    b.maxS - a.minF))). Two backward zones come out as 0 by themselves."""
    order = np.lexsort((clusters.first_end_ns, clusters.item))
    found = _cross(clusters.pick(order), clusters.last_start_ns[order])
    scores = _restore(found, order)
    ahead_ns = clusters.write_start_ns - clusters.first_read_end_ns
    worse = clusters.future & (ahead_ns > scores.ns)
    return Scores(np.where(worse, ahead_ns, scores.ns), np.where(worse, NOWHERE, scores.partner))


def score_delta(clusters: Clusters) -> Scores:
    """Delta of each cluster: how much earlier reads would have to have begun (Golab, Li and Shah 2011). ALWAYS is
    infinite: a read ended before its write began. Such clusters are left out of the others' scores."""
    future = clusters.future
    sound = np.flatnonzero(~future)
    order = sound[np.lexsort((clusters.first_end_ns[sound], clusters.item[sound]))]
    found = _cross_reads(clusters.pick(order))
    ns, partner = np.where(future, ALWAYS, 0), np.full(len(clusters), NOWHERE)
    ns[order], partner[order] = found.ns, take(order, found.partner, NOWHERE)
    return Scores(ns, partner)


def _restore(found: Scores, order: Column) -> Scores:
    ns, partner = np.empty_like(found.ns), np.empty_like(found.partner)
    ns[order], partner[order] = found.ns, take(order, found.partner, NOWHERE)
    return Scores(ns, partner)


def _cross(clusters: Clusters, right: Column) -> Scores:
    """The worst partner of each, where left ends are the first ends and `right` the right ends; sorted."""
    own, left = np.arange(len(clusters)), clusters.first_end_ns
    begins, ends = _bounds(clusters.item)
    prefixes = Prefixes(clusters.item, right)

    def rises(rows: Column, asked: Column) -> Mask:
        highest, _ = prefixes.highest(rows, asked)
        return highest + left[rows] >= right[asked] + left[asked]

    crossing = _bisect(begins, ends, rises)
    return _best(own, (crossing, crossing - 1), begins, ends, lambda rows: _overlap(prefixes, left, right, rows, own))


def _overlap(prefixes: Prefixes, left: Column, right: Column, rows: Column, own: Column) -> tuple[Column, Column]:
    highest, partner = prefixes.highest(rows, own)
    return np.minimum(right - left[rows], highest - left), partner


def _cross_reads(clusters: Clusters) -> Scores:
    """The same for Delta: only reads' starts move, so a side where the writes themselves overlap gives no limit."""
    own, left, right = np.arange(len(clusters)), clusters.first_end_ns, clusters.last_read_start_ns
    begins, ends = _bounds(clusters.item)
    reads, writes = Prefixes(clusters.item, right), Prefixes(clusters.item, clusters.write_start_ns)
    nobody = np.full(len(own), NOWHERE)

    def rises(rows: Column, asked: Column) -> Mask:
        highest, _ = reads.highest(rows, asked)
        begun, _ = writes.highest(rows, nobody[asked])
        return (begun > left[asked]) | (highest + left[rows] >= right[asked] + left[asked])

    def overlap(rows: Column) -> tuple[Column, Column]:
        highest, partner = reads.highest(rows, own)
        begun, begun_row = writes.highest(rows, nobody)
        always = begun > left
        limited = np.where(always, ALWAYS, highest - left)
        return np.minimum(right - left[rows], limited), np.where(always, begun_row, partner)

    def before_write(rows: Column) -> tuple[Column, Column]:
        highest, partner = reads.highest(rows, own)
        return highest - left, partner

    after = _bisect(begins, ends, lambda rows, asked: left[rows] >= clusters.write_start_ns[asked])
    crossing = _bisect(after, ends, rises)
    during = _best(own, (crossing, crossing - 1), after, ends, overlap)
    earlier = _best(own, (after - 1,), begins, ends, before_write)
    worse = earlier.ns > during.ns
    return Scores(np.where(worse, earlier.ns, during.ns), np.where(worse, earlier.partner, during.partner))


def _bounds(item: Column) -> tuple[Column, Column]:
    """For each row where the rows of its item begin and end."""
    begins = begin_groups(item, int(item.max(initial=-1)) + 1)
    return begins[item], begins[item + 1]


def _bisect(begins: Column, ends: Column, holds: Callable[[Column, Column], Mask]) -> Column:
    """For each row the first i in begins ... ends - 1 at which `holds`, which stays so from there on; else its end."""
    low, high = begins.copy(), ends.copy()
    left = np.flatnonzero(low < high)
    while len(left):
        middle = (low[left] + high[left]) // 2
        reached = holds(middle, left)
        high[left] = np.where(reached, middle, high[left])
        low[left] = np.where(reached, low[left], middle + 1)
        left = left[low[left] < high[left]]
    return low


def _best(
    own: Column,
    candidates: tuple[Column, ...],
    begins: Column,
    ends: Column,
    score: Callable[[Column], tuple[Column, Column]],
) -> Scores:
    """The best of the candidate rows of each cluster that lie within its bounds; 0 where none is above 0."""
    best, partner = np.zeros(len(own), np.int64), np.full(len(own), NOWHERE)
    for rows in candidates:
        inside = (rows >= begins) & (rows < ends)
        ns, other = score(np.clip(rows, 0, max(len(own) - 1, 0)))
        better = inside & (other != NOWHERE) & (ns > best)
        best, partner = np.where(better, ns, best), np.where(better, other, partner)
    return Scores(best, partner)
