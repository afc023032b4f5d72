"""Frames of the witnesses: the operations that prove an incident, side by side.

Material comes in, frames go out: the incidents that a page shows, one block of lanes for each, one lane for each
process. Time is drawn by order and not to scale, because a proof is about what came before what:

    writer    [== writes 1 ==]                                     0 to 3.1 ms
    reader                       [== reads nothing ==]            23.9 to 25.2 ms
"""

from collections.abc import Iterator

import pandas as pd

from consistency.analysis.incidents import Incident
from consistency.analysis.words import NS_PER_MS, write_list
from consistency.operation import MUTATIONS, Action, Operation, Outcome
from consistency.report.incidents import choose_incidents, find_minute
from consistency.report.material import Material, name_action

NAMES = 3  # of findings in a heading
NAME_LETTERS = 24  # of an entity's name in the picture; the table has all of it
SHORT_LETTERS = 5  # two calls beside each other have room for their names
COLUMNS = ("witness", "finding", "minute", "process", "action", "item", "told", "began_ms", "ended_ms")
DRAWN = ("lane", "heading", "label", "mark", "begins", "ends")  # what only the picture needs


def frame_witnesses(material: Material) -> pd.DataFrame:
    """One row per operation: which incident breaks which conditions, in whose lane, when (ms since its first call), and
    what it told. `begins` and `ends` are places in the order of the witness's instants, from 0 to 1; an operation that
    never ended goes on to the right edge."""
    rows: list[tuple[object, ...]] = []
    lane = 0
    for number, incident in enumerate(choose_incidents(material), 1):
        lane += 1  # for the heading
        rows += _rows(material, number, incident, lane)
        lane += len({op.process for op in incident.anomaly.ops})
    return pd.DataFrame(rows, columns=[*COLUMNS, *DRAWN]).astype({"ended_ms": float})


def _rows(material: Material, number: int, incident: Incident, lane: int) -> Iterator[tuple[object, ...]]:
    ops, findings = incident.anomaly.ops, write_list([name_action(checker) for checker in incident.checkers])
    several = len({op.item for op in ops}) > 1
    first_ns = min(op.invoked_ns for op in ops)
    instants = sorted({end for op in ops for end in (op.invoked_ns, op.completed_ns) if end is not None})
    places = {instant: place / max(len(instants) - 1, 1) for place, instant in enumerate(instants)}
    processes = list(dict.fromkeys(op.process for op in ops))
    minute = find_minute(material, incident)
    named = _name_few(incident.checkers)
    heading = f"{number}. {named}: {_shorten(incident.anomaly.item.name)}, minute {minute:,.2f}"
    for op in ops:
        yield (
            number,
            findings,
            minute,
            op.process,
            str(op.action),
            op.item.name,
            _tell(op),
            (op.invoked_ns - first_ns) / NS_PER_MS,
            None if op.completed_ns is None else (op.completed_ns - first_ns) / NS_PER_MS,
            lane + processes.index(op.process),
            heading,
            f"{_tell(op)} of {_shorten(op.item.name)}" if several else _tell(op),
            _mark(op),
            places[op.invoked_ns],
            1.0 if op.completed_ns is None else places[op.completed_ns],
        )


def _shorten(name: str) -> str:
    return name if len(name) <= NAME_LETTERS else f"{name[:SHORT_LETTERS]}…"


def _name_few(checkers: tuple[str, ...]) -> str:
    names = [name_action(checker) for checker in checkers]
    return write_list(names if len(names) <= NAMES + 1 else [*names[:NAMES], f"{len(names) - NAMES} more"])


def _mark(op: Operation) -> str:
    if op.outcome is not Outcome.OK:
        return "error"
    if op.action in MUTATIONS:
        return "write"
    return "hit" if op.seen else "nothing"


def _tell(op: Operation) -> str:
    """What the operation did, or was told."""
    if op.action in MUTATIONS:
        done = {Action.DELETE: "deletes", Action.TRANSACTION: "transaction"}.get(op.action, f"writes {op.revision}")
        return done if op.outcome is Outcome.OK else f"{done}: {op.code or op.outcome}"
    if op.outcome is not Outcome.OK:
        return op.code or str(op.outcome)
    return f"reads {op.seen}" if op.seen else "reads nothing"
