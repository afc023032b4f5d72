"""Monotonic writes and writes follow reads: who sees a write must see what its session had known before it.

A history comes in, a finding for each guarantee goes out. `u` is what the session c had written (monotonic writes) or
read (writes follow reads) before it wrote w; s saw w, and then, or in the same transaction, read the item of u:

    c    u of x [===]    w of y [===]
    s                                [===] read w of y      [===] read x: older than u, and that is broken

For each read and each c the question is one comparison: the earliest time t at which c knew of a version of x newer
than the one returned, and the earliest time at which s had seen some write that c began after t. Each of the two times
is on one process's own clock. The work is reads times writing sessions.
"""

from dataclasses import dataclass, fields

import numpy as np

from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.lowest import Lowest
from consistency.analysis.checkers.places import NOWHERE, Instants, take
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.sentences import name_value, say_read
from consistency.analysis.checkers.sessions import Gather, gather_own_reads, gather_own_writes
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask
from consistency.history import Column, History


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """One entry for each broken read: its number, the call by which c knew the newer version and that version's write,
    the write of c that s had seen, and the read by which it had."""

    read: Column
    call: Column
    version: Column
    effect: Column
    sight: Column

    def join(self, other: "Broken") -> "Broken":
        """These and the others, but each read once."""
        fresh = ~np.isin(other.read, self.read)
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return Broken(*(np.concatenate((mine, theirs[fresh])) for mine, theirs in pairs))


def check_monotonic_writes(history: History, clock_bound_ns: int = 0) -> Finding:
    """A session's later write is seen without its earlier one."""
    return _check("monotonic_writes", history, clock_bound_ns, gather_own_writes)


def check_writes_follow_reads(history: History, clock_bound_ns: int = 0) -> Finding:
    """A session's write is seen without what the session had read before it."""
    return _check("writes_follow_reads", history, clock_bound_ns, gather_own_reads)


def _check(name: str, history: History, clock_bound_ns: int, gather: Gather) -> Finding:
    def rule(history: History, registers: Registers) -> Evidence:
        occasions, broken = _Search(history, registers, gather).run()

        def build(number: int) -> Anomaly:
            return _tell(name, history, registers, broken, number)

        return Evidence(
            len(registers.reads), int(occasions.sum()), Anomalies(len(broken.read), build), noun="occasions"
        )

    return conclude(name, history, clock_bound_ns, rule)


class _Search:
    """Goes through the writing sessions, one after another, with all reads at once."""

    def __init__(self, history: History, registers: Registers, gather: Gather) -> None:
        self.registers, self.history = registers, history
        self.meetings = gather(history, registers)
        self.knower = self.meetings.group // max(registers.items, 1)
        self.instants = Instants.of(history.invoked_ns, history.completed_ns)
        self.reads = np.flatnonzero(registers.source >= 0)
        self.begun = self.instants.rank(history.invoked_ns[registers.reads.row])
        self.ended = self.instants.rank(history.completed_ns[registers.reads.row])

    def run(self) -> tuple[Mask, Broken]:
        """Which reads were an occasion, and which of them were broken."""
        occasions = np.zeros(len(self.registers.reads), bool)
        broken = Broken(*(np.zeros(0, np.int64) for _ in range(5)))
        for session in np.intersect1d(self.knower, self.registers.writes.process).tolist():
            broken = broken.join(self._search(session, occasions))
        return occasions, broken

    def _search(self, session: int, occasions: Mask) -> Broken:
        registers, items = self.registers, self.registers.reads.item
        knows = np.flatnonzero(self.knower == session)
        version = self.meetings.write[knows]
        since = self.instants.rank(self.meetings.known_ns[knows])
        deeds = Lowest.of(registers.writes.item[version], registers.older[version], since)
        sights = np.flatnonzero(take(registers.writes.process, registers.source, NOWHERE) == session)
        writes = registers.source[sights]
        began = self.instants.rank(self.history.invoked_ns[registers.writes.row[writes]])
        seen = Lowest.of(registers.reads.process[sights], began, self.ended[sights])

        asked = self.reads[np.isin(items[self.reads], registers.writes.item[version])]
        anything = deeds.ask(items[asked], np.full(len(asked), -1))
        occasion = self._has_seen(seen, sights, began, asked, deeds.value(anything))
        occasions[asked[occasion >= 0]] = True
        asked = asked[occasion >= 0]
        newer = deeds.ask(items[asked], registers.newer[registers.source[asked]])
        asked, newer = asked[newer >= 0], newer[newer >= 0]
        effect = self._has_seen(seen, sights, began, asked, deeds.value(newer))
        asked, newer, effect = asked[effect >= 0], newer[effect >= 0], effect[effect >= 0]
        return Broken(asked, self.meetings.call[knows[newer]], version[newer], writes[effect], sights[effect])

    def _has_seen(self, seen: Lowest, sights: Column, began: Column, asked: Column, after: Column) -> Column:
        """For each read asked the number of a sight, ended before the read began or in its transaction, of a write
        that began later than `after`; NOWHERE where there is none."""
        reads = self.registers.reads
        found = seen.ask(reads.process[asked], after)
        found = np.where(seen.value(found) < self.begun[asked], found, NOWHERE)
        if not self.history.micros:
            return found
        at_once = self._see_at_once(sights, began, asked, after)
        return np.where(found >= 0, found, at_once)

    def _see_at_once(self, sights: Column, began: Column, asked: Column, after: Column) -> Column:
        rows = self.registers.reads.row
        order = np.lexsort((began, rows[sights]))
        last = np.searchsorted(rows[sights][order], rows[asked], side="right") - 1
        sight = take(order, last, NOWHERE)
        same = (take(rows[sights], sight, NOWHERE) == rows[asked]) & (take(began, sight, NOWHERE) > after)
        return np.where(same, sight, NOWHERE)


def _tell(name: str, history: History, registers: Registers, broken: Broken, number: int) -> Anomaly:
    writes, reads = registers.writes, registers.reads
    read, call, version = int(broken.read[number]), int(broken.call[number]), int(broken.version[number])
    effect, sight, source = int(broken.effect[number]), int(broken.sight[number]), int(registers.source[read])
    rows = [*reads.row[[read, sight]], *writes.row[[version, effect, source]]]
    rows += registers.rows_of_sight(source)
    if name == "writes_follow_reads":
        rows.append(reads.row[call])
    known = "read" if name == "writes_follow_reads" else "written"
    told = (
        f"{say_read(history, registers, read)} after it had seen {_name(registers, effect)}, before which "
        f"{history.processes[writes.process[effect]]} had {known} {_name(registers, version)}."
    )
    return witness(name, history, registers, int(reads.item[read]), rows, told)


def _name(registers: Registers, write: int) -> str:
    writes = registers.writes
    return f"{name_value(int(writes.value[write]))} of {registers.names[writes.item[write]]}"
