"""Writes follow reads by session alone: who sees a write must not go back to what its session had read before it.

A history comes in, a finding goes out. All is about one item, and only each process's own clock is used:

    c    read v [===]   write w [===]
    s                                 [===] read w      [===] read v: the writes are seen in the other order

With the order of versions known by time or stamps this is a failure of monotonic reads; without it nobody can say
whether s went back or the store applied w before v (Conver's predicate).
"""

import numpy as np

from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.lowest import Lowest
from consistency.analysis.checkers.places import NOWHERE, Instants, take
from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.checkers.sentences import name_value, say_read
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import NEVER, Column, History

NAME = "writes_follow_reads_by_session"
Proof = tuple[int, int, int]  # numbers of reads: the broken one, the one by c, the one by s


def check_writes_follow_reads_by_session(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads that return what the session of a write had read before it, after that write was seen."""
    del clock_bound_ns
    return conclude(NAME, history, 0, _examine)


def _examine(history: History, registers: Registers) -> Evidence:
    search = _Search(history, registers)
    sessions = np.intersect1d(registers.reads.process, registers.writes.process[registers.writes.row != INITIAL])
    proofs = sorted({proof[0]: proof for session in sessions.tolist() for proof in search.run(session)}.items())

    def build(number: int) -> Anomaly:
        return _tell(history, registers, proofs[number][1])

    occasions = int(search.occasions.sum())
    blamed = registers.reads.row[[read for read, _ in proofs]] if proofs else None
    return Evidence(len(registers.reads), occasions, Anomalies(len(proofs), build, blamed), noun="occasions")


class _Search:
    """One writing session after another, with all reads at once."""

    def __init__(self, history: History, registers: Registers) -> None:
        reads, processes = registers.reads, max(len(history.processes), 1)
        self.history, self.registers = history, registers
        self.instants = Instants.of(processes * registers.items, history.invoked_ns, history.completed_ns)
        self.group = reads.item * processes + reads.process
        self.begun = self.instants.rank(history.invoked_ns[reads.row])
        self.ended = self.instants.rank(history.completed_ns[reads.row])
        self.author = np.where(registers.sure, take(registers.writes.process, registers.source, NOWHERE), NOWHERE)
        self.occasions = np.zeros(len(reads), bool)

    def run(self, session: int) -> list[Proof]:
        """The broken reads by what `session` did."""
        registers, source = self.registers, self.registers.source
        own = np.flatnonzero((registers.reads.process == session) & (self.author != NOWHERE))
        own = own[np.argsort(self.ended[own], kind="stable")[::-1]]
        first = np.full(len(registers.writes), NOWHERE)
        first[source[own]] = own  # of each version the session's read that ended first
        sights = np.flatnonzero(self.author == session)
        began = self.instants.rank(self.history.invoked_ns[registers.writes.row[source[sights]]])
        seen = Lowest.of(self.group[sights] * self.instants.count + began, self.group[sights], self.ended[sights])
        cause = take(first, source, NOWHERE)
        asked = np.flatnonzero((cause >= 0) & registers.sure)
        after = self.ended[cause[asked]]
        found = seen.ask(self.group[asked], self.group[asked] * self.instants.count + after)
        broken = seen.value(found) < self.begun[asked]
        self._count(seen, own)
        rows: Column = np.stack((asked[broken], cause[asked[broken]], sights[found[broken]]), axis=1)
        return [(read, by_session, sight) for read, by_session, sight in rows.tolist()]

    def _count(self, seen: Lowest, own: Column) -> None:
        """Mark the reads whose process had seen a write of the session that followed a read of the same item."""
        earliest = np.full(self.registers.items, NEVER)
        np.minimum.at(earliest, self.registers.reads.item[own], self.ended[own])
        asked = np.flatnonzero(earliest[self.registers.reads.item] != NEVER)
        after = earliest[self.registers.reads.item[asked]]
        found = seen.ask(self.group[asked], self.group[asked] * self.instants.count + after)
        self.occasions[asked] |= seen.value(found) < self.begun[asked]


def _tell(history: History, registers: Registers, proof: Proof) -> Anomaly:
    read, cause, sight = proof
    reads, writes = registers.reads, registers.writes
    effect, source = int(registers.source[sight]), int(registers.source[read])
    author = history.processes[writes.process[effect]]
    told = (
        f"{say_read(history, registers, read)} after it had seen {name_value(int(writes.value[effect]))}, which "
        f"{author} had written after reading the former."
    )
    rows = [*reads.row[[read, cause, sight]], writes.row[effect], writes.row[source]]
    return witness(NAME, history, registers, int(reads.item[read]), rows, told)
