"""Read your writes and monotonic reads: what a process may not unsee.

A history comes in, a finding for each guarantee goes out, with every occasion at which it could have been broken
counted. «Later» is within one process: a call that began after the earlier one had ended.

    read your writes    own write of v2 acknowledged, then an own read returns v1
    monotonic reads     own read of v2, then an own read returns v1

Which version is newer: by the service's stamps, or where they lack by time (as everywhere here). The checks «by
session» use neither: there a version is older only if one process wrote both in that order, so they need no clock but
each process's own (Conver's predicates are these).
"""

from collections.abc import Callable

import numpy as np

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.known_versions import Known, Meetings, find_newest
from consistency.analysis.checkers.places import NOWHERE, take
from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.checkers.sentences import name_value, say_read
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask
from consistency.history import OUTCOMES, Column, History
from consistency.operation import Outcome

_OK = OUTCOMES.index(Outcome.OK)
Gather = Callable[[History, Registers], Meetings]


def check_read_your_writes(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads that do not show the reading process's own acknowledged write."""
    return _check("read_your_writes", history, clock_bound_ns, gather_own_writes, by_session=False)


def check_monotonic_reads(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads that return an older version than an earlier read of the same process."""
    return _check("monotonic_reads", history, clock_bound_ns, gather_own_reads, by_session=False)


def check_read_your_writes_by_session(history: History, clock_bound_ns: int = 0) -> Finding:
    """The same as read_your_writes, where only the order within a session makes a version older."""
    return _check("read_your_writes_by_session", history, clock_bound_ns, gather_own_writes, by_session=True)


def check_monotonic_by_session(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads that go back behind the order in which one session wrote: monotonic reads or monotonic writes fail, and
    without another order nobody can say which (measurement: the joint column MRW)."""
    return _check("monotonic_by_session", history, clock_bound_ns, gather_own_reads, by_session=True)


def gather_own_writes(history: History, registers: Registers) -> Meetings:
    """Each process knows what it wrote from the acknowledgement on."""
    writes = registers.writes
    own = np.flatnonzero((writes.row != INITIAL) & (take(history.outcome, writes.row, NOWHERE) == _OK))
    group = writes.process[own] * registers.items + writes.item[own]
    return Meetings(group, own, history.completed_ns[writes.row[own]], own)


def gather_own_reads(_: History, registers: Registers) -> Meetings:
    """Each process knows what it read, other than «absent» before all writes, from the end of the read on."""
    reads, source = registers.reads, registers.source
    told = np.flatnonzero(registers.sure & (take(registers.writes.row, source, INITIAL) != INITIAL))
    group = reads.process[told] * registers.items + reads.item[told]
    return Meetings(group, source[told], reads.finish_ns[told], told)


def _check(name: str, history: History, clock_bound_ns: int, gather: Gather, *, by_session: bool) -> Finding:
    def rule(history: History, registers: Registers) -> Evidence:
        known = find_known(history, registers, gather(history, registers), by_session=by_session)
        guilty = np.flatnonzero(_is_unseen(registers, known))

        def build(number: int) -> Anomaly:
            return _tell(name, history, registers, known, int(guilty[number]), own=gather is gather_own_writes)

        occasions = int(((known.write >= 0) & (registers.source >= 0)).sum())
        anomalies = Anomalies(len(guilty), build, registers.reads.row[guilty])
        return Evidence(len(registers.reads), occasions, anomalies, noun="occasions")

    return conclude(name, history, 0 if by_session else clock_bound_ns, rule)


def find_known(history: History, registers: Registers, meetings: Meetings, *, by_session: bool) -> Known:
    """The newest version of its item that each read's process had met before it. By session alone only versions of the
    process count that wrote what the read returned; against «absent» before all writes every version counts."""
    reads, every = registers.reads, np.arange(len(registers.reads))
    if not by_session:
        return _ask(history, registers, meetings, every, 1)
    author = take(registers.writes.process, registers.source, NOWHERE)
    processes = len(history.processes)
    by_author = Meetings(
        meetings.group * processes + registers.writes.process[meetings.write],
        meetings.write,
        meetings.known_ns,
        meetings.call,
    )
    first = np.flatnonzero(registers.sure & (author == NOWHERE))
    real = np.flatnonzero(registers.sure & (author != NOWHERE))
    of_any = _ask(history, registers, meetings, first, 1)
    of_author = _ask(history, registers, by_author, real, processes, author)
    known = Known(np.full(len(reads), NOWHERE), np.full(len(reads), NOWHERE))
    known.write[first], known.call[first] = of_any.write, of_any.call
    known.write[real], known.call[real] = of_author.write, of_author.call
    return known


def _ask(
    history: History, registers: Registers, meetings: Meetings, rows: Column, authors: int, author: Column | None = None
) -> Known:
    reads = registers.reads
    group = reads.process[rows] * registers.items + reads.item[rows]
    group = group if author is None else group * authors + author[rows]
    return find_newest(registers, meetings, group, history.invoked_ns[reads.row[rows]])


def _is_unseen(registers: Registers, known: Known) -> Mask:
    """Whether each read returned an older version than the one that was known."""
    has_both = (known.write >= 0) & (registers.source >= 0)
    return has_both & (take(registers.older, known.write, 0) > take(registers.newer, registers.source, 0))


def _tell(name: str, history: History, registers: Registers, known: Known, read: int, *, own: bool) -> Anomaly:
    writes, reads = registers.writes, registers.reads
    newer, call, source = int(known.write[read]), int(known.call[read]), int(registers.source[read])
    rows = [int(reads.row[read]), int(writes.row[newer]), int(writes.row[source])]
    rows += registers.rows_of_sight(source)
    if own:
        told = f"{say_read(history, registers, read)} after its own write of {_name(registers, newer)} had ended."
    else:
        rows.append(int(reads.row[call]))
        told = f"{say_read(history, registers, read)} after it had read {_name(registers, newer)}."
    return witness(name, history, registers, int(reads.item[read]), rows, told)


def _name(registers: Registers, write: int) -> str:
    return name_value(int(registers.writes.value[write])) if registers.writes.value[write] != ABSENT else "a deletion"
