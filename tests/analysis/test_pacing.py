"""Pacing: lateness from the schedule, drift, late and missing slots."""

from fractions import Fraction

import numpy as np

from consistency.analysis.judgement import DurationSummary
from consistency.analysis.pacing import measure_pacing
from consistency.analysis.quantiles import nearest_rank, summarize_durations
from consistency.durations import NS_PER_S
from consistency.history import History
from tests.analysis.runs import make_plan
from tests.histories import MS, parse_history

SECOND = NS_PER_S


def write_stall() -> History:
    """200 writes, one a second, 1 ms each; that of second 100 takes 100 s, and those due meanwhile follow at once."""
    calls = [f"write w{k} {k}000-{k}001" for k in range(100)]
    calls.append("write w100 100000-200000")
    calls += [f"write w{k} 200000-200001 due {k}000" for k in range(101, 200)]
    return parse_history(";".join(calls))


def find_bucket(value_ms: int) -> range:
    """The values that an HDR histogram of three digits does not tell apart: 2,048 steps, then twice as wide ones each
    time that the values double. It tells the highest."""
    width = 1 << max(0, value_ms.bit_length() - 11)
    return range(value_ms // width * width, (value_ms // width + 1) * width)


class TestStall:
    def test_from_intended(self) -> None:
        """The published stall (measurement reference, 7.1, vector CO), from the due times: p50 1 ms, p75 50 s, p90
        80 s, p95 90 s, p99 98 s, max 100 s."""
        history = write_stall()
        response_ns = np.sort(history.completed_ns - history.due_ns)
        ranks = [nearest_rank(200, Fraction(percent, 100)) for percent in (50, 75, 90, 95, 99, 100)]
        seconds = (response_ns[np.array(ranks) - 1] / SECOND).round(2).tolist()
        assert seconds == [0.0, 50.0, 80.0, 90.0, 98.0, 100.0]
        assert round(float(response_ns.mean()) / SECOND, 2) == 25.25

    def test_a_closed_loop_hides_it(self) -> None:
        """What a writer records that waits for each answer, of the same 200 s: 101 samples, mean 0.991 s, p99 1 ms."""
        history = write_stall()
        took_ns = np.sort((history.completed_ns - history.invoked_ns)[:101])
        assert round(float(took_ns.mean()) / SECOND, 3) == 0.991
        assert [int(took_ns[nearest_rank(101, Fraction(p, 100)) - 1]) for p in (50, 75, 99)] == [MS] * 3

    def test_as_hdr_histogram_corrects_it(self) -> None:
        """The published row of `record_corrected_value(100 s, 1 s)`: p50 1 ms, p75 50.0 s, p90 80.1 s, p95 90.0 s, p99
        98.0 s, max 100 s; and what is measured from the due times lies in the same buckets or at their ends."""
        history = write_stall()
        took_ms = ((history.completed_ns - history.invoked_ns)[:101] // MS).tolist()
        corrected = sorted(late_ms for each in took_ms for late_ms in [each, *range(each - 1000, 999, -1000)])
        response_ms = np.sort((history.completed_ns - history.due_ns) // MS).tolist()
        ranks = [nearest_rank(200, Fraction(percent, 100)) for percent in (50, 75, 90, 95, 99, 100)]
        buckets = [find_bucket(corrected[rank - 1]) for rank in ranks]
        assert [round(bucket.stop / 1000, 1) for bucket in buckets] == [0.0, 50.0, 80.1, 90.0, 98.0, 100.0]
        assert len(corrected) == 200
        assert all(response_ms[rank - 1] in bucket for rank, bucket in zip(ranks, buckets, strict=True))

    def test_pacing_shows_it(self) -> None:
        """Response times count from the due times; the writes' own times hide all but one of the late ones."""
        pacing = measure_pacing(make_plan(entities=200), write_stall())
        assert pacing.response_times == DurationSummary(200, MS, 98 * SECOND + MS, 100 * SECOND)
        assert pacing.write_times == DurationSummary(200, MS, MS, 100 * SECOND)
        assert pacing.lateness == DurationSummary(200, 0, 97 * SECOND, 99 * SECOND)
        assert pacing.late_slots == 99
        assert pacing.drift_ns == 10.5 * SECOND  # mean of 20 s ... 1 s


class TestSlots:
    def test_late_is_a_whole_period(self) -> None:
        """At 2/s a write that begins 500 ms after it was due has missed its slot, one of 499 ms has not."""
        history = parse_history("write a 499-500 due 0; write b 1000-1001 due 500")
        assert measure_pacing(make_plan(rate="2/s"), history).late_slots == 1

    def test_missing(self) -> None:
        """Slots of the plan in which no write began; a repeated write fills its slot once."""
        history = parse_history("write a 0-1 fail=ABORTED; write a 2-3; write b 5-?")
        pacing = measure_pacing(make_plan(entities=5), history)
        assert pacing.missing_slots == 3
        assert pacing.writes == {"ok": 1, "fail": 1, "info": 1}
        assert pacing.write_errors == {"ABORTED": 1}

    def test_no_writes(self) -> None:
        """Without writes every slot is missing, and nothing else is known."""
        pacing = measure_pacing(make_plan(entities=5), parse_history("global a 0-1 miss"))
        assert (pacing.lateness, pacing.write_times, pacing.response_times) == (None, None, None)
        assert (pacing.drift_ns, pacing.late_slots, pacing.missing_slots) == (0, 0, 5)

    def test_drift(self) -> None:
        """A writer that falls 2 ms further behind with each write drifts by 18 ms from the first to the tenth."""
        history = parse_history(";".join(f"write w{k} {k * 1002}-{k * 1002 + 1} due {k * 1000}" for k in range(10)))
        assert measure_pacing(make_plan(), history).drift_ns == 18 * MS
        assert summarize_durations(history.invoked_ns - history.due_ns) == measure_pacing(make_plan(), history).lateness
