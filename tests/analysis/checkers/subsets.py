"""Parts of histories: some operations of one, as a history of their own."""

from collections.abc import Iterable

from consistency.history import History
from consistency.operation import MUTATIONS, Action, Completion, Event, Invocation, Operation, Outcome


def rebuild(ops: Iterable[Operation]) -> History:
    """The history of `ops` alone."""
    events: list[Event] = []
    for op in ops:
        events.append(Invocation(op.op, op.process, op.action, op.item, op.due_ns, op.invoked_ns, op.revision))
        if op.completed_ns is not None:
            events.append(Completion(op.op, op.process, op.completed_ns, op.outcome, op.seen, op.server_ns, op.code))
    return History.of(events)


def drop_orphans(kept: Iterable[Operation], whole: Iterable[Operation]) -> list[Operation]:
    """`kept` without reads of what is written in `whole` and not in `kept` any more: they say nothing then."""
    kept = list(kept)
    gone = written(whole) - written(kept)
    return [op for op in kept if op.action in MUTATIONS or (op.item, op.seen) not in gone]


def written(ops: Iterable[Operation]) -> set[object]:
    """Each item's values that `ops` may have written."""
    return {
        (op.item, 0 if op.action is Action.DELETE else op.revision)
        for op in ops
        if op.action in MUTATIONS and op.outcome is not Outcome.FAIL
    }
