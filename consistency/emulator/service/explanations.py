"""Explained queries: which indexes a question walks, and what walking them took.

A question and its Statistics come in, ExplainMetrics are filled. Entries scanned are the results that the walks gave,
those skipped by an offset among them; documents scanned are the entities that were sent.
"""

from collections.abc import Iterator

from consistency.emulator.query.plans import Walked, list_indexes
from consistency.emulator.query.question import Question
from consistency.emulator.query.walks import Result
from consistency.emulator.values.messages import Message, Struct


class Statistics:
    """What one query took so far."""

    __slots__ = ("begun_ns", "documents", "entries", "results")

    def __init__(self, begun_ns: int) -> None:
        self.begun_ns = begun_ns
        self.entries = 0
        self.results = 0
        self.documents = 0

    def counted(self, found: Iterator[Result]) -> Iterator[Result]:
        """The same results, counted as they are taken."""
        for result in found:
            self.entries += 1
            yield result


def explain(metrics: Message, question: Question, statistics: Statistics | None, now_ns: int) -> None:
    """Fill ExplainMetrics: the plan, and with `statistics` what its execution took."""
    for index in dict.fromkeys(_describe(walked) for walked in list_indexes(question)):
        scope, properties = index
        metrics.plan_summary.indexes_used.add().update({"query_scope": scope, "properties": properties})
    if statistics is None:
        return
    stats = metrics.execution_stats
    stats.results_returned = statistics.results
    stats.execution_duration.FromNanoseconds(now_ns - statistics.begun_ns)
    stats.read_operations = max(1, statistics.documents or -(-statistics.entries // 1000))
    stats.debug_stats.CopyFrom(_debug(statistics, stats.read_operations))


def _describe(walked: Walked) -> tuple[str, str]:
    parts = [f"{name} {'DESC' if descending else 'ASC'}" for name, descending in walked.properties]
    return "Includes ancestors" if walked.ancestor else "Collection group", f"({', '.join(parts)})"


def _debug(statistics: Statistics, operations: int) -> Struct:
    """The counters as texts, which is how the service sends 64 bits in a Struct."""
    debug = Struct()
    debug.update(
        {
            "index_entries_scanned": str(statistics.entries),
            "documents_scanned": str(statistics.documents),
            "billing_details": {
                "index_entries_billable": str(statistics.entries if not statistics.documents else 0),
                "documents_billable": str(operations if statistics.documents else 0),
                "small_ops": "0",
                "min_query_cost": "0" if statistics.entries else "1",
            },
        }
    )
    return debug
