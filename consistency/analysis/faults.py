"""Faults: the spans of time in which something was wrong on purpose.

A plan and a history come in, one FaultSpan for each time that a fault was active goes out, in order of their
beginnings. They explain a run to those who read it; no interval and no verdict depends on them.
"""

from collections.abc import Mapping

from consistency.analysis.judgement import FaultSpan
from consistency.history import History
from consistency.plan import Plan
from consistency.schedule import plan_changes


def list_faults(plan: Plan, history: History) -> tuple[FaultSpan, ...]:
    """Every span; one without an end was still active when its history was cut off."""
    texts = {change.planned.name: change.planned.fault.describe() for change in plan_changes(plan, 0)}
    begun: dict[str, int] = {}
    spans = []
    for change in history.faults:
        if change.active:
            begun[change.fault] = change.at_ns
        elif change.fault in begun:
            spans.append(_make_span(texts, change.fault, begun.pop(change.fault), change.at_ns))
    spans += [_make_span(texts, name, at_ns, None) for name, at_ns in begun.items()]
    return tuple(sorted(spans, key=lambda span: span.begins_ns))


def _make_span(texts: Mapping[str, str], name: str, begins_ns: int, ends_ns: int | None) -> FaultSpan:
    return FaultSpan(name, texts.get(name, name), begins_ns, ends_ns)
