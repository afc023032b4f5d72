"""Conflicts: what a violation of linearizability is told with, and the fewest operations that prove it.

Clusters and scores come in; anomalies go out. There are three: a read of what nobody wrote, a read that ended before
its write began, and two writes of which each must have come before the other.

    a   W [==]        R [==]      minF(a) < maxS(b): something of a had ended before something of b began,
    b        W [==]         R [==]      and minF(b) < maxS(a), so each came before the other
"""

import numpy as np

from consistency.analysis.checkers.clusters import Clusters
from consistency.analysis.checkers.conclusions import witness
from consistency.analysis.checkers.partners import Scores
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.sentences import name_value, say_duration, say_read
from consistency.analysis.findings import Anomaly
from consistency.history import NEVER, Column, History

Span = tuple[int, int, int, int]  # of one operation in a witness: write of its value, row, start_ns, finish_ns


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


def tell_conflict(checker: str, history: History, registers: Registers, a: int, b: int) -> Anomaly:
    """Two writes of which each must have come before the other."""
    writes, item = registers.writes, int(registers.writes.item[a])
    told = (
        f"{name_value(int(writes.value[a]))} and {name_value(int(writes.value[b]))} of {registers.names[item]} must "
        "each have come before the other."
    )
    rows = (row for _, row, _, _ in _prove(registers, a, b))
    return witness(checker, history, registers, item, rows, told)


def _prove(registers: Registers, a: int, b: int) -> list[Span]:
    """The fewest operations: each is left out in turn, and stays out if the rest still shows it. Without its write a
    read says nothing, so the writes stay."""
    kept = [*_list_spans(registers, a), *_list_spans(registers, b)]
    for candidate in [span for write in (a, b) for span in _list_spans(registers, write)[1:]]:
        rest = [span for span in kept if span is not candidate and span != candidate]
        kept = rest if _conflict(rest, a, b) else kept
    return kept


def _conflict(spans: list[Span], a: int, b: int) -> bool:
    ends = {write: min(finish for of, _, _, finish in spans if of == write) for write in (a, b)}
    starts = {write: max(start for of, _, start, _ in spans if of == write) for write in (a, b)}
    return ends[a] < starts[b] and ends[b] < starts[a]


def _list_spans(registers: Registers, write: int) -> list[Span]:
    """The write, and of its reads those that end first and begin last."""
    reads, writes, cluster = registers.reads, registers.writes, _find_reads(registers, write)
    finish_ns = NEVER if registers.sight[write] >= 0 else int(writes.finish_ns[write])
    spans = [(write, int(writes.row[write]), int(writes.start_ns[write]), finish_ns)]
    if len(cluster):
        first, last = cluster[np.argmin(reads.finish_ns[cluster])], cluster[np.argmax(reads.start_ns[cluster])]
        outer = sorted({int(first), int(last)})
        spans += [(write, int(reads.row[i]), int(reads.start_ns[i]), int(reads.finish_ns[i])) for i in outer]
    return spans


def _find_reads(registers: Registers, write: int) -> Column:
    order, begins = registers.reads_by_write
    return order[begins[write] : begins[write + 1]]
