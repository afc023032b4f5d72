"""Every anomaly of transactions in the smallest history that has it, and near misses that have not."""

import pytest

from consistency.analysis.checkers.transactions.gathering import say_value
from consistency.analysis.judgement import Verdict
from tests.analysis.checkers.transactional import build, check, find_broken, find_verdicts, parse_txns

MODELS = {"serializable", "serializable_by_session", "strict_serializable"}
PAPER = """a 0-1: append x253 1, append x253 3, append x253 4, append x255 2, append x255 3, append x255 4,
append x255 5, append x256 1, append x256 2; b 2-3: append x255 8, r x253 [1 3 4];
c 4-5: append x256 4, r x255 [2 3 4 5 8], r x256 [1 2 4], r x253 [1 3 4];
d 6-7: append x250 10, r x253 [1 3 4], r x255 [2 3 4 5], append x256 3"""

ANOMALIES = {
    # measurement.md 4.11, from Elle's README: not read-committed
    "elle's readme": ("a 0-9: append x 1, r y [1]; b 1-8: append x 2, append y 1; c 10-11: r x [1 2]", {"g1c"}),
    # measurement.md 4.11, Elle's paper: d overlooked b, of which c saw more, and c's append precedes d's
    "elle's paper": (PAPER, {"g_single"}),
    "g0": ("a 0-9: append x 1, append y 1; b 0-9: append x 2, append y 2; c 10-11: r x [1 2], r y [2 1]", {"g0"}),
    "g1a, a list": ("a 0-1 fail: append x 1; b 2-3: r x [1]", {"g1a"}),
    "g1a, a register": ("a 0-1 fail: w x 1; b 2-3: r x 1", {"g1a"}),
    "g1b, a list": ("a 0-5: append x 1, append x 2; b 1-4: r x [1]; c 6-7: r x [1 2]", {"g1b"}),
    "g1b, a register": ("a 0-5: w x 1, w x 2; b 1-4: r x 1; c 6-7: r x 2", {"g1b"}),
    "g1c of registers": ("a 0-9: w x 1, r y 1; b 0-9: w y 1, r x 1", {"g1c"}),
    "read skew of lists": ("a 0-9: append x 1, append y 1; b 1-8: r x [1], r y []", {"g_single"}),
    "read skew of registers": ("a 0-9: w x 1, w y 1; b 1-8: r x 1, r y -", {"g_single"}),
    "write skew": ("a 0-9: r x -, w y 1; b 0-9: r y -, w x 1", {"g2"}),
    "write skew of lists": ("a 0-9: r x [], append y 1; b 0-9: r y [], append x 1", {"g2"}),
    "a lost update of a list": (
        "a 0-9: r x [], append x 1; b 0-9: r x [], append x 2; c 10-11: r x [1]",
        {"lost_update", "g_single"},
    ),
    "a lost update of a register": (
        "a 0-9: w x 1; b 10-19: r x 1, w x 2; c 10-19: r x 1, w x 3",
        {"lost_update", "g2"},
    ),
    "internal": ("a 0-1: r x -, w x 1, r x 2; b 0-9: w x 2", {"internal"}),
    "internal, a list": ("a 0-1: append x 1, r x [2]; b 0-9: append x 2", {"internal"}),
    "an append done twice": ("a 0-1: append x 1; b 2-3: r x [1 1]", {"duplicate_writes"}),
    "garbage": ("a 0-1: w x 1; b 2-3: r x 7", {"garbage_reads"}),
    "garbage in a list": ("a 0-1: append x 1; b 2-3: r x [1 7]", {"garbage_reads"}),
    "incompatible orders": (
        "a 0-9: append x 1; b 0-9: append x 2; c 10-11: r x [1 2]; d 10-11: r x [2 1]",
        {"incompatible_orders"},
    ),
}

CLEAN = {
    "one after another": "a 0-1: append x 1; b 2-3: r x [1], append x 2; c 4-5: r x [1 2]",
    "registers one after another": "a 0-1: w x 1; b 2-3: r x 1, w x 2; c 4-5: r x 2",
    "an append that nobody has read yet": "a 0-1: append x 1; b 2-3: r x [1]; c 4-5: append x 2; d 4-5: append x 3",
    "a failed write that nobody saw": "a 0-1 fail: w x 1; b 2-3: r x -; c 4-5: w x 2",
    "a write without an answer, seen": "a 0-?: append x 1; b 2-3: r x [1]",
    "a write without an answer, never seen": "a 0-?: append x 1; b 2-3: r x []; c 4-5: r x []",
    "a failed attempt that wrote the same": "a 0-1: r x -, w x 1; b 2-3 fail: r x 1, w x 2; b 4-5: r x 1, w x 2",
    "own writes": "a 0-1: append x 1, append x 2, r x [1 2]; b 2-3: r x [1 2], append x 3, r x [1 2 3]",
    "values that repeat": "a 0-1@1: w x 5; b 2-3@2: r x 5, w x 4; c 4-5@3: r x 4, w x 5; d 6-7@4: r x 5",
}


