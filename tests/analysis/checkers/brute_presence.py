"""What reads show of entities that should be there or be gone, call by call, as slow as it comes.

The calls of one item come in, in order of their invocations; how many of them break a rule goes out. Values are unique,
0 is «absent». Nothing here is shared with the checkers.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from tests.analysis.checkers.notation import Op

Ops = Sequence[Op]


class Fate(NamedTuple):
    """What set-full says of one element, and after how many ns it was so; 0 for `never read`."""

    name: str
    after_ns: float = 0


def saw(read: Op) -> int:
    """What a read returned."""
    return read.value if read.found is None else read.found


def find_fate(ops: Ops) -> Fate:
    """Jepsen's rule for one element that was added and read, by the places of reads in the order of invocations."""
    adds = [op.finish for op in ops if op.verb not in "RQ" and op.finish is not None]
    reads = [op for op in ops if op.verb in "RQ"]
    present, absent = [read for read in reads if saw(read)], [read for read in reads if not saw(read)]
    known = min([*adds, *(_end(read) for read in present)], default=inf)
    last_present = max((ops.index(read) for read in present), default=-1)
    last_absent = max((ops.index(read) for read in absent), default=-1)
    if last_present > last_absent:
        stable = 0 if last_absent < 0 else ops[last_absent].start + 1
        return Fate("stable", max(0, stable - known))
    if last_absent > last_present and ops[last_absent].start > known:
        return Fate("lost", 0 if last_present < 0 else max(0, ops[last_present].start + 1 - known))
    return Fate("never read")


def count_lost(ops: Ops) -> int:
    """1 if the element is lost."""
    return int(find_fate(ops).name == "lost")


def count_lost_after_sight(ops: Ops) -> int:
    """1 if it is lost and some read saw it."""
    return count_lost(ops) * any(op.verb in "RQ" and saw(op) for op in ops)


def count_never_read(ops: Ops) -> int:
    """1 if it is lost and no read ever saw it."""
    return count_lost(ops) - count_lost_after_sight(ops)


def count_flickers(ops: Ops) -> int:
    """Present-to-absent changes between attempts of one process and kind, of which none began in between, and that do
    not overlap."""
    return sum(
        bool(saw(ops[p])) and not saw(ops[a]) and _end(ops[p]) < ops[a].start
        for p in range(len(ops))
        for a in range(p + 1, len(ops))
        if _same_series(ops[p], ops[a]) and not any(_same_series(ops[q], ops[p]) for q in range(p + 1, a))
    )


def count_ghosts(ops: Ops) -> int:
    """Reads of a version that a deletion had surely replaced, and which began after that deletion had ended."""
    return sum(
        any(_finish(v, ops) < d.start and _finish(d, ops) < r.start for d in ops if d.verb == "D")
        for r in ops
        for v in _writes_of(saw(r), ops)
        if r.verb in "RQ"
    )


def count_missing(ops: Ops) -> int:
    """Queries that found nothing, though the revision's write had ended before they began and every other write either
    had ended before that one began, or began after they had ended."""
    return sum(
        _finish(v, ops) < r.start
        and all(_finish(u, ops) < v.start or u.start > _end(r) for u in ops if u.verb in "WUD" and u is not v)
        for r in ops
        if r.verb == "Q" and not saw(r)
        for v in _writes_of(r.value, ops)
    )


def count_stale_matches(ops: Ops) -> int:
    """Queries that found the entity by a value that is not in what they returned, or that had surely been replaced."""
    return sum(
        saw(r) != r.value
        or any(
            _finish(v, ops) < u.start and _finish(u, ops) < r.start
            for v in _writes_of(r.value, ops)
            for u in ops
            if u.verb in "WUD"
        )
        for r in ops
        if r.verb == "Q" and saw(r)
    )


def count_disagreements(ops: Ops) -> int:
    """Instants and kinds for which some two reads answered differently."""
    reads = [op for op in ops if op.verb == "R"]
    return len({(a.start, a.verb) for a in reads for b in reads if a.start == b.start and saw(a) != saw(b)})


def is_disordered(answer: Sequence[int]) -> bool:
    """Whether a newer one stands anywhere behind an older one."""
    return any(answer[i] < answer[j] for i in range(len(answer)) for j in range(i + 1, len(answer)))


def _writes_of(value: int, ops: Ops) -> list[Op]:
    return [op for op in ops if value and op.verb in "WU" and op.value == value]


def _finish(write: Op, ops: Ops) -> float:
    """When a write had surely happened: at its end, or when the first that saw it had ended."""
    if write.finish is not None:
        return write.finish
    sights = [_end(op) for op in ops if op.verb in "RQ" and write.verb != "D" and saw(op) == write.value]
    return max(min(sights, default=inf), write.start)


def _same_series(a: Op, b: Op) -> bool:
    return (a.process, a.verb) == (b.process, b.verb)


def _end(op: Op) -> float:
    return inf if op.finish is None else op.finish
