"""Orders without clocks: sequential and causal consistency, by searching.

A history comes in, a finding for each goes out. Only the order of calls within a process counts, by its own clock:

    sequential   one order of all calls that keeps each session's, in which each read returns the last write
    causal       for each session an order of all writes and its own reads that keeps what came before what: within a
                 session, and from a write to each read of it (values must be unique)

Both are NP-hard and neither can be judged item by item, so the search is for histories of up to 1,000 calls and has a
limit in visited states, lower for more calls because a state of more is larger; beyond either the answer is «cannot
tell». So it is of transactions where nothing is wrong: their steps are calls here, and need not be done at once.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import or_
from typing import Final

import numpy as np

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.conclusions import Evidence, find, witness
from consistency.analysis.checkers.registers import INITIAL, Registers, gather_registers
from consistency.analysis.checkers.shrinking import shrink
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import NEVER, History

CALLS_MAX: Final = 1_000
LOOKS_MAX: Final = 10**7  # calls times states: some seconds
NOBODY: Final = -1
Reached = tuple[int, dict[int, int]]  # a mask of what is done, and what each item holds


@dataclass(frozen=True, slots=True)
class Turn:
    """A call for this search: who made it between which instants of its own clock, whether it writes, its item and
    value, the row of the write that it read (itself, where it writes), its row."""

    process: int
    start: int
    finish: int
    writes: bool
    item: int
    value: int
    source: int
    row: int


def check_sequential(history: History, clock_bound_ns: int = 0) -> Finding:
    """Whether all sessions' calls have one order; no two clocks are compared, so their bound does not matter."""
    del clock_bound_ns
    return _check("sequential", history, is_sequential)


def check_causal(history: History, clock_bound_ns: int = 0) -> Finding:
    """Whether each session's view has an order that keeps cause before effect."""
    del clock_bound_ns
    return _check("causal", history, is_causal)


def is_sequential(turns: Sequence[Turn]) -> bool | None:
    """Whether `turns` have one order; None where the limit came first."""
    return has_order(turns, find_before(turns), (1 << len(turns)) - 1)


def is_causal(turns: Sequence[Turn]) -> bool | None:
    """Whether the writes and each process's own reads have an order that keeps causes first."""
    written: dict[int, int] = defaultdict(int)  # by row, for a transaction may write several items
    for number, turn in enumerate(turns):
        written[turn.row] |= turn.writes << number
    sources = (0 if turn.writes else written.get(turn.source, 0) for turn in turns)
    causes = close([mask | source for mask, source in zip(find_before(turns), sources, strict=True)])
    if any(mask >> number & 1 for number, mask in enumerate(causes)):
        return False
    writes = sum(written.values())
    undecided = False
    for mask in _mask_processes(turns).values():
        answer = has_order(turns, causes, writes | mask)
        if answer is False:
            return False
        undecided |= answer is None
    return None if undecided else True


def has_order(turns: Sequence[Turn], before: Sequence[int], wanted: int) -> bool | None:
    """Whether those of `turns` in the mask `wanted` have an order in which each comes after those in its mask of
    `before`, and each read returns the last write of its item. Reads that are possible are taken at once: they change
    nothing. What began first is tried first, and no value is overwritten that a read still needs and nobody writes
    again. So where no value is written twice, what is done tells what every item holds, as far as it matters."""
    search = _Search(turns, before, wanted)
    left, visited_max = [search.take_reads(0, {})], limit_visits(wanted.bit_count())
    tried = {search.name(*left[0])}
    while left:
        done, values = left.pop()
        if done == wanted:
            return True
        for number in reversed(search.list_ready(done)):
            turn = turns[number]
            if turn.writes and not search.is_needed(turn, done, values):
                following = search.take_reads(done | 1 << number, values | {turn.item: turn.value})
                if search.name(*following) not in tried:
                    tried.add(search.name(*following))
                    left.append(following)
        if len(tried) > visited_max:
            return None
    return False


class _Search:
    """What does not change while an order is searched for. `done` is a mask of turns, `values` what the items hold."""

    def __init__(self, turns: Sequence[Turn], before: Sequence[int], wanted: int) -> None:
        self._turns = turns
        self._before = [mask & wanted for mask in before]
        self._lanes = [mask & wanted for mask in _mask_processes(turns).values()]
        self._readers: dict[tuple[int, int], int] = defaultdict(int)
        self._writers: dict[tuple[int, int], int] = defaultdict(int)
        for number, turn in enumerate(turns):
            if wanted >> number & 1:
                (self._writers if turn.writes else self._readers)[turn.item, turn.value] |= 1 << number
        self._unique = all(mask.bit_count() == 1 and value != ABSENT for (_, value), mask in self._writers.items())

    def list_ready(self, done: int) -> list[int]:
        """The turns that are not done and of which all before them are, by start. In a process none is ready that
        begins after another one ended that is not done: the rest need not be looked at."""
        ready = []
        for lane in self._lanes:
            left, ended = lane & ~done, NEVER
            while left:
                bit = left & -left
                number = bit.bit_length() - 1
                if self._turns[number].start > ended:
                    break
                ended = min(ended, self._turns[number].finish)
                if not self._before[number] & ~done:
                    ready.append(number)
                left ^= bit
        return sorted(ready)

    def take_reads(self, done: int, values: dict[int, int]) -> Reached:
        """Do the reads that are possible, until none is."""
        possible = True
        while possible:
            possible = False
            for number in self.list_ready(done):
                turn = self._turns[number]
                if not turn.writes and values.get(turn.item, ABSENT) == turn.value:
                    done, possible = done | 1 << number, True
        return done, values

    def is_needed(self, turn: Turn, done: int, values: dict[int, int]) -> bool:
        """Whether a write would overwrite what is still to be read, and is never written again."""
        held = turn.item, values.get(turn.item, ABSENT)
        return held[1] != turn.value and bool(self._readers[held] & ~done) and not self._writers[held] & ~done

    def name(self, done: int, values: dict[int, int]) -> Hashable:
        """What tells one state from another."""
        return done if self._unique else (done, tuple(sorted(values.items())))


