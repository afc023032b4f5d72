"""The session guarantees, call by call, as slow as they come: what the checkers are compared with."""

from collections.abc import Callable, Iterable, Sequence

from tests.analysis.checkers.brute import Span, newer
from tests.analysis.checkers.notation import Op

Guarantee = Callable[[Op, Sequence[Op]], bool]


def source_of(read: Op, ops: Sequence[Op]) -> Op:
    """Who wrote what was read; the first write of 0 lies before all time."""
    initial = Op("", "W", 0, read.item, -(10**9), -(10**9))
    return next((op for op in ops if op.verb == "W" and (op.item, op.value) == (read.item, read.value)), initial)


def is_newer(u: Op, v: Op) -> bool:
    """Whether version u surely replaced version v."""
    return u.item == v.item and newer(_span(u), _span(v))


def own_before(op: Op, ops: Iterable[Op]) -> list[Op]:
    """The calls of the same process that had ended before `op` began."""
    return [other for other in ops if other.process == op.process and _finish(other) < op.start]


def breaks_read_your_writes(read: Op, ops: Sequence[Op]) -> bool:
    """An own write is newer than what was read."""
    return any(own.verb == "W" and is_newer(own, source_of(read, ops)) for own in own_before(read, ops))


def breaks_monotonic_reads(read: Op, ops: Sequence[Op]) -> bool:
    """An own read had returned something newer."""
    earlier = [own for own in own_before(read, ops) if own.verb == "R"]
    return any(is_newer(source_of(own, ops), source_of(read, ops)) for own in earlier)


def breaks_monotonic_writes(read: Op, ops: Sequence[Op]) -> bool:
    """A write was seen before without an earlier write of its session."""
    for effect in _seen_before(read, ops):
        causes = [op for op in own_before(effect, ops) if op.verb == "W"]
        if any(is_newer(cause, source_of(read, ops)) for cause in causes):
            return True
    return False


def breaks_writes_follow_reads(read: Op, ops: Sequence[Op]) -> bool:
    """A write was seen before without what its session had read before it."""
    for effect in _seen_before(read, ops):
        causes = [source_of(op, ops) for op in own_before(effect, ops) if op.verb == "R"]
        if any(is_newer(cause, source_of(read, ops)) for cause in causes):
            return True
    return False


def is_newer_by_session(u: Op, v: Op) -> bool:
    """Whether one process wrote u after v, by its own clock; everything that was written is newer than «absent»."""
    return u.item == v.item and bool(u.process) and (not v.process or (u.process == v.process and is_newer(u, v)))


def breaks_read_your_writes_by_session(read: Op, ops: Sequence[Op]) -> bool:
    """The process itself had written what was read and then something newer; or something, and read «absent»."""
    own = [op for op in own_before(read, ops) if op.verb == "W"]
    return any(is_newer_by_session(write, source_of(read, ops)) for write in own)


def breaks_monotonic_by_session(read: Op, ops: Sequence[Op]) -> bool:
    """An own read had returned what the author of the version that was read wrote after it."""
    earlier = [source_of(own, ops) for own in own_before(read, ops) if own.verb == "R"]
    return any(is_newer_by_session(seen, source_of(read, ops)) for seen in earlier)


def breaks_writes_follow_reads_by_session(read: Op, ops: Sequence[Op]) -> bool:
    """A write of the item was seen before, whose session had read, before it wrote, what is read now. «Absent» is
    nobody's write, and whoever goes back to it breaks monotonic reads."""
    source = source_of(read, ops)
    return bool(source.process) and any(
        cause.verb == "R" and source_of(cause, ops) == source
        for effect in _seen_before(read, ops)
        if effect.item == read.item
        for cause in own_before(effect, ops)
    )


def _seen_before(read: Op, ops: Sequence[Op]) -> list[Op]:
    seen = [source_of(own, ops) for own in own_before(read, ops) if own.verb == "R"]
    return [write for write in seen if write.process]


def _finish(op: Op) -> int:
    assert op.finish is not None
    return op.finish


def _span(op: Op) -> Span:
    return Span(op.process, writes=True, value=op.value, start=op.start, finish=_finish(op))
