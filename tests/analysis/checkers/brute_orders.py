"""Orders of small histories by trying all of them: what the searches are compared with."""

from collections.abc import Iterable, Sequence
from itertools import permutations

from consistency.analysis.checkers.search import Call, apply_steps
from consistency.history import NEVER
from tests.analysis.checkers.notation import Op


def has_order(calls: Sequence[Call]) -> bool:
    """Whether the calls that have ended have an order, with any of those that have not."""
    lost = [call for call in calls if call.finish == NEVER]
    ended = [call for call in calls if call.finish != NEVER]
    chosen = ([call for place, call in enumerate(lost) if bits >> place & 1] for bits in range(1 << len(lost)))
    return any(_is_legal(order) for some in chosen for order in permutations(ended + some))


def _is_legal(order: Sequence[Call]) -> bool:
    """Whether an order respects time and every call is possible in it, from 0."""
    if any(later.finish < earlier.start for i, earlier in enumerate(order) for later in order[i + 1 :]):
        return False
    state: object = 0
    for call in order:
        state = apply_steps(state, call)
        if state is None:
            return False
    return True


def is_sequential(ops: Sequence[Op]) -> bool:
    """Whether some order of all calls keeps each session's and answers each read with the last write."""
    pairs = {(a, b) for a in ops for b in ops if _in_session(a, b)}
    return _has_legal(ops, pairs)


def is_causal(ops: Sequence[Op]) -> bool:
    """Whether each session's reads and all writes have an order that keeps causes before effects."""
    pairs = {(a, b) for a in ops for b in ops if _in_session(a, b) or _reads_from(b, a)}
    for _ in ops:
        pairs |= {(a, c) for a, b in pairs for other, c in pairs if b == other}
    if any(a == b for a, b in pairs):
        return False
    views = [[op for op in ops if op.verb == "W" or op.process == process] for process in {op.process for op in ops}]
    return all(_has_legal(view, pairs) for view in views)


def _has_legal(ops: Sequence[Op], pairs: set[tuple[Op, Op]]) -> bool:
    return any(
        _answers(order) and not any((b, a) in pairs for i, a in enumerate(order) for b in order[i + 1 :])
        for order in permutations(ops)
    )


def _answers(order: Iterable[Op]) -> bool:
    values: dict[str, int] = {}
    for op in order:
        if op.verb == "W":
            values[op.item] = op.value
        elif values.get(op.item, 0) != op.value:
            return False
    return True


def _in_session(a: Op, b: Op) -> bool:
    return a.process == b.process and a.finish is not None and a.finish < b.start


def _reads_from(read: Op, write: Op) -> bool:
    return read.verb == "R" and write.verb == "W" and (read.item, read.value) == (write.item, write.value)
