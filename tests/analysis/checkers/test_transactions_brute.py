"""Transactions against the definition, on random small histories; and valid ones broken in one known way."""

from collections.abc import Callable
from random import Random

import pytest

from consistency.analysis.judgement import Verdict
from consistency.operation import Micro, Outcome, Verb
from tests.analysis.checkers.brute_transactions import is_serializable
from tests.analysis.checkers.drawing_transactions import draw_at_will, draw_serial
from tests.analysis.checkers.transactional import Txn, build, check, find_broken, parse_txns

SEED, COUNT = 20261121, 500
MODELS = {"serializable", "serializable_by_session", "strict_serializable"}


class TestAgainstTheDefinition:
    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("lists", [False, True])
    def test_no_verdict_is_wrong(self, lists: bool, strict: bool) -> None:
        """Broken ones have no order, those that hold have one. Lists are always decided."""
        random, told = Random(SEED), {True: 0, False: 0}
        for _ in range(COUNT):
            txns = draw_at_will(random, random.randint(2, 5), lists=lists)
            verdict = check("strict_serializable" if strict else "serializable", build(txns)).verdict
            if verdict is Verdict.CANNOT_TELL:
                assert not lists or all(txn.outcome is not Outcome.OK for txn in txns), txns
                continue
            assert (verdict is Verdict.HOLDS) == is_serializable(txns, strict=strict), txns
            told[verdict is Verdict.HOLDS] += 1
        assert min(told.values()) > COUNT // 10

    @pytest.mark.parametrize("lists", [False, True])
    def test_serial_executions_are_clean(self, lists: bool) -> None:
        """Whatever the overlap of their ends, nothing is found; and the service's stamps give the order."""
        random = Random(SEED)
        for _ in range(100):
            history = build(draw_serial(random, 20, lists=lists))
            assert find_broken(history) == set()
            assert check("strict_serializable", history).verdict is Verdict.HOLDS


VALID = """a 0-1: r x [], append x 1; b 2-3: r x [1], r y [], append y 2; c 4-5: r x [1], append x 3, append x 4;
d 6-7 fail: append y 5; a 8-9: r x [1 3 4], r y [2], append y 6; b 10-11: r x [1 3 4], r y [2 6]"""
Change = Callable[[list[Txn]], list[Txn]]


def tell(place: int, *steps: tuple[str, str, object]) -> Change:
    """Transaction number `place` has these steps."""
    micros = tuple(Micro(Verb(verb), key, value) for verb, key, value in steps)  # type: ignore[arg-type]
    return lambda txns: [*txns[:place], txns[place]._replace(micros=micros), *txns[place + 1 :]]


MUTATIONS: dict[str, tuple[Change, set[str]]] = {
    "a failed append is read": (tell(5, ("r", "x", (1, 3, 4)), ("r", "y", (2, 6, 5))), {"g1a"}),
    "half a transaction is read": (tell(5, ("r", "x", (1, 3)), ("r", "y", (2, 6))), {"g1b"}),
    "a value of nobody is read": (tell(5, ("r", "x", (1, 3, 4, 9)), ("r", "y", (2, 6))), {"garbage_reads"}),
    "an element stands twice": (tell(5, ("r", "x", (1, 3, 4)), ("r", "y", (2, 6, 2))), {"duplicate_writes"}),
    "elements change places": (tell(5, ("r", "x", (3, 4, 1)), ("r", "y", (2, 6))), {"incompatible_orders"}),
    "a transaction reads two states": (
        tell(5, ("r", "x", (1, 3, 4)), ("r", "y", (2, 6)), ("r", "y", (2,))),
        {"internal"},
    ),
    "an old part is read": (tell(5, ("r", "x", (1,)), ("r", "y", (2, 6))), {"g_single"}),
    "an append is overlooked": (tell(4, ("r", "x", (1, 3, 4)), ("r", "y", ()), ("append", "y", 6)),
                                {"lost_update", "g_single"}),
}  # fmt: skip


class TestMutations:
    def test_the_valid_history_is_valid(self) -> None:
        """No checker of transactions finds anything."""
        assert find_broken(VALID) == set()

    @pytest.mark.parametrize("name", MUTATIONS)
    def test_caught_by_the_right_checkers(self, name: str) -> None:
        """And by no others, but for the models that the anomaly contradicts."""
        change, expected = MUTATIONS[name]
        assert find_broken(build(change(parse_txns(VALID)))) - MODELS == expected
