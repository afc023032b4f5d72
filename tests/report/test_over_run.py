"""Charts over the time of a run: late sightings, faults, annotations, errors, drift."""

from dataclasses import replace

import pytest

from consistency.analysis.errors import count_errors
from consistency.analysis.judgement import ErrorCount, FaultSpan, GapSpan
from consistency.annotations import Annotation
from consistency.operation import Action
from consistency.report.captions import describe_errors, describe_over_run
from consistency.report.drifts import say_drift
from consistency.report.errors import OTHERS, frame_errors
from consistency.report.figures.over_run import draw_over_run
from consistency.report.frames import frame_medians, frame_over_run, make_frames
from consistency.report.material import is_untold
from consistency.report.moments import frame_annotations, list_annotations, name_letter, say_moments
from tests.histories import parse_history
from tests.report.found import disturb
from tests.report.judgements import START_NS, S, make_judgement, make_material, make_series, make_summaries, summarise

QUERY = Action.GLOBAL_QUERY


class TestLateSightings:
    late = summarise(QUERY, [make_series(QUERY, k, ((9000.0 if k == 3 else 1.0, "hit"),)) for k in range(10)])

    def test_they_are_intervals_from_0(self) -> None:
        """Of a slice with a late one the longest known wait is shown all the same."""
        summary = summarise(QUERY, [make_series(QUERY, 0, ((at_ms, "hit"),)) for at_ms in (9000.0, 20.0, 10.0)])
        frame = frame_over_run(make_material(make_judgement([summary])))
        assert sorted(zip(frame["late"], frame["upper_ms"].round(), strict=True)) == [(False, 22), (True, 9002)]

    @pytest.mark.parametrize(
        ("told", "untold"),
        [
            (((1.0, "hit"),), False),
            (((1.0, "UNAVAILABLE"), (900.0, "hit")), True),
            (((1.0, "UNAVAILABLE"), (50.0, "miss"), (900.0, "hit")), False),
            (((1.0, "miss"), (50.0, "UNAVAILABLE"), (900.0, "hit")), False),
            (((900.0, "hit"),), True),
            (((900.0, "miss"), (950.0, "hit")), False),
            (((900.0, "miss"),), False),
        ],
    )
    def test_what_they_are(self, told: tuple[tuple[float, str], ...], untold: bool) -> None:
        """Nobody looked, or got an answer, before the hit."""
        assert is_untold(make_series(QUERY, 0, told)) is untold

    def test_they_do_not_move_the_median(self) -> None:
        """They say when one looked, not when it was there."""
        medians = frame_medians(make_material(make_judgement([self.late])))
        assert medians["median_ms"].max() < 10

    def test_the_caption_says_what_they_are(self) -> None:
        """Empty points."""
        assert "wait is anything from 0 to there" in describe_over_run(make_material(make_judgement([self.late])))


class TestMoments:
    def test_bands_and_lines_are_named(self) -> None:
        """With the number or letter that the chart has."""
        material = replace(
            make_material(disturb(make_judgement(make_summaries(5)))),
            annotations=(Annotation(START_NS + S, "deployed"),),
        )
        assert say_moments(material) == (
            "Bands are faults, on purpose (1: latency 1s on run_query). Lines are annotations (A: «deployed»)."
        )
        assert list_annotations(material) == [["A", "deployed", "1.000 s"]]
        assert frame_annotations(material).to_numpy().tolist() == [["A", pytest.approx(1 / 60)]]

    def test_a_gap_is_a_hatched_band(self) -> None:
        """The chart shows it, and its caption says so."""
        gap = GapSpan(START_NS, START_NS + 30 * S, 30)
        material = make_material(replace(make_judgement(make_summaries(90)), gaps=(gap,)))
        assert say_moments(material) == "In hatched bands nothing ran: the run was killed, and resumed."
        (axes,) = draw_over_run(make_frames(material)).axes
        (band,) = [patch for patch in axes.patches if patch.get_hatch()]
        box = band.get_path().get_extents(band.get_patch_transform())
        assert (box.x0, box.x1) == (pytest.approx(max(0, axes.get_xlim()[0])), pytest.approx(0.5))

    def test_rows_name_the_faults_of_their_time(self) -> None:
        """So that the table says what the bands do."""
        spans = tuple(FaultSpan(f"f{k}", "", START_NS + k * S, START_NS + (k + 2) * S) for k in range(2))
        material = make_material(replace(make_judgement(make_summaries(4)), faults=spans))
        queries = frame_over_run(material).query("action == 'global_query'")
        assert queries["faults"].tolist() == ["1", "1, 2", "2", ""]

    def test_many_are_cut(self) -> None:
        """A caption is no list."""
        spans = tuple(FaultSpan("f", "pause", START_NS, None) for _ in range(9))
        assert say_moments(make_material(replace(make_judgement([]), faults=spans))).endswith("6: pause; and 3 more).")

    def test_letters_do_not_end(self) -> None:
        """A to Z, and on."""
        assert [name_letter(place) for place in (0, 25, 26, 52)] == ["A", "Z", "A2", "A3"]


