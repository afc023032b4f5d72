"""Findings made by hand, with as many anomalies as a test wants."""

from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.judgement import Verdict
from consistency.operation import Action, Item, Operation, Outcome
from tests.report.judgements import MS


def make_call(op: int, action: Action, begin_ms: int, end_ms: int, name: str = "a", seen: int = 0) -> Operation:
    ns = begin_ms * MS
    process = "writer" if action is Action.WRITE else "reader"
    end_ns = end_ms * MS
    return Operation(op, process, action, Item(name, name), 1, ns, ns, end_ns, Outcome.OK, seen, None, "")


def make_finding(checker: str, count: int, name: str = "a", first_op: int = 0) -> Finding:
    """`count` reads that miss a write; number k waits k ms."""

    def build(number: int) -> Anomaly:
        op = first_op + 2 * number
        ops = (make_call(op, Action.WRITE, 0, 5, name), make_call(op + 1, Action.GLOBAL_QUERY, 9 + number, 99, name))
        return Anomaly(checker, Item(name, name), ops, f"reader missed {name} after {number} ms.")

    return Finding(checker, count, count, Anomalies(count, build), Verdict.BROKEN, f"{count:,} among {count:,} reads.")
