"""Comparisons of the checkers of transactions, counters, banks and forks with their definitions.

A seed and a number come in, the histories on which the two differ go out. Where a checker cannot tell, nothing is
claimed and nothing compared; of lists every history must be decided.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.judgement import Verdict
from consistency.operation import Outcome
from tests.analysis.checkers import brute_totals
from tests.analysis.checkers.brute_transactions import is_serializable
from tests.analysis.checkers.drawing_totals import TOTAL, draw_bank, draw_counter, draw_forks
from tests.analysis.checkers.drawing_transactions import draw_at_will
from tests.analysis.checkers.transactional import Txn, build, check

PARTS = 8  # histories of reads of several items that are judged as one
Txns = list[Txn]


def compare_orders(*, lists: bool, strict: bool) -> Callable[[int, int], list[Txns]]:
    """Whether some order of the transactions explains every read."""

    def compare(seed: int, count: int) -> list[Txns]:
        random, wrong, told = Random(seed), [], Counter[bool]()
        for _ in range(count):
            txns = draw_at_will(random, random.randint(2, 5), lists=lists)
            verdict = check("strict_serializable" if strict else "serializable", build(txns)).verdict
            if verdict is not Verdict.CANNOT_TELL:
                told[verdict is Verdict.HOLDS] += 1
                wrong += [txns] if (verdict is Verdict.HOLDS) != is_serializable(txns, strict=strict) else []
            elif lists and any(txn.outcome is Outcome.OK for txn in txns):
                wrong.append(txns)
        assert min(told[True], told[False]) >= count // 20
        return wrong

    return compare


def compare_counters(seed: int, count: int) -> list[Txns]:
    """How many reads of each counter are wrong; all are keys of one history."""
    random = Random(seed)
    drawn = {key: draw_counter(random, key) for key in (f"k{number}" for number in range(count))}
    finding = CHECKERS["counter"](build(txn for txns in drawn.values() for txn in txns), 0)
    found = Counter(anomaly.item.name for anomaly in finding.anomalies)
    expected = {key: brute_totals.count_miscounts(txns) for key, txns in drawn.items()}
    assert sum(map(bool, expected.values())) >= count // 10
    return [drawn[key] for key in drawn if found[key] != expected[key]]


def compare_banks(seed: int, count: int) -> list[Txns]:
    """How many reads of each bank are wrong."""
    random, broken, wrong = Random(seed), 0, []
    for _ in range(count):
        txns = draw_bank(random)
        expected = brute_totals.count_wrong_balances(txns, TOTAL)
        wrong += [txns] if len(CHECKERS["bank"](build(txns), 0).anomalies) != expected else []
        broken += expected > 0
    assert broken >= count // 10
    return wrong


def compare_forks(seed: int, count: int) -> list[Txns]:
    """Which parts of a history have two reads that saw writes in opposite orders, and whether those named did."""
    random, broken, wrong = Random(seed), 0, []
    for _ in range(count // PARTS):
        parts = {str(part): draw_forks(random, part) for part in range(PARTS)}
        history = build(txn for txns in parts.values() for txn in txns)
        found = {anomaly.item.name[1:] for anomaly in CHECKERS["long_fork"](history, 0).anomalies}
        expected = {part for part, txns in parts.items() if brute_totals.has_fork(txns)}
        wrong += [parts[part] for part in found ^ expected]
        broken += len(expected)
    assert broken >= count // 50
    return wrong


TRANSACTIONS: dict[str, Callable[[int, int], Sequence[object]]] = {
    "serializable, lists": compare_orders(lists=True, strict=False),
    "serializable, registers": compare_orders(lists=False, strict=False),
    "strictly serializable, lists": compare_orders(lists=True, strict=True),
    "strictly serializable, registers": compare_orders(lists=False, strict=True),
    "counter": compare_counters,
    "bank": compare_banks,
    "long fork": compare_forks,
}
