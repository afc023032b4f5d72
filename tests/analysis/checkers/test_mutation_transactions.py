"""Mutation of transactions: valid histories, broken in one known way, are caught by the right checkers and no others.

Each workload has one valid history; a mutation says anew what some of its transactions did, by their place in it. All
checkers are asked, those of single registers too, for a transaction's reads and writes are calls to these.
"""

from typing import Final

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.judgement import Verdict
from consistency.history import History
from tests.analysis.checkers.transactional import build, parse_txns

MODELS: Final = {"serializable", "serializable_by_session", "strict_serializable"}  # ruled out by every cycle
STRICT: Final = {"strict_serializable", "linearizable"}
SCORES: Final = {"gamma", "delta", "k_atomicity"}
STALE: Final = {"regular", "atomic", "staleness"} | SCORES
NO_WRITE: Final = {"regular", "atomic", "linearizable", "sequential", "causal"}  # a read of what was never written

VALID: Final = {
    "lists": """a 0-1: r x [], append x 1; b 2-3: r x [1], r y [], append y 2; c 4-5: r x [1], append x 3, append x 4;
        d 6-7 fail: append y 5; a 8-9: r x [1 3 4], r y [2], append y 6; b 10-11: r x [1 3 4], r y [2 6];
        c 12-20: append x 7, append y 8; d 12-20: append x 9, append y 10; a 21-22: r x [1 3 4 7 9], r y [2 6 8 10];
        c 23-30: append x 11, r y [2 6 8 10]; d 24-30: append y 12, r x [1 3 4 7 9 11];
        a 31-32: r x [1 3 4 7 9 11], r y [2 6 8 10 12]""",
    "registers": """a 0-1: r x -, w x 1; b 2-3: r x 1, r y -, w y 2; c 4-5: r x 1, w x 3, w x 4;
        d 6-7 fail: r y 2, w y 5; a 8-9: r y 2, w y 6; b 10-20: r x 4, r y 6, w x 7; c 11-20: r x 7, r y 6, w y 8;
        d 12-22: r x 7, r y 8""",
    "counter": """a 0-1: r n -, w n 1; b 2-9: r n 1, w n 2; c 3-9: r n 2, w n 3; d 10-11: r n 3; a 12-13: r n 3""",
    "bank": """z 0-1: r p -, r q -, w p 50, w q 50; a 2-9: r p 50, r q 50, w p 40, w q 60;
        b 3-9: r p 40, r q 60, w p 35, w q 65; c 10-11: r p 35, r q 65; d 12-13: r p 35, r q 65""",
    "compare-and-set": """a 0-1: w x 1; b 2-3: r x 1, w x 2; c 4-5: other x 1; d 6-9: r x 2, w x 3; a 7-9: other x 2;
        b 10-?: if x 3, w x 4; c 12-13: r x 4; d 14-15: other x 3; a 16-17: r x 4, w x 5; c 18-19: r x 5""",
}
MUTATIONS: Final[dict[tuple[str, str], tuple[dict[int, str], set[str]]]] = {
    ("lists", "g0: two write over each other"): (
        {
            8: "a 21-22: r x [1 3 4 7 9], r y [2 6 10 8]",
            9: "c 23-30: append x 11, r y [2 6 10 8]",
            11: "a 31-32: r x [1 3 4 7 9 11], r y [2 6 10 8 12]",
        },
        MODELS | {"g0"},
    ),
    ("lists", "g1a: a failed append is read"): (
        {11: "a 31-32: r x [1 3 4 7 9 11], r y [2 6 8 10 12 5]"},
        MODELS | {"g1a"},
    ),
    ("lists", "g1b: half a transaction is read"): ({5: "b 10-11: r x [1 3], r y [2 6]"}, MODELS | {"g1b"}),
    ("lists", "g1c: two read each other"): ({9: "c 23-30: append x 11, r y [2 6 8 10 12]"}, MODELS | {"g1c"}),
    ("lists", "g-single: one of two appends is read"): (
        {11: "a 31-32: r x [1 3 4 7 9], r y [2 6 8 10 12]"},
        MODELS | {"g_single"},
    ),
    ("lists", "g2: two overlook each other"): ({10: "d 24-30: append y 12, r x [1 3 4 7 9]"}, MODELS | {"g2"}),
    ("lists", "lost update: an append is overlooked by the next"): (
        {4: "a 8-9: r x [1 3 4], r y [], append y 6"},
        MODELS | {"lost_update", "g_single"},
    ),
    ("lists", "a value of nobody is read"): (
        {11: "a 31-32: r x [1 3 4 7 9 11], r y [2 6 8 10 12 99]"},
        MODELS | {"garbage_reads"},
    ),
    ("lists", "an element stands twice"): ({5: "b 10-11: r x [1 3 4], r y [2 6 2]"}, MODELS | {"duplicate_writes"}),
    ("lists", "elements change places"): ({5: "b 10-11: r x [3 4 1], r y [2 6]"}, MODELS | {"incompatible_orders"}),
    ("lists", "a transaction reads two states"): (
        {5: "b 10-11: r x [1 3 4], r y [2 6], r y [2]"},
        MODELS | {"internal"},
    ),
    ("registers", "g0: two write over each other, each having read the other"): (
        {
            5: "b 10-20: r x 4, w x 7, r y 8, w y 9",
            6: "c 11-20: r y 6, w y 8, r x 7, w x 10",
            7: "d 12-22: r x 10, r y 9",
        },
        MODELS | {"g0"},
    ),
    ("registers", "g1a: a failed write is read"): ({7: "d 12-22: r x 7, r y 5"}, MODELS | NO_WRITE | {"g1a"}),
    ("registers", "g1b: half a transaction is read"): (
        {5: "b 10-20: r x 3, r y 6, w x 7"},
        MODELS | NO_WRITE | {"g1b"},
    ),
    ("registers", "g1c: two read each other"): ({5: "b 10-20: r x 4, r y 8, w x 7"}, MODELS | {"g1c", "long_fork"}),
    ("registers", "g-single: one of two writes is read"): (
        {7: "d 12-22: r x 4, r y 8"},
        MODELS | {"g_single", "long_fork"},
    ),
    ("registers", "g2: two overlook each other"): ({6: "c 11-20: r x 4, r y 6, w y 8"}, MODELS | {"g2"}),
    ("registers", "lost update: an old version is overwritten"): (
        {6: "c 11-20: r x 7, r y 2, w y 8"},
        MODELS | STRICT | STALE | {"lost_update", "g_single", "long_fork"},
    ),
    ("registers", "a value of nobody is read"): ({7: "d 12-22: r x 7, r y 9"}, MODELS | NO_WRITE | {"garbage_reads"}),
    ("registers", "a transaction reads two states"): ({7: "d 12-22: r x 7, r y 8, r y 6"}, MODELS | {"internal"}),
    ("counter", "it runs ahead"): (
        {4: "a 12-13: r n 4"},
        MODELS | NO_WRITE | {"safe", "counter", "garbage_reads"},
    ),
    ("counter", "it goes back"): ({4: "a 12-13: r n 2"}, STRICT | SCORES | {"counter"}),
    ("counter", "an increment is lost"): (
        {2: "c 3-9: r n 1, w n 2", 3: "d 10-11: r n 2", 4: "a 12-13: r n 2"},
        MODELS | STRICT | {"counter", "lost_update"},
    ),
    ("bank", "one side of a transfer is read"): (
        {3: "c 10-11: r p 40, r q 65"},
        MODELS | STRICT | SCORES | {"bank", "g_single"},
    ),
    ("bank", "an old state is read, whose total is right"): ({4: "d 12-13: r p 40, r q 60"}, STRICT | SCORES),
    ("bank", "a transfer is lost"): (
        {
            2: "b 3-9: r p 50, r q 50, w p 45, w q 55",
            3: "c 10-11: r p 40, r q 60",
            4: "d 12-13: r p 40, r q 60",
        },
        MODELS | {"linearizable", "lost_update", "g2"},
    ),
    ("bank", "two transfers leave one account each"): (
        {
            2: "b 3-9: r p 50, r q 50, w p 45, w q 55",
            3: "c 10-11: r p 45, r q 60",
            4: "d 12-13: r p 45, r q 60",
        },
        MODELS | {"linearizable", "bank", "lost_update", "g2"},
    ),
    ("bank", "money is made"): ({4: "d 12-13: r p 36, r q 65"}, MODELS | NO_WRITE | {"safe", "bank", "garbage_reads"}),
    ("bank", "an account owes"): (
        {
            2: "b 3-9: r p 40, r q 60, w p -5, w q 105",
            3: "c 10-11: r p -5, r q 105",
            4: "d 12-13: r p -5, r q 105",
        },
        {"bank"},
    ),
    ("compare-and-set", "it sets over an old value"): (
        {3: "d 6-9: r x 1, w x 3"},
        MODELS | STRICT | STALE | {"lost_update", "g2"},
    ),
    ("compare-and-set", "it refuses what fits"): ({2: "c 4-5: other x 2"}, {"linearizable"}),
    ("compare-and-set", "an unanswered one sets over what was not there"): (
        {5: "b 10-?: if x 1, w x 4"},
        {"linearizable"},
    ),
    ("compare-and-set", "a second one sets over the same value"): ({8: "a 16-17: r x 3, w x 5"}, STRICT | STALE),
    ("compare-and-set", "an old value is read"): ({9: "c 18-19: r x 4"}, STRICT | STALE | {"safe"}),
    ("compare-and-set", "a value of nobody is read"): (
        {9: "c 18-19: r x 9"},
        MODELS | NO_WRITE | {"safe", "garbage_reads"},
    ),
}


def find_broken(history: History) -> set[str]:
    """The checkers that find an anomaly."""
    return {name for name, check in CHECKERS.items() if check(history, 0).verdict is Verdict.BROKEN}


class TestMutations:
    @pytest.mark.parametrize("workload", VALID)
    def test_the_valid_histories_are_valid(self, workload: str) -> None:
        """No checker finds anything."""
        assert find_broken(build(parse_txns(VALID[workload]))) == set()

    @pytest.mark.parametrize(("workload", "name"), MUTATIONS)
    def test_caught_by_the_right_checkers(self, workload: str, name: str) -> None:
        """And by no unrelated one."""
        changes, expected = MUTATIONS[workload, name]
        txns = parse_txns(VALID[workload])
        for place, line in changes.items():
            (txns[place],) = parse_txns(line)
        found = find_broken(build(txns))
        assert found == expected, (sorted(found - expected), sorted(expected - found))
