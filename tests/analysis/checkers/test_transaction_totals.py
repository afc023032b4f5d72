"""Counters and banks: what a total must be, whatever the order of transactions."""

from random import Random

from consistency.analysis.judgement import Verdict
from tests.analysis.checkers.transactional import check

COUNT = "a 0-1: r x -, w x 1; b 2-3: r x 1, w x 2"
BANK = "z 0-1: r p -, r q -, w p 50, w q 50; a 2-3: r p 50, r q 50, w p 40, w q 60"


class TestCounter:
    def test_it_counts(self) -> None:
        """Reads between the increments before and those meanwhile are fine."""
        assert check("counter", f"{COUNT}; c 2-3: r x 1; d 2-3: r x 2; e 4-5: r x 2").verdict is Verdict.HOLDS

    def test_going_back(self) -> None:
        """One increment that the read had to see proves it, and the read."""
        finding = check("counter", f"{COUNT}; c 4-5: r x 1")
        assert finding.verdict is Verdict.BROKEN
        assert [op.op for op in finding.anomalies[0].ops] == [1, 2]
        assert finding.anomalies[0].explanation == "c #2 read 1 of x after b #1 had counted to 2."

    def test_a_lost_increment(self) -> None:
        """Two that counted to the same number prove it."""
        finding = check("counter", "a 0-5: r x -, w x 1; b 0-5: r x -, w x 1; c 6-7: r x 1")
        assert [op.op for op in finding.anomalies[0].ops] == [0, 1]

    def test_running_ahead(self) -> None:
        """The read proves it alone."""
        finding = check("counter", f"{COUNT}; c 4-5: r x 3")
        assert [op.op for op in finding.anomalies[0].ops] == [2]

    def test_an_increment_without_an_answer_may_count_or_not(self) -> None:
        """At any time from its beginning on."""
        assert check("counter", f"{COUNT}; c 4-?: r x -, w x -; d 6-7: r x 3; e 6-7: r x 2").verdict is Verdict.HOLDS

    def test_a_failed_increment_does_not_count(self) -> None:
        """Who reads it reads too much."""
        assert check("counter", f"{COUNT}; c 4-5 fail: r x 2, w x 3; d 6-7: r x 3").verdict is Verdict.BROKEN

    def test_clocks_that_may_disagree(self) -> None:
        """A read that may have come before the increment is unresolved."""
        finding = check("counter", f"{COUNT}; c 4-5: r x 1", 1)
        assert (finding.verdict, finding.unresolved) == (Verdict.CANNOT_TELL, 1)

    def test_against_the_definition(self) -> None:
        """On random histories, counting word by word."""
        random, told = Random(5), {True: 0, False: 0}
        for _ in range(300):
            adds = [(start, start + random.randint(0, 5)) for start in (random.randint(0, 12) for _ in range(4))]
            start, value = random.randint(0, 15), random.randint(0, 5)
            finish = start + random.randint(0, 3)
            lines = [f"a{n} {s}-{f}: r x {n}, w x {n + 1}".replace("r x 0", "r x -") for n, (s, f) in enumerate(adds)]
            finding = check("counter", "; ".join([*lines, f"r {start}-{finish}: r x {value}"]))
            least = sum(ended < start for _, ended in adds)
            most = sum(began <= finish for began, _ in adds)
            blamed = any(op.process == "r" for anomaly in finding.anomalies for op in anomaly.ops)
            assert blamed == (not least <= value <= most)
            told[blamed] += 1
        assert min(told.values()) > 30

    def test_what_is_no_counter(self) -> None:
        """Nothing is said of blind writes and of lists."""
        assert check("counter", "a 0-1: w x 1").verdict is Verdict.CANNOT_TELL
        assert check("counter", "a 0-1: r x [], append x 1").verdict is Verdict.CANNOT_TELL


class TestBank:
    def test_money_is_moved(self) -> None:
        """The total stays; who looks too early finds nothing."""
        assert check("bank", f"{BANK}; b 4-5: r p 40, r q 60; c 0-0: r p -, r q -").verdict is Verdict.HOLDS

    def test_money_is_lost(self) -> None:
        """The opening and the read prove it."""
        finding = check("bank", f"{BANK}; b 4-5: r p 40, r q 50")
        assert finding.verdict is Verdict.BROKEN
        assert [op.op for op in finding.anomalies[0].ops] == [0, 2]
        assert finding.anomalies[0].explanation == "b #2 found a total of 90, where z #0 had put a total of 100."

    def test_a_debt(self) -> None:
        """Nobody may pay what is not there; the read proves it alone."""
        finding = check("bank", f"{BANK}; b 4-5: r p -5, r q 105")
        assert [op.op for op in finding.anomalies[0].ops] == [2]

    def test_nothing_after_the_opening(self) -> None:
        """Accounts that were open before the read began must be there."""
        assert check("bank", f"{BANK}; b 4-5: r p -, r q -").verdict is Verdict.BROKEN

    def test_without_a_bank(self) -> None:
        """Nothing is said where nobody opened accounts, or where nobody looks at all of them."""
        assert check("bank", "a 0-1: w x 1, w y 1; b 2-3: r x 1, r y -").verdict is Verdict.CANNOT_TELL
        assert check("bank", "z 0-1: r p -, r q -, w p 50, w q 50; b 2-3: r p 50").verdict is Verdict.CANNOT_TELL
