"""Findings, faults, errors and annotations made by hand, as many as a test wants."""

from dataclasses import replace
from pathlib import Path

from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.incidents import group_incidents
from consistency.analysis.judgement import ErrorCount, FaultSpan, Judgement, Verdict
from consistency.annotations import Annotation, append_annotation
from consistency.history import History
from consistency.operation import Action, Item, Operation, Outcome
from tests.report.judgements import MS, START_NS, S


def make_call(op: int, action: Action, begin_ms: int, end_ms: int, name: str = "a", seen: int = 0) -> Operation:
    ns = begin_ms * MS
    process = "writer" if action is Action.WRITE else "reader"
    end_ns = end_ms * MS
    return Operation(op, process, action, Item(name, name), 1, ns, ns, end_ns, Outcome.OK, seen, None, "")


def make_finding(checker: str, count: int, name: str = "a", first_op: int = 0) -> Finding:
    """`count` reads that miss a write; number k waits k ms."""

    def build(number: int) -> Anomaly:
        op = first_op + 2 * number
        ops = (
            make_call(op, Action.WRITE, 0, 5, name),
            make_call(op + 1, Action.GLOBAL_QUERY, 9 + number, 10 + number, name),
        )
        return Anomaly(checker, Item(name, name), ops, f"reader missed {name} after {number} ms.")

    return Finding(checker, count, count, Anomalies(count, build), Verdict.BROKEN, f"{count:,} among {count:,} reads.")


def disturb(judgement: Judgement) -> Judgement:
    """The judgement of a run in which something went wrong: a fault, errors, and anomalies."""
    findings = (make_finding("staleness", 1000), make_finding("lost", 3, first_op=10_000))
    return replace(
        judgement,
        findings=findings,
        incidents=group_incidents(History.of(()), findings),
        faults=(FaultSpan("latency-1", "latency 1s on run_query", START_NS + 5 * S, START_NS + 9 * S),),
        errors=tuple(
            ErrorCount(code, START_NS + second * S, S, second)
            for second in (5, 6, 8)
            for code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
        ),
    )


def annotate(folder: Path) -> None:
    """Somebody noted something about the run in `folder`."""
    append_annotation(folder / "annotations.jsonl", Annotation(START_NS + 12 * S, "deployed <b>2.0</b>"))
