"""Gamma and Delta: by how much a history misses being linearizable, value by value.

A history comes in, a finding for each score goes out. Gamma is the shift of every operation, half at its start and half
at its end, Delta the shift of the starts of reads alone, after which the history would be linearizable. WatCA's score
counts the shift per end and is half of Gamma. A value's score is the worst over its pairs; the finding counts the
values that have one, so that one outlier does not make the figure.
"""

from collections.abc import Callable

import numpy as np

from consistency.analysis.checkers.clusters import NO_READ, Clusters, gather_clusters
from consistency.analysis.checkers.conclusions import Evidence, conclude
from consistency.analysis.checkers.conflicts import tell_conflict, tell_future
from consistency.analysis.checkers.partners import ALWAYS, Scores, score_delta, score_gamma
from consistency.analysis.checkers.places import NOWHERE, take
from consistency.analysis.checkers.proofs import blame_futures, prove_conflicts
from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import Column, History

QUARTILES = (("p25", 1), ("p50", 2), ("p75", 3))


def check_gamma(history: History, clock_bound_ns: int = 0) -> Finding:
    """Gamma of each value (whole shift of an operation, half at each end)."""
    remark = "Gamma is the whole shift of an operation, half at each end."
    return _check("gamma", history, clock_bound_ns, score_gamma, remark)


def check_delta(history: History, clock_bound_ns: int = 0) -> Finding:
    """Delta of each value (shift of the starts of reads); infinite where a read ended before its write began."""
    return _check("delta", history, clock_bound_ns, score_delta, "Delta is the shift of the starts of reads.")


def _check(
    name: str, history: History, clock_bound_ns: int, score: Callable[[Clusters], Scores], remark: str
) -> Finding:
    def rule(history: History, registers: Registers) -> Evidence:
        clusters = gather_clusters(registers)
        scores = score(clusters)
        positive = np.flatnonzero(scores.ns > 0)

        future = _find_futures(clusters, positive, scores.partner[positive])
        pairs = np.stack((positive, np.where(future >= 0, positive, scores.partner[positive])), axis=1)
        proofs = prove_conflicts(registers, clusters.write[pairs])
        early = blame_futures(registers, take(clusters.write, future, NOWHERE))

        def build(number: int) -> Anomaly:
            if future[number] >= 0:
                return tell_future(name, history, registers, int(clusters.write[future[number]]))
            return tell_conflict(name, history, registers, proofs, number)

        used = (registers.writes.row[clusters.write] != INITIAL) | (clusters.last_read_start_ns != NO_READ)
        return Evidence(
            examined=len(registers.reads),
            opportunities=int(used.sum()),
            anomalies=Anomalies(len(positive), build, np.where(future >= 0, early, proofs.blamed)),
            noun="values",
            lacks=say_unjudged(registers),
            remark=remark,
            figures=_measure(name, scores.ns[positive]),
        )

    return conclude(name, history, clock_bound_ns, rule)


def _find_futures(clusters: Clusters, a: Column, b: Column) -> Column:
    """Which cluster of each pair was read before its write began, which proves more than any pair; NOWHERE if none."""
    future = clusters.future.astype(np.int64)
    return np.where(take(future, a, 0) > 0, a, np.where(take(future, b, 0) > 0, b, NOWHERE))


def say_unjudged(registers: Registers) -> str:
    """Why some items cannot be judged by unique values; "" where all can."""
    repeated = int(registers.repeated.sum())
    phantoms = int((registers.source < 0).sum())
    if phantoms:
        return f"{phantoms:,} reads returned what nobody wrote, so nothing can be said of them."
    return f"{repeated:,} items hold a value that was written more than once, such as a deletion." if repeated else ""


def _measure(name: str, positive_ns: Column) -> dict[str, float | int | None]:
    ordered = np.sort(positive_ns)
    figures: dict[str, float | int | None] = {f"{name}_max_ns": _finite(ordered[-1]) if len(ordered) else 0}
    for label, quarters in QUARTILES if len(ordered) else ():
        figures[f"{name}_{label}_ns"] = _finite(ordered[-(-len(ordered) * quarters // 4) - 1])
    return figures


def _finite(ns: np.int64) -> int | None:
    """None is infinite."""
    return None if ns == ALWAYS else int(ns)
