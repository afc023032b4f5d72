"""Registers: each item as a register, with who wrote what each read returned, and which version is newer.

A history comes in, tables of writes and reads go out, sorted by item and start. Every item has a first write of
«absent» before all time. A write without an answer that a read returned was done, at the latest when that read ended.

    v   [=====]                       [=======]
    u           [====]            [====]                u is newer than v where v had finished before u started; of two
       v is older than u         nobody can say         that overlap nobody can say it without the service's stamps

Versions are compared by the service's stamps where all writes of an item have one, because those are the store's own
order and no client's clock is in them; by their ends on the run clock otherwise.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from consistency.analysis.checkers.calls import (
    ABSENT,
    Calls,
    gather_conditions,
    gather_others,
    gather_reads,
    gather_writes,
    name_items,
)
from consistency.analysis.checkers.places import (
    NOWHERE,
    Instants,
    begin_groups,
    compress,
    highest_so_far,
    lowest_from_here,
    take,
)
from consistency.analysis.checkers.sources import Sources, find_sources
from consistency.analysis.series import Mask
from consistency.history import NEVER, UNSTAMPED, Column, History

INITIAL: Final = -1  # the row of the first write of «absent»
BEFORE_ALL: Final = -(1 << 61)  # when that write was


@dataclass(frozen=True, eq=False)
class Registers:
    """`source` has for each read the number of the write whose value it returned, NOWHERE where nobody wrote it, and
    `sure`, whether it can be no other; `sight` for each write without an answer the first read of it, whose end counts
    as its finish. `older` and `newer`: version u is newer than v where older[u] > newer[v]."""

    writes: Calls
    reads: Calls
    source: Column
    sure: Mask
    sight: Column
    instants: Instants
    older: Column
    newer: Column
    names: tuple[str, ...]
    others: Calls  # compare-and-sets that did not fit, sorted likewise
    conditions: Calls  # what compare-and-sets without an answer ask for, sorted likewise
    bound_ns: int  # by which all starts were moved earlier

    @property
    def items(self) -> int:
        """How many registers there are."""
        return len(self.names)

    @cached_property
    def write_start(self) -> Column:
        """Places of the writes' starts; sorted."""
        return self._place(self.writes, self.writes.start_ns)

    @cached_property
    def write_finish(self) -> Column:
        """Places of the writes' ends."""
        return self._place(self.writes, self.writes.finish_ns)

    @cached_property
    def read_start(self) -> Column:
        """Places of the reads' starts; sorted."""
        return self._place(self.reads, self.reads.start_ns)

    @cached_property
    def read_finish(self) -> Column:
        """Places of the reads' ends."""
        return self._place(self.reads, self.reads.finish_ns)

    @cached_property
    def write_begins(self) -> Column:
        """Where each item's writes begin, and at last where they end."""
        return begin_groups(self.writes.item, self.items)

    @cached_property
    def read_begins(self) -> Column:
        """Where each item's reads begin, and at last where they end."""
        return begin_groups(self.reads.item, self.items)

    @cached_property
    def never(self) -> Column:
        """For each write a place of its item that is later than every end."""
        return (self.writes.item + 1) * self.instants.count - 1

    @cached_property
    def reads_by_write(self) -> tuple[Column, Column]:
        """The reads in the order of the writes whose values they saw, and where in it each write's begin and end."""
        order = np.argsort(self.source, kind="stable")
        return order, begin_groups(self.source[order], len(self.writes))

    @cached_property
    def overwritten(self) -> tuple[Column, Column]:
        """For each write when the first of all newer ones had finished (a place), and which one that is."""
        order = np.lexsort((self.write_finish, self.older))
        finish = self.write_finish[order]
        earliest = lowest_from_here(finish)
        which = order[_rows_of_lowest(finish, earliest)]
        first = np.searchsorted(self.older[order], self.newer, side="right")
        inside = first < self.write_begins[self.writes.item + 1]
        first = np.where(inside, first, 0)
        return np.where(inside, earliest[first], self.never), np.where(inside, which[first], NOWHERE)

    @cached_property
    def version(self) -> Column:
        """For each write its rank by `older`; versions that are equally old have one rank."""
        order = np.argsort(self.older, kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = compress(self.older[order])
        return rank

    @cached_property
    def repeated(self) -> Mask:
        """The items in which a value was written more than once, so that nobody can say which write a read returned."""
        values = np.lexsort((self.writes.value, self.writes.item))
        item, value = self.writes.item[values], self.writes.value[values]
        twins = item[1:][(item[1:] == item[:-1]) & (value[1:] == value[:-1])]
        return np.isin(np.arange(self.items), twins)

    @cached_property
    def overlapping(self) -> Mask:
        """The items of which two writes overlap."""
        highest = highest_so_far(self.write_finish)
        same = self.writes.item[1:] == self.writes.item[:-1]
        overlap = same & (self.write_start[1:] <= highest[:-1])
        return np.isin(np.arange(self.items), self.writes.item[1:][overlap])

    def rows_of_sight(self, write: int) -> list[int]:
        """The operation by which a write without an answer is known to have been done, if there is one."""
        sight = int(self.sight[write])
        return [int(self.reads.row[sight])] if sight >= 0 else []

    def _place(self, calls: Calls, ns: Column) -> Column:
        return self.instants.place(calls.item, ns)


def _rows_of_lowest(column: Column, lowest: Column) -> Column:
    """For each row the row at or after it in which `lowest` (of `column`, from each row on) is reached."""
    rows = np.where(column == lowest, np.arange(len(column)), len(column))
    return lowest_from_here(rows)


_known: WeakKeyDictionary[History, dict[int, Registers]] = WeakKeyDictionary()


def gather_registers(history: History, clock_bound_ns: int = 0) -> Registers:
    """The registers of `history`. All starts are moved earlier by `clock_bound_ns`, so that «before» still holds when
    two clocks are that far apart. Computed once for each history and bound; forgotten with the history."""
    known = _known.setdefault(history, {})
    if clock_bound_ns not in known:
        known[clock_bound_ns] = _gather(history, clock_bound_ns)
    return known[clock_bound_ns]


def _gather(history: History, clock_bound_ns: int) -> Registers:
    names = name_items(history)
    writes = _initial_writes(len(names)).join(gather_writes(history))
    writes = writes.pick(_sort_calls(writes))
    reads = gather_reads(history)
    reads = reads.pick(_sort_calls(reads))
    others, conditions = (
        found.pick(_sort_calls(found)) for found in (gather_others(history), gather_conditions(history))
    )
    others.start_ns[:] -= clock_bound_ns
    writes.start_ns[writes.row != INITIAL] -= clock_bound_ns
    reads.start_ns[:] -= clock_bound_ns
    sources = find_sources(writes, reads)
    sight = _find_first_sights(writes, reads, sources)
    seen = sight >= 0
    writes.finish_ns[seen] = np.maximum(reads.finish_ns[sight[seen]], writes.start_ns[seen])
    instants = Instants.of(len(names), writes.start_ns, writes.finish_ns, reads.start_ns, reads.finish_ns)
    older, newer = _order_versions(writes, sources.repeated, len(names))
    return Registers(
        writes,
        reads,
        sources.write,
        sources.sure,
        sight,
        instants,
        older,
        newer,
        names,
        others,
        conditions,
        clock_bound_ns,
    )


def _sort_calls(calls: Calls) -> Column:
    """The order by item and start. The rows of a history are in order of starts already."""
    if (np.diff(calls.row) < 0).any():
        return np.lexsort((calls.row, calls.start_ns, calls.item))
    return np.argsort(calls.item, kind="stable")


def _initial_writes(items: int) -> Calls:
    def fill(value: int) -> Column:
        return np.full(items, value)

    when = fill(BEFORE_ALL)
    return Calls(fill(INITIAL), np.arange(items), fill(NOWHERE), fill(ABSENT), when, when.copy(), fill(UNSTAMPED))


def _find_first_sights(writes: Calls, reads: Calls, sources: Sources) -> Column:
    """For each write without an answer the read of it that ended first; NOWHERE for all others, and for those whose
    value somebody else wrote too: a read of that proves nothing."""
    unanswered = (writes.finish_ns == NEVER) & ~sources.repeated
    sights = np.flatnonzero(take(unanswered, sources.write, 0))
    sights = sights[np.argsort(reads.finish_ns[sights], kind="stable")]
    seen, first = np.unique(sources.write[sights], return_index=True)
    sight = np.full(len(writes), NOWHERE)
    sight[seen] = sights[first]
    return sight


def _order_versions(writes: Calls, repeated: Mask, items: int) -> tuple[Column, Column]:
    """For each write two places over items; u is newer than v where the first of u is above the second of v. Where
    starts were moved later, two writes stand in the order of their starts, and none is newer than itself."""
    real = (writes.row != INITIAL) & (writes.finish_ns != NEVER)
    unordered = repeated | (real & (writes.stamp == UNSTAMPED))  # the source of a read is chosen by the run clock
    unstamped = np.isin(np.arange(items), writes.item[unordered])[writes.item]
    start_ns = np.where(unstamped | ~real, writes.start_ns, writes.stamp)
    finish_ns = np.maximum(start_ns, np.where(unstamped | ~real, writes.finish_ns, writes.stamp))
    instants = Instants.of(items, start_ns, finish_ns)
    return instants.place(writes.item, start_ns), instants.place(writes.item, finish_ns)
