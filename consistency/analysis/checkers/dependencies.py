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
from consistency.analysis.checkers.places import NOWHERE, Instants, compress, take
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.sentences import name_value, say_read
from consistency.analysis.checkers.sessions import Gather, gather_own_reads, gather_own_writes
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask
from consistency.history import NEVER, Column, History


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

        anomalies = Anomalies(len(broken.read), build, registers.reads.row[broken.read])
        return Evidence(len(registers.reads), int(occasions.sum()), anomalies, noun="occasions")

    return conclude(name, history, clock_bound_ns, rule)


class _Search:
    """Goes through the writing sessions, one after another, with all reads at once.

    Reads stand in order of process, item and start, so that neighbours ask for neighbouring places. `pair` is the
    number of each read's process and item.
    """

    def __init__(self, history: History, registers: Registers, gather: Gather) -> None:
        self.registers, self.history = registers, history
        self.meetings = gather(history, registers)
        self.knower = self.meetings.group // max(registers.items, 1)
        self.instants = Instants.of(
            max(len(history.processes), registers.items), history.invoked_ns, history.completed_ns
        )
        reads = np.flatnonzero(registers.source >= 0)
        self.reads = reads[np.argsort(registers.reads.process[reads], kind="stable")]
        self.process, self.item = registers.reads.process[self.reads], registers.reads.item[self.reads]
        self.source, rows = registers.source[self.reads], registers.reads.row[self.reads]
        self.author = np.where(registers.sure[self.reads], registers.writes.process[self.source], NOWHERE)
        self.begun = self.instants.rank(history.invoked_ns[rows])
        self.ended = self.instants.rank(history.completed_ns[rows])
        self.pair = compress(self.process * registers.items + self.item)
        self.first = np.flatnonzero(np.diff(self.pair, prepend=NOWHERE))

    def run(self) -> tuple[Mask, Broken]:
        """Which reads were an occasion, and which of them were broken."""
        occasions = np.zeros(len(self.reads), bool)
        broken = Broken(*(np.zeros(0, np.int64) for _ in range(5)))
        for session in np.intersect1d(self.knower, self.registers.writes.process).tolist():
            broken = broken.join(self._search(session, occasions))
        return occasions, broken

    def _search(self, session: int, occasions: Mask) -> Broken:
        registers = self.registers
        knows, sights = np.flatnonzero(self.knower == session), np.flatnonzero(self.author == session)
        version = self.meetings.write[knows]
        since = self.instants.rank(self.meetings.known_ns[knows])
        deeds = Lowest.of(registers.older[version], registers.writes.item[version], since)
        newer = deeds.ask(registers.writes.item, registers.newer)  # for each version: when a newer one was known first
        after = deeds.value(newer)
        began = self.instants.rank(self.history.invoked_ns[registers.writes.row[self.source[sights]]])
        seen = Lowest.of(self.process[sights] * self.instants.count + began, self.process[sights], self.ended[sights])

        anything = after[registers.write_begins[self.item[self.first]]]  # a version newer than the first «absent»
        occasion = self._see_before(seen, sights, began, anything[self.pair], self.first)
        occasions |= occasion
        asked = np.flatnonzero(occasion & (newer[self.source] >= 0))
        effect = self._ask(seen, sights, began, asked, after[self.source[asked]])
        asked, effect = asked[effect >= 0], effect[effect >= 0]
        cause = newer[self.source[asked]]
        sight = sights[effect]
        return Broken(
            self.reads[asked], self.meetings.call[knows[cause]], version[cause], self.source[sight], self.reads[sight]
        )

    def _see_before(self, seen: Lowest, sights: Column, began: Column, after: Column, first: Column) -> Mask:
        """Whether each read's process had seen, before or with the read, a write that began later than `after`, which
        is one instant for all reads of a pair, of which `first` is the first."""
        known = np.flatnonzero(after[first] != NEVER)
        found = np.full(len(first), NOWHERE)
        place = self.process[first[known]] * self.instants.count + after[first[known]]
        found[known] = seen.ask(self.process[first[known]], place)
        before: Mask = seen.value(found)[self.pair] < self.begun
        if self.history.micros:
            before |= (after != NEVER) & (self._see_at_once(sights, began, np.arange(len(after)), after) >= 0)
        return before

    def _ask(self, seen: Lowest, sights: Column, began: Column, asked: Column, after: Column) -> Column:
        """For each read asked the number of a sight, ended before the read began or in its transaction, of a write
        that began later than `after`; NOWHERE where there is none."""
        found = seen.ask(self.process[asked], self.process[asked] * self.instants.count + after)
        found = np.where(seen.value(found) < self.begun[asked], found, NOWHERE)
        if not self.history.micros:
            return found
        return np.where(found >= 0, found, self._see_at_once(sights, began, asked, after))

    def _see_at_once(self, sights: Column, began: Column, asked: Column, after: Column) -> Column:
        rows = self.registers.reads.row[self.reads]
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
