"""What the charts show."""

import pytest

from consistency.analysis.judgement import Verdict
from consistency.operation import Action
from consistency.report.captions import describe_pacing, describe_stories, warn_of_pacing
from consistency.report.frames import POSSIBLY, SURELY, make_frames
from consistency.report.material import Material
from consistency.report.stories import choose_stories
from tests.report.judgements import (
    claim,
    make_judgement,
    make_material,
    make_series,
    make_summaries,
    summarise,
)

QUERY, GET = Action.GLOBAL_QUERY, Action.KEY_GET


def material_of(*told: tuple[tuple[float, str], ...]) -> Material:
    """One global query series for each."""
    series = [make_series(QUERY, index, each) for index, each in enumerate(told)]
    return make_material(make_judgement([summarise(QUERY, series)]), entities=len(told), probes={"global_query": {}})


class TestLatency:
    def test_the_band_runs_from_the_last_miss_to_the_first_hit(self) -> None:
        """Two entities: (10, 52] and at once (0, 3]."""
        latency = make_frames(material_of(((10, "miss"), (50, "hit")), ((1, "hit"),)))["latency"]
        curves = {
            name: list(zip(part["time_ms"], part["share_pct"], strict=True)) for name, part in latency.groupby("curve")
        }
        assert curves[SURELY] == [(0, 0), (3, 50), (52, 100)]
        assert curves[POSSIBLY] == [(0, 50), (10, 100), (52, 100)]

    def test_a_never_seen_entity_is_never_surely_visible(self) -> None:
        """It is a tick at the time until which it was looked for."""
        frames = make_frames(material_of(((1, "hit"),), ((1, "miss"), (9_900, "miss"))))
        surely = frames["latency"][frames["latency"]["curve"] == SURELY]
        assert surely["share_pct"].max() == 50
        assert frames["censored"].values.tolist() == [["global_query", 1, 9_900]]

    def test_claims_with_a_limit_are_lines(self) -> None:
        """ "Always visible" has none."""
        claims = [claim(QUERY, "p90 <= 2s", Verdict.HOLDS), claim(GET, "always visible", Verdict.HOLDS)]
        limits = make_frames(make_material(make_judgement(make_summaries(3), claims)))["limits"]
        assert limits.values.tolist() == [["global_query", 2000, 90, "p90 ≤ 2s", 100]]


class TestRetries:
    def test_buckets(self) -> None:
        """1 … 10, 11–20, > 20, and never where there is one; shares are of all entities."""
        told = [[(10 * k, "miss") for k in range(misses)] + [(500, "hit")] for misses in (0, 0, 9, 10, 25)]
        frames = make_frames(material_of(*(tuple(each) for each in told), ((1, "miss"),)))
        counts = dict(zip(frames["retries"]["attempts"], frames["retries"]["entities"], strict=True))
        assert {label: count for label, count in counts.items() if count} == {
            "1": 2,
            "10": 1,
            "11–20": 1,
            "> 20": 1,
            "never": 1,
        }
        assert frames["retries"]["share_pct"].sum() == pytest.approx(100)

    def test_no_bucket_for_never_where_all_were_seen(self) -> None:
        """An empty bar would raise a question."""
        assert "never" not in set(make_frames(material_of(((1, "hit"),)))["retries"]["attempts"])


class TestOverRun:
    def test_each_slice_keeps_its_longest_wait(self) -> None:
        """The longest of all is among them, and the never seen before any other."""
        material = make_material(make_judgement(make_summaries(400, unseen=1)), entities=400)
        waits = make_frames(material)["over_run"]
        query = waits[waits["action"] == "global_query"]
        assert len(query) == 100
        assert query["upper_ms"].max() == max((v.upper_ns or 0) / 1e6 for v in material.probed[0].visibilities)
        assert query["seen"].tolist().count(False) == 1


class TestPacing:
    def test_lateness_is_begun_minus_due(self) -> None:
        """The builder writes each entity 0.3 ms late."""
        pacing = make_frames(material_of(((1, "hit"),), ((1, "hit"),)))["pacing"]
        assert pacing["late_ms"].tolist() == pytest.approx([0.3, 0.3])

    def test_a_slot_without_an_acknowledged_write_is_marked(self) -> None:
        """The plan has three, the run two."""
        series = [make_series(QUERY, index, ((1, "hit"),)) for index in (0, 2)]
        material = make_material(make_judgement([summarise(QUERY, series)]), entities=3, probes={"global_query": {}})
        assert make_frames(material)["unwritten"]["minute"].tolist() == pytest.approx([1 / 60])

    def test_a_schedule_that_was_not_kept_is_flagged(self) -> None:
        """Above 1 % of the writes; that some never began is told once, by another note."""
        material = make_material(make_judgement(make_summaries(10)))
        assert not warn_of_pacing(material)
        pacing = material.judgement.pacing
        object.__setattr__(pacing, "missing_slots", 5)
        assert not warn_of_pacing(material)
        object.__setattr__(pacing, "late_slots", 5)
        assert warn_of_pacing(material) == ["The schedule was not kept: 5 of 30 writes were late by a whole period."]
        assert "5 never begun" in describe_pacing(material)


class TestStories:
    def test_the_longest_and_a_random_choice_that_the_seed_repeats(self) -> None:
        """No entity twice."""
        material = make_material(make_judgement(make_summaries(50, unseen=1)))
        chosen = choose_stories(material)
        assert [choice for choice, _ in chosen] == ["longest"] * 20 + ["random"] * 20
        assert chosen[0][1].upper_ns is None
        assert len({(story.action, story.index) for _, story in chosen}) == 40
        assert chosen == choose_stories(material)
        assert describe_stories(material).startswith("Showing 40 of 150 ")

    def test_a_thinned_series_keeps_the_attempts_that_bound_its_interval(self) -> None:
        """The last miss and the first hit."""
        told = (*((5.0 * k, "miss") for k in range(500)), (2_500.0, "hit"), (2_600.0, "hit"))
        stories = make_frames(material_of(told))["stories"]
        assert len(stories) <= 34
        assert {(2_495.0, "miss"), (2_502.0, "hit")} <= set(zip(stories["time_ms"], stories["told"], strict=True))


class TestLightness:
    @pytest.mark.slow
    def test_no_frame_grows_with_n(self) -> None:
        """A chart is as light for 2,000 entities as for 200."""
        frames = make_frames(make_material(make_judgement(make_summaries(2000)), entities=2000))
        assert max(len(frame) for frame in frames.values()) < 3000
