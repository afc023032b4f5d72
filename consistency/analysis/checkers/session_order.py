"""Orders without clocks: sequential and causal consistency, by searching.

A history comes in, a finding for each goes out. Only the order of calls within a process counts, by its own clock:

    sequential   one order of all calls that keeps each session's, in which each read returns the last write
    causal       for each session an order of all writes and its own reads that keeps what came before what: within a
                 session, and from a write to each read of it (values must be unique)

Both are NP-hard and neither can be judged item by item, so the search is for histories of up to 500 calls and has a
limit in visited states, lower for more calls because each state looks at all of them; beyond either the answer is
«cannot tell».
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.conclusions import Evidence, find, witness
from consistency.analysis.checkers.registers import INITIAL, Registers, gather_registers
from consistency.analysis.checkers.shrinking import shrink
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import History

CALLS_MAX: Final = 500
LOOKS_MAX: Final = 2 * 10**6  # at one call in one state: a second or two
NOBODY: Final = -1


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
    return has_order(turns, [_come_before(turns, turn) for turn in turns])


def is_causal(turns: Sequence[Turn]) -> bool | None:
    """Whether the writes and each process's own reads have an order that keeps causes first."""
    causes = close([_come_before(turns, turn) | _read_from(turns, turn) for turn in turns])
    if any(mask >> number & 1 for number, mask in enumerate(causes)):
        return False
    views = [_view(turns, causes, process) for process in sorted({turn.process for turn in turns})]
    answers = [has_order(*view) for view in views]
    return False if False in answers else None if None in answers else True


def has_order(turns: Sequence[Turn], before: Sequence[int]) -> bool | None:
    """Whether `turns` have an order in which each comes after those in its mask of `before`, and each read returns the
    last write of its item. Reads that are possible are taken at once: they change nothing."""
    everything = (1 << len(turns)) - 1
    left, visited_max = [_take_reads(turns, before, 0, {})], limit_visits(len(turns))
    tried = {_key(left[0])}
    while left:
        done, values = left.pop()
        if done == everything:
            return True
        for number, turn in enumerate(turns):
            if done >> number & 1 or not turn.writes or before[number] & ~done:
                continue
            following = _take_reads(turns, before, done | 1 << number, values | {turn.item: turn.value})
            if _key(following) not in tried:
                tried.add(_key(following))
                left.append(following)
        if len(tried) > visited_max:
            return None
    return False


def limit_visits(calls: int) -> int:
    """In how many states the order of so many calls is searched for."""
    return LOOKS_MAX // max(calls, 1)


def _key(reached: tuple[int, dict[int, int]]) -> tuple[int, tuple[tuple[int, int], ...]]:
    return reached[0], tuple(sorted(reached[1].items()))


def close(masks: Sequence[int]) -> list[int]:
    """The transitive closure of «comes before»: for each the mask of all that comes before it."""
    closed = list(masks)
    for middle in range(len(closed)):
        bit = 1 << middle
        closed = [mask | closed[middle] if mask & bit else mask for mask in closed]
    return closed


def _take_reads(
    turns: Sequence[Turn], before: Sequence[int], done: int, values: dict[int, int]
) -> tuple[int, dict[int, int]]:
    possible = True
    while possible:
        possible = False
        for number, turn in enumerate(turns):
            if done >> number & 1 or turn.writes or before[number] & ~done:
                continue
            if values.get(turn.item, ABSENT) == turn.value:
                done, possible = done | 1 << number, True
    return done, values


def _come_before(turns: Sequence[Turn], turn: Turn) -> int:
    mine = (other.process == turn.process and other.finish < turn.start for other in turns)
    return sum(1 << number for number, is_before in enumerate(mine) if is_before)


def _read_from(turns: Sequence[Turn], turn: Turn) -> int:
    sources = (other.writes and not turn.writes and other.row == turn.source for other in turns)
    return sum(1 << number for number, is_source in enumerate(sources) if is_source)


def _view(turns: Sequence[Turn], causes: Sequence[int], process: int) -> tuple[list[Turn], list[int]]:
    """What one process sees: all writes and its own reads, with their causes among these."""
    seen = [number for number, turn in enumerate(turns) if turn.writes or turn.process == process]
    masks = [sum(1 << place for place, other in enumerate(seen) if causes[number] >> other & 1) for number in seen]
    return [turns[number] for number in seen], masks


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
