"""Clusters: each write with the reads that returned its value, and the four instants that matter of them.

Registers come in, one cluster for each write goes out. Values must be unique: items in which one was written twice have
no clusters, and neither has a write without an answer that nobody saw, because it needs not have happened.

    W      [=====]                          forward: minF < maxS, the value was surely there from minF to maxS
    R1         [===]    R2 [====]           backward: every operation of the cluster shares an instant, [maxS, minF]
                 ^minF     ^maxS

The zones are those of Gibbons and Korach (1997); the reads' own ends, for Delta, are kept beside them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.series import Mask
from consistency.history import NEVER, Column

NO_READ: Final = -(1 << 61)  # the latest start of no reads at all: before all time


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """One entry for each write that counts, sorted by item: `write` (its number), the first end and the last start in
    its cluster, the last start and the first end of its reads alone, and the start of the write. In ns."""

    write: Column
    item: Column
    first_end_ns: Column
    last_start_ns: Column
    last_read_start_ns: Column
    first_read_end_ns: Column
    write_start_ns: Column

    def __len__(self) -> int:
        return len(self.write)

    @property
    def future(self) -> Mask:
        """Clusters of which a read had ended before the write began."""
        return self.first_read_end_ns < self.write_start_ns

    def pick(self, rows: Column | Mask) -> "Clusters":
        """Some of the clusters."""
        return Clusters(
            self.write[rows],
            self.item[rows],
            self.first_end_ns[rows],
            self.last_start_ns[rows],
            self.last_read_start_ns[rows],
            self.first_read_end_ns[rows],
            self.write_start_ns[rows],
        )


def gather_clusters(registers: Registers) -> Clusters:
    """The clusters of all items whose values are unique."""
    writes, reads, source = registers.writes, registers.reads, registers.source
    read = np.flatnonzero(source >= 0)
    last_read_start_ns = np.full(len(writes), NO_READ)
    np.maximum.at(last_read_start_ns, source[read], reads.start_ns[read])
    first_read_end_ns = np.full(len(writes), NEVER)
    np.minimum.at(first_read_end_ns, source[read], reads.finish_ns[read])
    first_end_ns = np.minimum(writes.finish_ns, first_read_end_ns)
    write = np.flatnonzero(~registers.repeated[writes.item] & (first_end_ns != NEVER))
    everything = Clusters(
        np.arange(len(writes)),
        writes.item,
        first_end_ns,
        np.maximum(writes.start_ns, last_read_start_ns),
        last_read_start_ns,
        first_read_end_ns,
        writes.start_ns,
    )
    return everything.pick(write)


def count_repeated(registers: Registers) -> tuple[int, int]:
    """How many items hold a value that was written more than once, and how many items there are."""
    used = np.zeros(registers.items, bool)
    used[registers.reads.item] = True
    used[registers.writes.item[registers.writes.row != INITIAL]] = True
    return int((registers.repeated & used).sum()), int(used.sum())
