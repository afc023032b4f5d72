"""Counters, banks and forks, by trying all that could have been: what the checkers are compared with."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product

from consistency.operation import Outcome, Verb
from tests.analysis.checkers.transactional import Txn

Version = tuple[int, int]  # an item's place in the order of its versions, by each of two reads


def count_miscounts(txns: Sequence[Txn]) -> int:
    """Reads of a counter for which no choice of increments explains the value: one holds all that had ended before the
    read began, and none that began after it had ended."""
    adds = [txn for txn in txns if _writes(txn) and txn.outcome is not Outcome.FAIL]
    return sum(
        not any(
            len(chosen) == (txn.micros[0].value or 0) for chosen in _choices(txn, [a for a in adds if a is not txn])
        )
        for txn in txns
        if txn.outcome is Outcome.OK
    )


def _choices(reader: Txn, adds: Sequence[Txn]) -> Iterator[Sequence[Txn]]:
    assert reader.finish is not None
    finish = reader.finish
    for size in range(len(adds) + 1):
        for chosen in combinations(adds, size):
            left = [add for add in adds if not any(add is each for each in chosen)]
            lacks = any(_ended(add) and _end(add) < reader.start for add in left)
            if not lacks and all(add.start <= finish for add in chosen):
                yield chosen


def count_wrong_balances(txns: Sequence[Txn], total: int) -> int:
    """Reads of all accounts after the first transaction had opened them that show no state that moving money leads to:
    any division of the total into parts, none below 0. Who began before the opening had ended may see nothing."""
    opening, *others = txns
    keys = sorted({step.key for step in opening.micros})
    states = {state for state in product(range(total + 1), repeat=len(keys)) if sum(state) == total}
    wrong = 0
    for txn in others:
        reads = {step.key: step.value for step in txn.micros if step.verb is Verb.READ}
        if txn.outcome is not Outcome.OK or sorted(reads) != keys:
            continue
        early = all(value is None for value in reads.values()) and txn.start <= _end(opening)
        wrong += not early and tuple(reads[key] or 0 for key in keys) not in states
    return wrong


def has_fork(txns: Sequence[Txn]) -> bool:
    """Whether of some two reads one has a newer x and an older y than the other; of items whose writes overlap nobody
    knows the order."""
    known = [_see(txn, txns) for txn in txns if not _writes(txn)]
    return any(
        one[x] > other[x] and one[y] < other[y]
        for one, other in permutations([seen for seen in known if len(seen) > 1], 2)
        for x, y in permutations(one.keys() & other.keys(), 2)
    )


def _see(reader: Txn, txns: Sequence[Txn]) -> dict[str, int]:
    """For each item that was read, and whose versions have an order, how many of these are older."""
    places = {}
    for step in reader.micros:
        writes = [txn for txn in txns if _writes(txn) and txn.micros[0].key == step.key]
        ordered = all(_end(a) < b.start or _end(b) < a.start for a, b in combinations(writes, 2))
        values = [None, *(txn.micros[0].value for txn in sorted(writes, key=lambda txn: txn.start))]
        if ordered and step.value in values:
            places[step.key] = values.index(step.value)
    return places


def _writes(txn: Txn) -> bool:
    return any(step.verb is Verb.WRITE for step in txn.micros)


def _ended(txn: Txn) -> bool:
    return txn.finish is not None and txn.outcome is Outcome.OK


def _end(txn: Txn) -> int:
    assert txn.finish is not None
    return txn.finish
