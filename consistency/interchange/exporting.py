"""Exporting: our History as the operations of a Jepsen history.

A History comes in, JepsenOps go out in the order of their instants; at one instant those that begin come first, because
calls that touch are concurrent. What Jepsen has no place for (our process, the action, when it was due, the service's
stamp) stands in keys of our own, so that the history comes back whole.

    set-full       each entity is a set of one element: [name 1], [name #{1}]
    cas-register   each item is a register: [name revision]
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from consistency.errors import UsageError
from consistency.history import ACTIONS, NEVER, History
from consistency.interchange.importing import Model
from consistency.interchange.jepsen import JepsenOp
from consistency.interchange.lanes import Lanes
from consistency.operation import MUTATIONS, Action, Micro, Operation, Outcome, Verb

GETS: Final = frozenset({Action.KEY_GET, Action.EVENTUAL_GET})
_CHANGES: Final = {ACTIONS.index(action) for action in (Action.UPDATE, Action.DELETE, Action.TRANSACTION)}
Told = tuple[str, Any, Any]  # the name of an operation, its value as it begins, and as it ends


def choose_model(history: History) -> Model:
    """What the history is about."""
    steps = [step for micros in history.micros.values() for step in micros]
    if any(step.verb is Verb.APPEND for step in steps):
        return Model.LIST_APPEND
    if steps:
        return Model.RW_REGISTER
    return Model.SET_FULL if _is_of_creations(history) else Model.CAS_REGISTER


def export_history(history: History, model: Model) -> list[JepsenOp]:
    """The operations of `history` as those of a `model`; UsageError where it cannot be one."""
    if model is Model.SET_FULL and not _is_of_creations(history):
        raise UsageError("--as set-full: entities were updated, deleted or written in transactions. Take cas-register.")
    events: list[tuple[tuple[int, int, int], Operation, JepsenOp]] = []
    for row in range(len(history)):
        operation = history[row]
        told = _TELLING[model](operation, history.micros.get(row, ()))
        if told:
            events += _place(row, operation, told)
    return _number(events)


def _is_of_creations(history: History) -> bool:
    """Whether every entity is written once, and no more."""
    return int(history.revision.max(initial=0)) <= 1 and not set(history.action.tolist()) & _CHANGES


def _place(row: int, operation: Operation, told: Told) -> Iterator[tuple[tuple[int, int, int], Operation, JepsenOp]]:
    """The beginning and the end of one operation, and where they stand among all."""
    name, asked, answered = told
    more = {"session": operation.process, "action": str(operation.action), "due": operation.due_ns}
    yield (operation.invoked_ns, 0, row), operation, JepsenOp("invoke", name, asked, None, operation.invoked_ns, more)
    ended_ns = operation.completed_ns
    if ended_ns is not None:
        value = answered if operation.outcome is Outcome.OK else asked
        ended = JepsenOp(str(operation.outcome), name, value, None, ended_ns, _say_end(operation))
        yield (ended_ns, 1, row), operation, ended


def _say_end(operation: Operation) -> Mapping[str, Any]:
    stamp = {} if operation.server_ns is None else {"stamp": operation.server_ns}
    return stamp | ({"error": operation.code} if operation.code else {})


def _number(events: list[tuple[tuple[int, int, int], Operation, JepsenOp]]) -> list[JepsenOp]:
    """All operations in order, each in its lane."""
    lanes, open_lanes, ops = Lanes(), {}, []
    for (_, is_end, row), operation, op in sorted(events, key=lambda event: event[0]):
        if not is_end:
            open_lanes[row] = lanes.begin(operation.process)
        lane = open_lanes[row]
        if is_end and operation.outcome is not Outcome.INFO:
            lanes.end(operation.process, lane)
        ops.append(JepsenOp(op.type, op.f, op.value, lane, op.time, op.more))
    return ops


def _tell_set(operation: Operation, _: tuple[Micro, ...]) -> Told | None:
    name = operation.item.name
    if operation.action is Action.WRITE:
        return "add", (name, 1), (name, 1)
    return "read", (name, None), (name, frozenset({1} if operation.seen else ()))


def _tell_register(operation: Operation, micros: tuple[Micro, ...]) -> Told | None:
    """A query that found nothing says little of a register that has several values: it is left out."""
    name = operation.item.name
    if operation.action is Action.TRANSACTION:
        return _tell_steps(operation, micros)
    if operation.action in MUTATIONS:
        value = None if operation.action is Action.DELETE else operation.revision
        return "write", (name, value), (name, value)
    if operation.action in GETS or operation.seen:
        return "read", (name, None), (name, operation.seen or None)
    return None


def _tell_steps(operation: Operation, micros: tuple[Micro, ...]) -> Told:
    """Transactions that read, write, or compare and set one key."""
    values = [step.value for step in micros]
    key = operation.item.name
    match [step.verb for step in micros]:
        case [Verb.READ]:
            return "read", (key, None), (key, values[0])
        case [Verb.WRITE]:
            return "write", (key, values[0]), (key, values[0])
        case [Verb.READ, Verb.WRITE] if operation.outcome is Outcome.OK:
            return "cas", (key, tuple(values)), (key, tuple(values))
    raise UsageError("--as cas-register: the history has transactions of several steps. Take rw-register.")


def _tell_transaction(operation: Operation, micros: tuple[Micro, ...]) -> Told | None:
    steps = micros or _as_steps(operation)
    if not steps:
        return None
    asked = tuple((str(step.verb), step.key, None if step.verb is Verb.READ else step.value) for step in steps)
    return "txn", asked, tuple((str(step.verb), step.key, step.value) for step in steps)


def _as_steps(operation: Operation) -> tuple[Micro, ...]:
    """A plain call as a transaction of one step."""
    told = _tell_register(operation, ())
    if told is None or operation.action is Action.DELETE:
        return ()
    verb = Verb.WRITE if told[0] == "write" else Verb.READ
    return (Micro(verb, operation.item.name, told[2][1]),)


_TELLING: Final = {
    Model.SET_FULL: _tell_set,
    Model.CAS_REGISTER: _tell_register,
    Model.RW_REGISTER: _tell_transaction,
    Model.LIST_APPEND: _tell_transaction,
}


def write_watca(history: History) -> str:
    """The history as WatCA reads it: time, INV or RES, client, R or W, key, value, with tabs between. Calls that failed
    or that did not answer a read are left out; «absent» is 0. Every call is a client of its own, because WatCA pairs
    the lines of a client, and ours make several calls at once."""
    lines = []
    for row in range(len(history)):
        operation = history[row]
        told = None if operation.outcome is Outcome.FAIL else _tell_register(operation, history.micros.get(row, ()))
        if told is None or told[0] == "cas" or (told[0] == "read" and operation.outcome is not Outcome.OK):
            continue
        kind, value = ("W" if told[0] == "write" else "R"), told[2][1] or 0
        call = f"{operation.process}-{operation.op}\t{kind}\t{operation.item.name}"
        asked = f"\t{value}" if kind == "W" else ""
        lines.append((operation.invoked_ns, 0, f"{operation.invoked_ns}\tINV\t{call}{asked}"))
        if operation.outcome is Outcome.OK and operation.completed_ns not in {None, NEVER}:
            answered = f"\t{value}" if kind == "R" else ""
            lines.append((operation.completed_ns or 0, 1, f"{operation.completed_ns}\tRES\t{call}{answered}"))
    return "".join(f"{line}\n" for _, _, line in sorted(lines))