def limit_visits(calls: int) -> int:
    """In how many states the order of so many calls is searched for."""
    return LOOKS_MAX // max(calls, 1)


def close(masks: Sequence[int]) -> list[int]:
    """The transitive closure of «comes before»: for each the mask of all that comes before it."""
    closed = list(masks)
    for middle in range(len(closed)):
        bit = 1 << middle
        closed = [mask | closed[middle] if mask & bit else mask for mask in closed]
    return closed


def find_before(turns: Sequence[Turn]) -> list[int]:
    """For each of `turns` the mask of those of its process that had ended when it began."""
    ends: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, turn in enumerate(turns):
        ends[turn.process].append((turn.finish, 1 << number))
    ended = {process: sorted(pairs) for process, pairs in ends.items()}
    masks = {process: list(accumulate((bit for _, bit in pairs), or_, initial=0)) for process, pairs in ended.items()}
    return [masks[turn.process][bisect_left(ended[turn.process], (turn.start, 0))] for turn in turns]


def _mask_processes(turns: Sequence[Turn]) -> dict[int, int]:
    masks: dict[int, int] = defaultdict(int)
    for number, turn in enumerate(turns):
        masks[turn.process] |= 1 << number
    return masks


def list_turns(history: History, registers: Registers) -> list[Turn]:
    """All calls of all items by start. A write without an answer comes before nothing, so where nobody saw it, it may
    stand at the end of every order and does no harm."""
    reads, writes = registers.reads, registers.writes
    turns = [
        _turn(history, reads.row[read], int(reads.item[read]), int(reads.value[read]), _row_of_source(registers, read))
        for read in range(len(reads))
    ]
    real = np.flatnonzero(writes.row != INITIAL)
    turns += [_turn(history, writes.row[w], int(writes.item[w]), int(writes.value[w]), None) for w in real.tolist()]
    return sorted(turns, key=lambda turn: (turn.start, turn.row, turn.writes))


def _turn(history: History, row: int, item: int, value: int, source: int | None) -> Turn:
    process, start, finish = int(history.process[row]), int(history.invoked_ns[row]), int(history.completed_ns[row])
    writes = source is None
    return Turn(process, start, finish, writes, item, value, int(row) if source is None else source, int(row))


def _row_of_source(registers: Registers, read: int) -> int:
    source = int(registers.source[read])
    return int(registers.writes.row[source]) if source >= 0 else NOBODY


def _check(name: str, history: History, judge: Callable[[Sequence[Turn]], bool | None]) -> Finding:
    registers = gather_registers(history)
    count = len(registers.reads) + int((registers.writes.row != INITIAL).sum())
    lacks = _say_limits(name, registers, count)
    turns = [] if lacks else list_turns(history, registers)
    answer = True if lacks else judge(turns)
    if answer is None:
        lacks = f"Not decided within {limit_visits(len(turns)):,} visited states."
    elif answer and any(len(micros) > 1 for micros in history.micros.values()):
        lacks = lacks or "Transactions are more than their steps: `serializable_by_session` asks for their order."

    def build(_: int) -> Anomaly:
        return _prove(name, history, registers, turns, judge)

    found = Anomalies(1, build) if answer is False else Anomalies()
    return find(name, Evidence(count, count, found, noun="calls", lacks=lacks, single=False))


def _say_limits(name: str, registers: Registers, count: int) -> str:
    if count > CALLS_MAX:
        return f"{count:,} calls: an order of all of them is searched for up to {CALLS_MAX}."
    if name == "causal" and registers.repeated.any():
        return "A value was written more than once, so nobody can say which write was read."
    return ""


def _prove(
    name: str,
    history: History,
    registers: Registers,
    turns: Sequence[Turn],
    judge: Callable[[Sequence[Turn]], bool | None],
) -> Anomaly:
    written = {(turn.item, turn.value) for turn in turns if turn.writes}

    def drop_orphans(kept: Sequence[Turn]) -> list[Turn]:
        there = {(turn.item, turn.value) for turn in kept if turn.writes}
        gone = written - there - {(turn.item, ABSENT) for turn in kept}
        return [turn for turn in kept if turn.writes or (turn.item, turn.value) not in gone]

    proof = drop_orphans(shrink(turns, lambda kept: judge(drop_orphans(kept)) is False))
    told = f"These {len(proof)} operations have no {name} order."
    return witness(name, history, registers, proof[0].item, [turn.row for turn in proof], told)
