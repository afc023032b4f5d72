"""Claims: holds, broken and cannot tell, each only where the bounds allow it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.analysis.claims import judge_claim
from consistency.analysis.judgement import ClaimVerdict, Verdict
from consistency.analysis.quantiles import estimate_quantiles
from consistency.claim import parse_claim
from consistency.history import History
from consistency.operation import Action
from tests.analysis.runs import measure
from tests.histories import interval_lists, parse_history, write_history


def judge(text: str, history: History) -> ClaimVerdict:
    action = Action.GLOBAL_QUERY
    return judge_claim(parse_claim(action, text), {action: measure(history)})


def write_tail(middle_ms: float, worst_ms: float) -> History:
    """600 latencies, known to 0.2 ms: their p99 is estimated as 489 ms with the bounds `middle_ms` and `worst_ms`."""
    latencies = [100.0] * 580 + [middle_ms] * 13 + [489.0] * 3 + [worst_ms] * 4
    return write_history([(latency - 0.1, latency + 0.1) for latency in latencies])


class TestQuantileClaims:
    def test_limit_inside_the_interval(self) -> None:
        """An estimate of 489 ms between 441 and 560 ms decides nothing about 500 ms, whatever the estimate says."""
        history = write_tail(441, 560)
        columns = measure(history)
        estimate = estimate_quantiles(columns.lower_ns, columns.upper_ns)[3]
        assert (estimate.lower_ns, estimate.bound_lower_ns) == (488_900_000, 440_900_000)
        assert estimate.bound_upper_ns == 560_100_000
        verdict = judge("p99 <= 500ms", history)
        assert verdict.verdict is Verdict.CANNOT_TELL
        assert verdict.reason == (
            "p99 is between 440 and 570 ms (95 % one-sided at each end, 600 entities); the limit of 500 ms lies within."
        )

    def test_holds_and_broken(self) -> None:
        """The same run decides limits outside its bounds, and each reason names the bound that decided."""
        held, broken = judge("p99 <= 561ms", write_tail(441, 560)), judge("p99 <= 440ms", write_tail(441, 560))
        assert (held.verdict, held.more_entities) == (Verdict.HOLDS, None)
        assert held.reason == "p99 is at most 561 ms (95 % one-sided, 600 entities); the limit is 561 ms."
        assert (broken.verdict, broken.more_entities) == (Verdict.BROKEN, None)
        assert broken.reason == "p99 is above 440 ms (95 % one-sided, 600 entities); the limit is 440 ms."

    @settings(max_examples=50, deadline=None)
    @given(
        intervals=interval_lists(),
        limit_ms=st.integers(1, 100),
    )
    def test_never_against_the_bounds(self, intervals: list[tuple[int, int | None]], limit_ms: int) -> None:
        """Holds only with the upper bound within the limit, broken only with the lower one above it."""
        history = write_history(intervals)
        columns = measure(history)
        estimate = estimate_quantiles(columns.lower_ns, columns.upper_ns)[1]
        upper_ns, limit_ns = estimate.bound_upper_ns, limit_ms * 1_000_000
        within = upper_ns is not None and upper_ns <= limit_ns
        beyond = estimate.bound_lower_ns > limit_ns
        verdict = judge(f"p90 <= {limit_ms}ms", history).verdict
        assert (verdict is Verdict.HOLDS, verdict is Verdict.BROKEN) == (within, beyond)
        assert not (within and beyond)

    def test_too_few(self) -> None:
        """Below the smallest n a claim is not decided by how well the few did, and the reason says what is lacking."""
        verdict = judge("p99 <= 10s", write_history([(0, 5)] * 30))
        assert verdict.verdict is Verdict.CANNOT_TELL
        assert verdict.reason == "p99 needs 299 entities, there are 30."
        assert verdict.more_entities == 269

    def test_too_few_but_broken(self) -> None:
        """A claim can be broken below the smallest n: no upper bound is needed for that."""
        assert judge("p99 <= 10ms", write_history([(20, 30)] * 30)).verdict is Verdict.BROKEN

    def test_unbounded(self) -> None:
        """Where too many were never seen there is no upper bound, and no deadline is put in its place."""
        verdict = judge("p90 <= 40s", write_history([(0, 5)] * 80 + [(29_000, None)] * 20))
        assert verdict.verdict is Verdict.CANNOT_TELL
        assert verdict.more_entities is None
        assert verdict.reason == (
            "p90 is above 29.0 s and not bounded above (95 % one-sided, 100 entities); the limit of 40 s lies within. "
            "20 searches were stopped or unanswered within the limit: nobody saw how they would end."
        )

    def test_unbounded_at_the_deadline(self) -> None:
        """Those that were looked for to the end are missing, not cut off: only a longer search would decide."""
        verdict = judge("p90 <= 40s", write_history([(0, 5)] * 80 + [(29_990, None)] * 20))
        assert verdict.verdict is Verdict.CANNOT_TELL
        assert verdict.reason.endswith("More entities alone would not decide: probe more often, or longer.")

    def test_what_was_not_answered_decides_nothing(self) -> None:
        """Ten of thirty were never answered: p50 is bounded by the others, p90 by nobody."""
        seen = ";".join(f"write s{k} {k}000-{k}010; global s{k} {k}012-{k}014 hit" for k in range(20))
        lost = ";".join(f"write l{k} {k}000-{k}010; global l{k} {k}012-{k}014 UNAVAILABLE" for k in range(20, 30))
        history = parse_history(f"{seen}; {lost}")
        assert judge("p50 <= 1s", history).verdict is Verdict.HOLDS
        verdict = judge("p90 <= 1s", history)
        assert verdict.verdict is Verdict.CANNOT_TELL
        assert (
            "10 searches were stopped or unanswered within the limit: nobody saw how they would end." in verdict.reason
        )

    def test_readers_do_not_make_entities(self) -> None:
        """15 entities and two readers are 15: too few for p90, which 30 would carry."""
        line = ";".join(
            f"write e{k} {k}000-{k}010; r1/global e{k} {k}012-{k}014 hit; r2/global e{k} {k}012-{k}014 hit"
            for k in range(15)
        )
        verdict = judge("p90 <= 1s", parse_history(line))
        assert (verdict.verdict, verdict.reason) == (Verdict.CANNOT_TELL, "p90 needs 29 entities, there are 15.")
        held = judge("p50 <= 1s", parse_history(line))
        assert held.reason == "p50 is at most 4 ms (95 % one-sided, 15 entities); the limit is 1 s."

    def test_nothing(self) -> None:
        """Without entities, or without a probe, nobody can tell."""
        nothing = judge("p50 <= 1s", write_history([]))
        assert (nothing.verdict, nothing.more_entities) == (Verdict.CANNOT_TELL, 5)
        unprobed = judge_claim(parse_claim("key_get", "p50 <= 1s"), {})
        assert (unprobed.verdict, unprobed.reason) == (Verdict.CANNOT_TELL, "Nothing probed key_get.")
        assert judge_claim(parse_claim("nonsense", "p50 <= 1s"), {}).verdict is Verdict.CANNOT_TELL


class TestMoreEntities:
    @pytest.mark.parametrize(
        ("intervals", "verdict"),
        [
            ([(0, 5)] * 92 + [(20, 30)] * 8, Verdict.HOLDS),
            ([(0, 5)] * 88 + [(20, 30)] * 12, Verdict.BROKEN),
            ([(0, 5)] * 28, Verdict.HOLDS),
        ],
    )
    def test_as_many_decide(self, intervals: list[tuple[float, float | None]], verdict: Verdict) -> None:
        """With so many more entities of the same kind the claim is decided, and with half of them it is not."""
        judged = judge("p90 <= 10ms", write_history(intervals))
        assert judged.verdict is Verdict.CANNOT_TELL
        assert judged.more_entities is not None
        counts = [len(intervals) + more for more in (judged.more_entities, judged.more_entities // 2)]
        after = [judge("p90 <= 10ms", write_history(self._repeat(intervals, n))).verdict for n in counts]
        assert after == [verdict, Verdict.CANNOT_TELL]

    def _repeat(self, intervals: list[tuple[float, float | None]], n: int) -> list[tuple[float, float | None]]:
        """`n` intervals in the same proportion: every interval at equal distances."""
        return [intervals[place * len(intervals) // n] for place in range(n)]

    def test_wide_intervals_are_no_matter_of_number(self) -> None:
        """Where the limit lies inside most intervals, more entities would not help, and the reason says what would."""
        judged = judge("p50 <= 10ms", write_history([(0, 50)] * 100))
        assert (judged.verdict, judged.more_entities) == (Verdict.CANNOT_TELL, None)
        assert "probe more often" in judged.reason


class TestAlwaysVisible:
    def test_no_counterexample(self) -> None:
        """Without a miss it holds, and the reason says what 600 entities do not exclude."""
        verdict = judge("always visible", write_history([(0, 5)] * 600))
        assert verdict.verdict is Verdict.HOLDS
        assert verdict.reason == "No counterexample in 600 entities (at most 0.50 %, 95 % one-sided)."

    @pytest.mark.parametrize(
        "line",
        [
            "global b 12-14 miss; global b 20-22 hit",
            "global b 10-14 miss; global b 20-22 hit",
            "global b 12-14 hit; global b 20-22 miss; global b 30-32 hit",
            "global b 12-14 hit; global b 20-22 miss",
            "global b 12-14 miss",
        ],
    )
    def test_one_miss_breaks_it(self, line: str) -> None:
        """A retry, a flicker or an entity that was never seen is a counterexample, and it is named."""
        verdict = judge("always visible", parse_history(f"write a 0-10; global a 11-12 hit; write b 1-10; {line}"))
        assert verdict.verdict is Verdict.BROKEN
        assert verdict.reason.startswith("1 of 2 entities was missed; the first of them is entity 1 (b), missed ")

    def test_no_answers(self) -> None:
        """Errors are neither hits nor misses: they do not break it, and alone they do not let it hold."""
        assert judge("always visible", write_history([])).verdict is Verdict.CANNOT_TELL
        errors = "write a 0-10; global a 12-14 UNAVAILABLE"
        assert judge("always visible", parse_history(errors)).verdict is Verdict.CANNOT_TELL
        one = judge("always visible", parse_history("write b 0-10; global b 12-14 hit"))
        assert (one.verdict, one.reason) == (
            Verdict.HOLDS,
            "No counterexample in 1 entity (at most 95 %, 95 % one-sided).",
        )

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("global a 12-14 UNAVAILABLE", "the first attempt for 1 was not answered"),
            ("global a 12-14 UNAVAILABLE; global a 20-22 hit", "the first attempt for 1 was not answered"),
            ("global a 17000-17002 hit", "the first attempt for 1 came more than 50 ms after the acknowledgement"),
            ("global a 60.001-62 hit", "the first attempt for 1 came more than 50 ms after the acknowledgement"),
            ("global a 12-14 hit; global a 20-22 UNAVAILABLE", "the last attempt for 1 was not answered"),
            ("global a 12-14 hit; global a 20-?", "the last attempt for 1 was not answered"),
            ("global a 12-14 hit; r2/global a 90-91 hit", "the first attempt for 1 came more than 50 ms after"),
        ],
    )
    def test_an_attempt_that_could_have_missed(self, line: str, why: str) -> None:
        """Nobody looked at once, or got an answer: it neither holds nor is broken, whatever the others saw."""
        verdict = judge("always visible", parse_history(f"write a 0-10; {line}; write b 0-10; global b 12-14 hit"))
        assert verdict.verdict is Verdict.CANNOT_TELL
        assert verdict.reason.startswith(f"No counterexample in 2 entities, but {why}")

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("global z 13-14 UNAVAILABLE; global z 20-22 hit", "the first attempt for 1 was not answered"),
            ("global z 17000-17002 hit", "the first attempt for 1 came more than 50 ms after the acknowledgement"),
            ("global z 12-14 hit; global z 20-?", "the last attempt for 1 was not answered"),
        ],
    )
    def test_one_in_twenty_is_left_out(self, line: str, why: str) -> None:
        """One such entity of 20 makes n smaller; of 19 it makes the claim untold."""
        others = [f"write e{k} 0-10; global e{k} 12-14 hit" for k in range(19)]
        held = judge("always visible", parse_history("; ".join([*others, f"write z 0-10; {line}"])))
        assert (held.verdict, held.left_out) == (Verdict.HOLDS, 1)
        assert held.reason == (
            f"No counterexample in 19 entities (at most 15 %, 95 % one-sided). 1 of 20 was left out: {why}."
        )
        untold = judge("always visible", parse_history("; ".join([*others[1:], f"write z 0-10; {line}"])))
        assert untold.verdict is Verdict.CANNOT_TELL

    def test_a_miss_of_one_that_would_be_left_out_breaks_it(self) -> None:
        """Late, and missing all the same."""
        others = [f"write e{k} 0-10; global e{k} 12-14 hit" for k in range(30)]
        late = "write z 0-10; global z 17000-17002 miss; global z 18000-18001 hit"
        assert judge("always visible", parse_history("; ".join([*others, late]))).verdict is Verdict.BROKEN

    def test_an_error_between_answers(self) -> None:
        """Seen at once and at the end: an attempt that failed in between is one that was not made."""
        line = "write a 0-10; global a 12-14 hit; global a 20-22 UNAVAILABLE; global a 30-32 hit"
        assert judge("always visible", parse_history(line)).verdict is Verdict.HOLDS

    def test_a_late_miss_breaks_it_all_the_same(self) -> None:
        """What is missing after 17 s was missing at once."""
        history = parse_history("write a 0-10; global a 17010-17012 miss; global a 18000-18001 hit")
        assert judge("always visible", history).reason == (
            "1 of 1 entity was missed; the first of them is entity 0 (a), missed 17.0 s after its acknowledgement."
        )

    def test_a_miss_before_the_acknowledgement_is_none(self) -> None:
        """Until then nobody was promised anything."""
        history = parse_history("write a 0-10; global a 5-9 miss; global a 12-14 hit")
        assert judge("always visible", history).verdict is Verdict.HOLDS
