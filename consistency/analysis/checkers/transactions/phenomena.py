"""Phenomena: Adya's anomalies, the models that rule them out, and what a history lacks to tell them.

A history comes in, a Finding goes out. An anomaly is claimed on evidence alone. That there is none follows from an
order of all transactions that explains every read, where one was found; from the graph, where it knows the order of all
versions; and of G0 and G1c always, because of versions whose order is not known one order is as good as another.
"""

from collections.abc import Callable, Iterable, Sequence

from consistency.analysis.checkers.conclusions import Evidence, find
from consistency.analysis.checkers.transactions.cycles import Cycle, Phenomenon
from consistency.analysis.checkers.transactions.direct import (
    Proof,
    find_aborted_reads,
    find_duplicates,
    find_garbage,
    find_incompatible_orders,
    find_intermediate_reads,
    find_lost_updates,
)
from consistency.analysis.checkers.transactions.gathering import Transaction, find_item
from consistency.analysis.checkers.transactions.internal import find_contradictions
from consistency.analysis.checkers.transactions.study import Study, Timing, study_history
from consistency.analysis.checkers.transactions.witnesses import Search, prove_cycle
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import History

NAMED_MAX = 5
Build = Callable[[], tuple[str, Sequence[Transaction], str]]  # key, witness and sentence of one anomaly
_WORSE = {phenomenon: tuple(Phenomenon)[:place] for place, phenomenon in enumerate(Phenomenon)}

DIRECT: dict[str, Callable[[Study], Iterable[Proof]]] = {
    "g1a": lambda study: find_aborted_reads(study.ledger),
    "g1b": lambda study: find_intermediate_reads(study.ledger),
    "lost_update": lambda study: find_lost_updates(study.ledger),
    "internal": lambda study: find_contradictions(study.ledger),
    "duplicate_writes": lambda study: find_duplicates(study.ledger),
    "garbage_reads": lambda study: find_garbage(study.ledger),
    "incompatible_orders": lambda study: find_incompatible_orders(study.ledger, study.orders),
}


def check_direct(checker: str, history: History) -> Finding:
    """What transactions show without a cycle: `checker` is one of DIRECT."""
    study = study_history(history)
    builds = _build_direct(study, checker)
    return _conclude(checker, history, study, builds, "" if builds else _lack_values(study, checker))


def check_cycles(phenomenon: Phenomenon, history: History) -> Finding:
    """Knots of transactions whose worst cycle is of this type."""
    study = study_history(history)
    builds = _build_cycles(study, [phenomenon])
    return _conclude(phenomenon, history, study, builds, "" if builds else _lack_order(study, phenomenon))


def check_serializable(history: History) -> Finding:
    """Whether one order of all transactions explains every read; all that speaks against it."""
    study = study_history(history)
    builds = _build_all(study)
    return _conclude("serializable", history, study, builds, "" if builds or study.serial else _NO_ORDER)


def check_timed(checker: str, history: History, timing: Timing) -> Finding:
    """Whether such an order also respects an order in time. Clocks may be `timing.bound_ns` apart."""
    study = study_history(history)
    builds = [*_build_all(study), *(_prove_timed(study, cycle, timing) for cycle in study.find_timed(timing))]
    at_worst = Timing(timing.real, -timing.bound_ns)
    lacks, unresolved = "", 0
    if not builds and not study.can_replay(at_worst):
        unresolved = len(study.find_timed(at_worst)) if timing.bound_ns else 0
        lacks = "" if unresolved else _NO_ORDER
    return _conclude(checker, history, study, builds, lacks, unresolved)


_NO_ORDER = "No order of all transactions was found that explains every read, and nothing that excludes one."


def _build_all(study: Study) -> list[Build]:
    direct = [build for checker in DIRECT for build in _build_direct(study, checker)]
    return [*direct, *_build_cycles(study, Phenomenon)]


def _build_direct(study: Study, checker: str) -> list[Build]:
    def prepare(proof: Proof) -> Build:
        return lambda: (proof.key, [study.transactions[number] for number in proof.numbers], proof.told)

    return [prepare(proof) for proof in DIRECT[checker](study)]


def _build_cycles(study: Study, phenomena: Iterable[Phenomenon]) -> list[Build]:
    wanted = set(phenomena)
    return [_prove(study, cycle, phenomenon) for phenomenon, cycle in study.cycles if phenomenon in wanted]


def _prove(study: Study, cycle: Cycle, phenomenon: Phenomenon) -> Build:
    def search(some: Study) -> Cycle:
        return next((cycle for found, cycle in some.cycles if found is phenomenon), ())

    return lambda: _tell(study, cycle, search)


def _prove_timed(study: Study, cycle: Cycle, timing: Timing) -> Build:
    return lambda: _tell(study, cycle, lambda some: next(iter(some.find_timed(timing)), ()))


def _tell(study: Study, cycle: Cycle, search: Search) -> tuple[str, Sequence[Transaction], str]:
    transactions, told = prove_cycle(study, cycle, search)
    return next(edge.key for edge in cycle if edge.key), transactions, told


def _lack_values(study: Study, checker: str) -> str:
    """What a history lacks to say that there is no `checker`."""
    if checker in {"internal", "duplicate_writes", "incompatible_orders"}:
        return ""
    keys = {*study.unclear, *(study.ledger.masked if checker == "g1a" else ())}
    if not keys or study.serial:
        return ""
    names = ", ".join(sorted(keys)[:NAMED_MAX]) + (", ..." if len(keys) > NAMED_MAX else "")
    return f"Of {names} nobody can say who wrote everything: values repeat, or are not known."


def _lack_order(study: Study, phenomenon: Phenomenon) -> str:
    if hidden := sum(found in _WORSE[phenomenon] for found, _ in study.cycles):
        return f"{hidden:,} knots of transactions hold something worse, and were not searched for this."
    if lacks := _lack_values(study, phenomenon):
        return lacks
    needs_order = phenomenon in {Phenomenon.G_SINGLE, Phenomenon.G2}
    if needs_order and not study.traced and not study.serial:
        return "The order of versions is not known well enough: numbers that were not read before tell less than lists."
    return ""


def _conclude(
    checker: str, history: History, study: Study, builds: Sequence[Build], lacks: str, unresolved: int = 0
) -> Finding:
    def build(number: int) -> Anomaly:
        key, witness, told = builds[number]()
        ops = tuple(history[transaction.row] for transaction in sorted(witness, key=lambda each: each.row))
        return Anomaly(checker, find_item(history, key), ops, told)

    count, anomalies = len(study.ledger.certain), Anomalies(len(builds), build)
    figures = {"transactions": count, "dependencies": len(study.edges)}
    return find(
        checker, Evidence(count, count, anomalies, "transactions", lacks, single=False, figures=figures), unresolved
    )
