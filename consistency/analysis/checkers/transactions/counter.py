"""Counter: whether a number that is only ever increased by one counts the increments.

A history comes in, a finding goes out. A read must lie between the increments that had certainly ended before it began
and those that may have begun before it ended. That is less than serializability asks, and needs no unique values.

    add [==]   add [====]   add [==]                  at least 2: those two had ended
                   read [========]      add [==]      at most 3: the third may have counted already
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from consistency.analysis.checkers.conclusions import Evidence, find
from consistency.analysis.checkers.transactions.gathering import Transaction, find_item
from consistency.analysis.checkers.transactions.study import study_history
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import NEVER, History
from consistency.operation import Outcome, Verb

NAME = "counter"


class Miscount(NamedTuple):
    """A read of `value`, where `least` to `most` increments could have counted; `adds` are those of its key."""

    reader: Transaction
    key: str
    value: int
    least: int
    most: int
    adds: Sequence[Transaction]


def check_counter(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads outside the bounds of increments, by clocks that may be `clock_bound_ns` apart."""
    counters = _gather(study_history(history).transactions)
    if counters is None:
        return find(NAME, Evidence(0, 0, Anomalies(), "reads", "The history has no counters."))
    bound_ns = clock_bound_ns if len(history.processes) > 1 else 0
    wrong = _find(counters, bound_ns)
    unresolved = len(_find(counters, -bound_ns)) - len(wrong) if bound_ns else 0
    reads = sum(each.outcome is Outcome.OK for touching in counters.values() for each in touching)

    def build(number: int) -> Anomaly:
        miscount = wrong[number]
        rows, told = _prove(miscount)
        return Anomaly(NAME, find_item(history, miscount.key), tuple(history[row] for row in sorted(rows)), told)

    return find(NAME, Evidence(reads, reads, Anomalies(len(wrong), build), "reads"), unresolved)


def _gather(transactions: Sequence[Transaction]) -> Mapping[str, Sequence[Transaction]] | None:
    """All transactions by the counter that they are about; None where any does something else."""
    counters: dict[str, list[Transaction]] = defaultdict(list)
    for transaction in transactions:
        if not _counts(transaction):
            return None
        counters[transaction.micros[0].key].append(transaction)
    return counters if any(each.writes for touching in counters.values() for each in touching) else None


def _counts(transaction: Transaction) -> bool:
    """Whether it reads one number, and writes the next one or nothing."""
    read, *written = transaction.micros
    if read.verb is not Verb.READ or any(step.verb is not Verb.WRITE or step.key != read.key for step in written):
        return False
    if transaction.outcome is not Outcome.OK:
        return len(written) < 2
    if read.value is not None and not isinstance(read.value, int):
        return False
    return [step.value for step in written] in [[], [(read.value or 0) + 1]]


def _find(counters: Mapping[str, Sequence[Transaction]], bound_ns: int) -> list[Miscount]:
    found = []
    for key, touching in counters.items():
        adds = [each for each in touching if each.writes and each.outcome is not Outcome.FAIL]
        begun_ns = np.sort([each.start_ns for each in adds])
        ended_ns = np.sort([each.finish_ns for each in adds if each.finish_ns != NEVER])
        for reader in touching:
            if reader.outcome is not Outcome.OK:
                continue
            value = reader.reads[key]
            least = int(np.searchsorted(ended_ns, reader.start_ns - bound_ns, side="left"))
            most = int(np.searchsorted(begun_ns, reader.finish_ns + bound_ns, side="right")) - bool(reader.writes)
            seen = value if isinstance(value, int) else 0
            if not least <= seen <= most:
                found.append(Miscount(reader, key, seen, least, most, adds))
    return found


def _prove(wrong: Miscount) -> tuple[set[int], str]:
    """The rows that prove it, and a sentence. A counter that went back is shown by the one increment that the read had
    to see; one that lost increments by two that wrote the same number; one that ran ahead by the read alone."""
    read = f"{wrong.reader.name} read {wrong.value} of {wrong.key}"
    if wrong.value > wrong.most:
        return {wrong.reader.row}, f"{read}, where {wrong.most} increments could have counted at most."
    before = [each for each in wrong.adds if each.finish_ns < wrong.reader.start_ns]
    ahead = next((each for each in before if _written(each, wrong.key) > wrong.value), None)
    if ahead is not None:
        written = _written(ahead, wrong.key)
        return {ahead.row, wrong.reader.row}, f"{read} after {ahead.name} had counted to {written}."
    twins: dict[int, Transaction] = {}
    for each in before:
        twin = twins.setdefault(_written(each, wrong.key), each)
        if twin is not each:
            both = f"{twin.name} and {each.name} both counted to {_written(each, wrong.key)}"
            return {twin.row, each.row}, f"{read} after {wrong.least} increments: {both}."
    return {wrong.reader.row, *(each.row for each in before)}, f"{read} after {wrong.least} increments."


def _written(add: Transaction, key: str) -> int:
    value = add.writes[key][-1]
    return value if isinstance(value, int) else 0
