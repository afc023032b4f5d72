"""Importing: the operations of a Jepsen history as our History.

JepsenOps come in, a History goes out. What the operations are is told by their names (`f`): add and read of a set;
read, write and cas of registers; txn of steps; get, put and append of Porcupine's stores. A file without times has its
lines for instants. What is asked of a process other than a client's (the nemesis) is left out.

    set-full       a read tells of every element whether it is there: one read of each, by our lights
    cas-register   a cas is a transaction that reads and writes; unanswered, it needs the value that it asks for
    keyed          [key value] in the place of a value, as jepsen.independent writes it
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from consistency.errors import ConsistencyError, UsageError
from consistency.history import History
from consistency.interchange.jepsen import JepsenOp
from consistency.interchange.steps import Numbering, read_steps
from consistency.operation import Action, Completion, Ended, Event, Invocation, Item, Micro, Outcome

_COLLECTIONS: Final = tuple | list | frozenset
READS_MAX: Final = 10_000_000  # single reads that the reads of a set may become


class Model(StrEnum):
    """What kind of thing a history is about, in Jepsen's words."""

    SET_FULL = "set-full"
    CAS_REGISTER = "cas-register"
    RW_REGISTER = "rw-register"
    LIST_APPEND = "list-append"


@dataclass(frozen=True)
class Call:
    """An operation: where it begins and how it ended, which may be unknown."""

    begun: JepsenOp
    ended: JepsenOp | None
    begun_ns: int
    ended_ns: int

    @property
    def outcome(self) -> Outcome:
        """Whether it happened."""
        return Outcome(self.ended.type) if self.ended else Outcome.INFO

    @property
    def value(self) -> Any:
        """What it returned if it did, what it was asked otherwise."""
        return self.ended.value if self.ended and self.outcome is Outcome.OK else self.begun.value

    @property
    def session(self) -> str:
        """Whose it is."""
        return str(self.begun.more.get("session", f"p{self.begun.process}"))


def find_model(ops: Sequence[JepsenOp]) -> Model:
    """What the operations are about; UsageError where their names do not tell."""
    names = {op.f for op in ops if op.process is not None}
    if not names:
        raise ConsistencyError("This history holds no operation of a client: there is nothing to judge.")
    if "add" in names:
        return Model.SET_FULL
    if "txn" in names:
        verbs = {step[0] for op in ops if op.f == "txn" for step in op.value or ()}
        return Model.LIST_APPEND if "append" in verbs else Model.RW_REGISTER
    if "append" in names:
        return Model.LIST_APPEND
    if names & {"read", "write", "cas", "get", "put"}:
        return Model.CAS_REGISTER
    raise UsageError(f"Operations named {', '.join(sorted(names))} are unknown: add, read, write, cas, txn, get, put.")


def import_history(ops: Sequence[JepsenOp], model: Model) -> History:
    """The history of `ops`, which are about a `model`."""
    calls = list(_pair([op for op in ops if op.process is not None]))
    events = _import_set(calls) if model is Model.SET_FULL else _import_steps(calls)
    sessions = dict.fromkeys(call.session for call in calls)
    last_ns = max((max(call.begun_ns, call.ended_ns) for call in calls), default=0)
    return History.of([*events, *(Ended(session, last_ns) for session in sessions)])


def _pair(ops: Sequence[JepsenOp]) -> Iterator[Call]:
    """The calls, in the order in which they began."""
    timed = all(op.time is not None for op in ops)
    waiting: dict[int | None, int] = {}
    ends: dict[int, tuple[JepsenOp, int]] = {}
    begins: list[tuple[JepsenOp, int]] = []
    for place, op in enumerate(ops):
        at_ns = op.time if timed and op.time is not None else place
        if op.type == "invoke":
            if op.process in waiting:
                raise ConsistencyError(f"Process {op.process} begins a second operation before its first has ended.")
            waiting[op.process] = len(begins)
            begins.append((op, at_ns))
        elif op.process in waiting:
            ends[waiting.pop(op.process)] = op, at_ns
        else:
            raise ConsistencyError(f"Process {op.process} ends an operation ({op.f}) that it never began.")
    for place, (begun, begun_ns) in enumerate(begins):
        ended, ended_ns = ends.get(place, (None, begun_ns))
        if ended_ns < begun_ns:
            raise ConsistencyError(
                f"Process {begun.process} ends an operation ({begun.f}) before its beginning, by time."
            )
        yield Call(begun, ended, begun_ns, ended_ns)