class TestErrors:
    def test_every_call_counts(self) -> None:
        """Writes, reads, and what was never answered; in slices from the first due write."""
        line = "write a 0-10 info=ABORTED; global a 12-14 UNAVAILABLE; global a 1500-1501 UNAVAILABLE; global a 1600-?"
        assert set(count_errors(parse_history(line), 0)) == {
            ErrorCount("UNAVAILABLE", 0, S, 1),
            ErrorCount("ABORTED", 0, S, 1),
            ErrorCount("UNAVAILABLE", S, S, 1),
            ErrorCount("unanswered", S, S, 1),
        }

    def test_long_runs_have_wide_slices(self) -> None:
        """Whole seconds, about sixty of them."""
        (count,) = count_errors(parse_history("write a 0-10 fail=ABORTED; write b 3600000-3600001"), 0)
        assert count.width_ns == 60 * S

    def test_none(self) -> None:
        """Nothing failed."""
        assert count_errors(parse_history("write a 0-10; global a 12-14 hit"), 0) == ()
        assert not len(frame_errors(make_material(make_judgement(make_summaries(2)))))

    def test_a_stair_for_each_code(self) -> None:
        """Also where there were none; per minute, whatever the slice is."""
        material = make_material(disturb(make_judgement(make_summaries(12))))
        frame = frame_errors(material)
        line = frame.query("code == 'UNAVAILABLE'")
        assert len(line) >= 12
        assert line["errors_per_minute"].tolist()[4:9] == [0, 300, 360, 0, 480]
        assert describe_errors(material).startswith("38 calls failed or got no answer: UNAVAILABLE 19 and DEADLINE")

    def test_many_codes_are_one_line(self) -> None:
        """Six, and the others together."""
        errors = tuple(ErrorCount(f"CODE_{k}", START_NS, S, 9 - k) for k in range(9))
        frame = frame_errors(make_material(replace(make_judgement([]), errors=errors)))
        assert frame["code"].nunique() == 7
        assert frame.query("code == @OTHERS", local_dict={"OTHERS": OTHERS})["errors_per_minute"].sum() == 60 * 6


class TestDrift:
    def test_a_steady_run_has_none(self) -> None:
        """With its p value; too few entities have no sentence."""
        material = make_material(make_judgement(make_summaries(40)))
        assert say_drift(material)[0].startswith("Global query: no drift was found (p = ")
        assert say_drift(make_material(make_judgement(make_summaries(10)))) == []

    def test_a_growing_wait_is_told(self) -> None:
        """By how much its median grew."""
        told = [((1, "miss"), (20 * k + 10, "miss"), (20 * k + 40, "hit")) for k in range(40)]
        summary = summarise(QUERY, [make_series(QUERY, k, each) for k, each in enumerate(told)])
        (said,) = say_drift(make_material(make_judgement([summary])))
        assert said.startswith(
            "Global query: drifted (p < 0.0001); its median in the last half minus that in the first"
        )
        assert "+4" in said.rpartition("is ")[2]
