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
            "p99 is 441 ms to 560 ms (95 % confidence, 600 entities); the limit of 500 ms lies within."
        )

    def test_holds_and_broken(self) -> None:
        """The same run decides limits outside its bounds, and each reason names the bound that decided."""
        held, broken = judge("p99 <= 561ms", write_tail(441, 560)), judge("p99 <= 440ms", write_tail(441, 560))
        assert (held.verdict, held.more_entities) == (Verdict.HOLDS, None)
        assert held.reason == "p99 is at most 560 ms (95 % confidence, 600 entities); the limit is 561 ms."
        assert (broken.verdict, broken.more_entities) == (Verdict.BROKEN, None)
        assert broken.reason == "p99 is above 441 ms (95 % confidence, 600 entities); the limit is 440 ms."

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
            "p90 is above 29 s and not bounded above (95 % confidence, 100 entities); the limit of 40 s lies within. "
            "More entities alone would not decide: probe more often, or longer."
        )

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
        assert verdict.reason == "No counterexample in 600 entities (at most 0.5 % with 95 % confidence)."

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
        assert verdict.reason.startswith("1 of 2 entities were missed; the first of them is entity 1 (b), missed ")

    def test_no_answers(self) -> None:
        """Errors are neither hits nor misses: they do not break it, and alone they do not let it hold."""
        assert judge("always visible", write_history([])).verdict is Verdict.CANNOT_TELL
        errors = "write a 0-10; global a 12-14 UNAVAILABLE"
        assert judge("always visible", parse_history(errors)).verdict is Verdict.CANNOT_TELL
        held = judge("always visible", parse_history(f"{errors}; write b 0-10; global b 12-14 hit"))
        assert (held.verdict, held.reason[:30]) == (Verdict.HOLDS, "No counterexample in 1 entitie")