def _import_steps(calls: Sequence[Call]) -> Iterator[Event]:
    """Each call as a transaction of its steps; reads without an answer are left out."""
    numbering, keyed = Numbering(), _are_keyed([call for call in calls if call.begun.f in {"read", "write", "cas"}])
    for op, call in enumerate(calls):
        more = {**call.begun.more, **(call.ended.more if call.ended else {})}
        steps, outcome = read_steps(call.begun.f, call.value, more, call.outcome, numbering, keyed=keyed)
        if steps:
            yield from _record(op, call, Action.TRANSACTION, Item(steps[0].key, steps[0].key), outcome, micros=steps)


def _import_set(calls: Sequence[Call]) -> Iterator[Event]:
    adds = [call for call in calls if call.begun.f == "add"]
    reads = [call for call in calls if call.begun.f == "read" and call.outcome is Outcome.OK]
    keyed = _are_keyed(calls) and all(isinstance(call.value[1], _COLLECTIONS) for call in reads)
    seen = {name for call in reads for name in _name_elements(call, keyed=keyed)}
    names = sorted(seen | {_name_added(call, keyed=keyed) for call in adds})
    if len(names) * len(reads) > READS_MAX and not keyed:
        raise ConsistencyError(f"{len(reads):,} reads of {len(names):,} elements are more than {READS_MAX:,} to judge.")
    by_key: dict[str, list[str]] = {}
    for name in names:
        by_key.setdefault(name.partition("/")[0] if keyed else "", []).append(name)
    op = 0
    for call in adds + reads:
        for name, present in _look_at(call, by_key, keyed=keyed):
            action = Action.WRITE if call.begun.f == "add" else _find_action(call)
            yield from _record(op, call, action, Item(name, name), call.outcome, seen=int(present))
            op += 1


def _look_at(call: Call, by_key: Mapping[str, Sequence[str]], *, keyed: bool) -> Iterator[tuple[str, bool]]:
    """The elements that a call is about, and of a read whether it found them."""
    if call.begun.f == "add":
        yield _name_added(call, keyed=keyed), False
        return
    found = set(_name_elements(call, keyed=keyed))
    for name in by_key.get(str(call.value[0]) if keyed else "", ()):
        yield name, name in found


def _find_action(call: Call) -> Action:
    name = call.begun.more.get("action", Action.KEY_GET)
    if name not in {*Action}:
        raise ConsistencyError(f"The action of an operation is unknown: {str(name)[:80]}.")
    return Action(name)


def _name_added(call: Call, *, keyed: bool) -> str:
    value = call.begun.value
    return f"{value[0]}/{value[1]}" if keyed else str(value)


def _name_elements(call: Call, *, keyed: bool) -> list[str]:
    key, elements = call.value if keyed else ("", call.value)
    if not isinstance(elements, _COLLECTIONS | None):
        raise ConsistencyError(f"A read of a set returned what is no set: {str(elements)[:80]}.")
    return [f"{key}/{element}" if keyed else str(element) for element in elements or ()]


def _are_keyed(calls: Sequence[Call]) -> bool:
    """Whether all values are pairs of a key and a value."""
    told = [call for call in calls if call.begun.f != "read" or call.outcome is Outcome.OK]
    return bool(told) and all(_is_keyed(call.begun.f, call.value) for call in told)


def _is_keyed(name: str, value: Any) -> bool:
    pair = isinstance(value, tuple | list) and len(value) == 2
    return pair and (name != "cas" or isinstance(value[1], tuple | list))


def _record(
    op: int,
    call: Call,
    action: Action,
    item: Item,
    outcome: Outcome,
    micros: tuple[Micro, ...] = (),
    seen: int = 0,
) -> Iterator[Event]:
    more = call.begun.more
    due_ns = int(more.get("due", call.begun_ns))
    revision = 0 if action is Action.TRANSACTION else 1
    yield Invocation(op, call.session, action, item, due_ns, call.begun_ns, revision, micros)
    if call.ended is not None:
        stamp = call.ended.more.get("stamp")
        code = str(call.ended.more.get("error", ""))
        yield Completion(op, call.session, call.ended_ns, outcome, seen, stamp, code, micros)