class TestAnomalies:
    @pytest.mark.parametrize("name", ANOMALIES)
    def test_found_and_no_other(self, name: str) -> None:
        """The models that it contradicts are broken with it."""
        line, expected = ANOMALIES[name]
        assert find_broken(line) - MODELS == expected
        assert find_broken(line) & MODELS == MODELS

    @pytest.mark.parametrize("name", ANOMALIES)
    def test_a_witness_is_minimal(self, name: str) -> None:
        """Its transactions show the anomaly by themselves, and no longer if any one of them is left out."""
        line, expected = ANOMALIES[name]
        txns = parse_txns(line)
        for checker in expected:
            ops = check(checker, line).anomalies[0].ops
            witness = [txns[op.op] for op in ops]
            assert checker in find_broken(build(witness))
            for left_out in range(len(witness)):
                rest = witness[:left_out] + witness[left_out + 1 :]
                assert not rest or checker not in find_broken(build(rest))

    @pytest.mark.parametrize("name", ANOMALIES)
    def test_a_witness_is_told_in_a_sentence(self, name: str) -> None:
        """Which names the transactions and the key."""
        line, expected = ANOMALIES[name]
        anomaly = check(next(iter(expected)), line).anomalies[0]
        assert anomaly.explanation.endswith(".")
        assert anomaly.item.name in anomaly.explanation

    @pytest.mark.parametrize("name", CLEAN)
    def test_nothing_is_found_where_nothing_is(self, name: str) -> None:
        """And serializability is proved by an order."""
        verdicts = find_verdicts(CLEAN[name])
        assert Verdict.BROKEN not in verdicts.values()
        assert verdicts["serializable"] is verdicts["strict_serializable"] is Verdict.HOLDS


class TestTime:
    def test_a_stale_read_breaks_strict_serializability_only(self) -> None:
        """Serializable transactions may be answered from the past, strict ones not."""
        assert find_broken("a 0-1: w x 1; b 2-3: r x -") == {"strict_serializable"}

    def test_a_stale_read_of_ones_own_write(self) -> None:
        """The order within a process breaks too."""
        assert find_broken("a 0-1: append x 1; a 2-3: r x []; b 4-5: r x [1]") == MODELS - {"serializable"}

    def test_versions_follow_real_time(self) -> None:
        """A blind write is overwritten by a later one, so nobody may still read it."""
        assert find_broken("a 0-1: w x 1; b 2-3: w x 2; c 4-5: r x 1") == {"strict_serializable"}

    def test_touching_is_concurrent(self) -> None:
        """What ends as another begins did not end before."""
        assert find_broken("a 0-2: w x 1; b 2-3: r x -") == set()

    def test_clocks_that_may_disagree(self) -> None:
        """What they may have feigned is unresolved, and no anomaly."""
        line = "a 0-1: w x 1; b 5-6: r x -"
        assert check("strict_serializable", line, 3).verdict is Verdict.BROKEN
        finding = check("strict_serializable", line, 4)
        assert (finding.verdict, finding.unresolved) == (Verdict.CANNOT_TELL, 1)

    def test_a_stale_read_is_told_by_two_transactions(self) -> None:
        """The witness has the write, the read, and when they were."""
        anomaly = check("strict_serializable", "a 0-1: w x 1; b 0-1: w z 1; c 2-3: r x -").anomalies[0]
        assert [op.process for op in anomaly.ops] == ["a", "c"]
        assert "a #0 had ended before c #2 began" in anomaly.explanation


class TestCannotTell:
    def test_without_transactions(self) -> None:
        """Nothing is said."""
        assert set(find_verdicts("a 0-1 fail: w x 1").values()) == {Verdict.CANNOT_TELL}

    def test_values_that_name_nobody(self) -> None:
        """Two may have written what was read, and no order is found: neither an anomaly nor its absence."""
        verdicts = find_verdicts("a 0-1: w x 5, w y 1; b 0-1: w x 5, w y 2; c 2-3: r x 5, r y 1; d 2-3: r y 2, r x 6")
        assert verdicts["g1c"] is Verdict.CANNOT_TELL

    def test_a_write_of_an_unknown_value(self) -> None:
        """It may have been what was read: nobody can call it garbage."""
        verdicts = find_verdicts("a 0-?: r x -, w x -; b 2-3: r x 1")
        assert verdicts["garbage_reads"] is verdicts["serializable"] is Verdict.CANNOT_TELL

    def test_what_is_hidden_behind_something_worse(self) -> None:
        """Who asks for the milder anomaly learns that nobody looked."""
        line = "a 0-9: w x 1, r y 1; b 0-9: w y 1, r x 1"
        assert check("g_single", line).verdict is Verdict.CANNOT_TELL
        assert check("g0", line).verdict is Verdict.HOLDS


class TestSentences:
    def test_a_long_list_is_told_by_its_ends(self) -> None:
        """Versions differ there; three hundred numbers in a sentence hide it."""
        assert say_value((1, 2, 3)) == "[1, 2, 3]"
        assert say_value(tuple(range(300))) == "[0, 1, … 296, 297, 298, 299] (300 elements)"
        assert (say_value(None), say_value(7)) == ("nothing", "7")
