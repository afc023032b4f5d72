"""Conflicts: what a violation of linearizability is told with, and the fewest operations that prove it.

Clusters and scores come in; anomalies go out. There are three: a read of what nobody wrote, a read that ended before
its write began, and two writes of which each must have come before the other, which is proved elsewhere (`proofs`).
"""

import numpy as np

from consistency.analysis.checkers.clusters import Clusters
from consistency.analysis.checkers.conclusions import witness
from consistency.analysis.checkers.partners import Scores
from consistency.analysis.checkers.proofs import Proofs
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.sentences import name_value, say_duration, say_read
from consistency.analysis.findings import Anomaly
from consistency.history import Column, History


def find_pairs(clusters: Clusters, scores: Scores) -> Column:
    """Each conflicting pair of clusters once, as writes (a, b)."""
    a = np.flatnonzero((scores.ns > 0) & (scores.partner >= 0))
    both = np.stack((clusters.write[a], clusters.write[scores.partner[a]]), axis=1)
    return np.unique(np.sort(both, axis=1), axis=0) if len(both) else both.reshape(0, 2)


def tell_phantom(checker: str, history: History, registers: Registers, read: int) -> Anomaly:
    """A read of what nobody wrote; it proves itself."""
    told = f"{say_read(history, registers, read)}, which nobody wrote."
    return witness(checker, history, registers, int(registers.reads.item[read]), [registers.reads.row[read]], told)


def tell_future(checker: str, history: History, registers: Registers, write: int) -> Anomaly:
    """A read that had ended before the write of its value began."""
    reads, writes = registers.reads, registers.writes
    cluster = _find_reads(registers, write)
    read = int(cluster[np.argmin(reads.finish_ns[cluster])])
    ahead_ns = int(writes.start_ns[write] - reads.finish_ns[read])
    told = f"{say_read(history, registers, read)} {say_duration(ahead_ns)} before the write of it began."
    rows = [reads.row[read], writes.row[write]]
    return witness(checker, history, registers, int(writes.item[write]), rows, told)


def tell_conflict(checker: str, history: History, registers: Registers, proofs: Proofs, number: int) -> Anomaly:
    """Two writes of which each must have come before the other."""
    writes, (a, b) = registers.writes, proofs.writes[:, number].tolist()
    item = int(writes.item[a])
    told = (
        f"{name_value(int(writes.value[a]))} and {name_value(int(writes.value[b]))} of {registers.names[item]} must "
        "each have come before the other."
    )
    return witness(checker, history, registers, item, proofs.list_rows(number), told)


def _find_reads(registers: Registers, write: int) -> Column:
    order, begins = registers.reads_by_write
    return order[begins[write] : begins[write + 1]]
