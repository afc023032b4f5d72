"""The comparison of the pairs: its arithmetic, on stamps made by hand."""

from pathlib import Path

import pytest

from benchmarks.bias import Naive, Ours, tabulate
from benchmarks.pairs import Found, join_stamps, read_truth
from consistency.analysis.judgement import Calibration
from consistency.operation import Action

MS = 1_000_000


def found(second: int, *, put: int, picked: int, seen: int, queries: int, rows: int) -> Found:
    """An entity whose put began at `second`; the other instants in ms after that."""
    began_ns = second * 1_002 * MS
    return Found(
        began_ns,
        put_ns=began_ns + put * MS,
        appended_ns=began_ns + (put + 1) * MS,
        picked_ns=began_ns + picked * MS,
        found_ns=began_ns + seen * MS,
        queries=queries,
        rows_ns=began_ns + rows * MS,
    )


ON_TIME = found(0, put=2, picked=3, seen=205, queries=300, rows=202)
TOO_LATE_TO_SEE = found(1, put=2, picked=1_003, seen=1_005, queries=1, rows=202)
SEEN_AT_ONCE = found(2, put=2, picked=4, seen=6, queries=1, rows=1)


class TestNaive:
    def test_the_report_counts_from_the_pick_up_and_the_truth_from_the_put(self) -> None:
        """That difference is the pair's error."""
        assert [one.reported_ns // MS for one in (ON_TIME, TOO_LATE_TO_SEE)] == [202, 2]
        assert [one.true_ns // MS for one in (ON_TIME, TOO_LATE_TO_SEE, SEEN_AT_ONCE)] == [200, 200, 0]

    def test_errors_keep_their_sign_in_the_bias_and_lose_it_in_the_absolute_error(self) -> None:
        """(2 - 198 + 2) / 3, and (2 + 198 + 2) / 3."""
        naive = Naive.of([ON_TIME, TOO_LATE_TO_SEE, SEEN_AT_ONCE])
        assert naive.bias == pytest.approx(-194 / 3)
        assert naive.absolute == pytest.approx(202 / 3)
        assert naive.worst == pytest.approx(-198)

    def test_drift_is_what_a_period_takes_beyond_a_second(self) -> None:
        """The second put began 1,002 ms after the first."""
        assert Naive.of([ON_TIME, TOO_LATE_TO_SEE]).drift == pytest.approx(2)
        assert Naive.of([ON_TIME]).drift == 0

    def test_entities_that_were_visible_when_put_are_not_found_at_once_wrongly(self) -> None:
        """Of the two that were to be waited for, one was found by the first query: its wait was spent elsewhere."""
        assert Naive.of([ON_TIME, TOO_LATE_TO_SEE, SEEN_AT_ONCE]).at_once == 0.5

    def test_the_pick_up_counts_from_the_append(self) -> None:
        """Median and worst."""
        naive = Naive.of([ON_TIME, TOO_LATE_TO_SEE, SEEN_AT_ONCE])
        assert (naive.pick_up, naive.pick_up_worst) == (1, 1_000)


def ours(distance_ms: float, width_ms: int) -> Ours:
    """Ten intervals, a poll spacing of 50 ms and a round trip of 1 ms."""
    calibration = Calibration(Action.GLOBAL_QUERY, 10, 9, distance_ms * MS, -distance_ms * MS, width_ms * MS)
    return Ours.from_parts(calibration, trip_ns=MS, drift_ns=9 * MS, never_seen=1)


class TestOurs:
    def test_the_parts_of_a_judgement_in_ms(self) -> None:
        """Drift is told for each put, the resolution is the spacing and two round trips."""
        assert ours(0.5, 51) == Ours(10, 1.0, 0.5, -0.5, 51, 52, 0.9, 1)


class TestGoals:
    @pytest.mark.parametrize(
        ("distance_ms", "words"), [(0, "0 met"), (3.2, "0.049 met"), (3.3, "0.051 MISSED"), (97, "1.5 MISSED")]
    )
    def test_the_distance_is_judged_by_the_bias_of_the_pair(self, distance_ms: float, words: str) -> None:
        """The bias here is -64.7 ms, a twentieth of it 3.23 ms."""
        naive = Naive.of([ON_TIME, TOO_LATE_TO_SEE, SEEN_AT_ONCE])
        lines = {line[0]: line[1:] for line in tabulate([(naive, ours(distance_ms, 51))])}
        assert lines["goal: distance ≤ 1/20 of naive bias"] == (words,)

    def test_an_unbiased_pair_is_met_only_without_any_distance(self) -> None:
        """There is no twentieth of nothing."""
        naive = Naive.of([found(0, put=2, picked=3, seen=203, queries=9, rows=202)])
        lines = {line[0]: line[1:] for line in tabulate([(naive, ours(0, 51)), (naive, ours(0.1, 51))])}
        assert naive.bias == 0
        assert lines["goal: distance ≤ 1/20 of naive bias"] == ("0 met", "inf MISSED")

    def test_wide_intervals_cannot_win(self) -> None:
        """The width has a goal of its own."""
        lines = {line[0]: line[1:] for line in tabulate([(Naive.of([ON_TIME]), ours(0, width)) for width in (52, 53)])}
        assert lines["goal: width ≤ spacing + two round trips"] == ("met", "MISSED")


class TestStamps:
    def test_writer_reader_and_truth_are_joined_by_name(self) -> None:
        """Whatever the order in which the reader found them."""
        written = [("one", 1, 2, 3), ("two", 4, 5, 6)]
        joined = join_stamps(written, [("two", 7, 8, 9), ("one", 10, 11, 12)], {"one": 13, "two": 14})
        assert joined == [Found(1, 2, 3, 11, 12, 10, 13), Found(4, 5, 6, 8, 9, 7, 14)]

    def test_of_several_records_of_a_commit_the_last_holds(self, tmp_path: Path) -> None:
        """A group that was rolled forward is logged again under the same number."""
        record = '{"commit":1,"group":"g","names":["one"],"committed_ns":1,"bodies_ns":1,"rows_ns":%d}\n'
        path = tmp_path / "truth.jsonl"
        path.write_text(record % 9 + record % 5, encoding="utf-8")
        assert read_truth(path) == {"one": 5}
