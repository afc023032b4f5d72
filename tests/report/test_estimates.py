"""The curve of the store itself on a page: in order, repeatable, without a band where it would tell nothing."""

import numpy as np
import pytest

from consistency.report import estimates
from consistency.report.captions import describe_tail
from consistency.report.estimates import frame_estimates
from consistency.report.figures.latency import trace_stairs
from tests.report.judgements import make_judgement, make_material, make_summaries


class TestEstimates:
    def test_each_probe_has_its_curve_within_its_band(self) -> None:
        """Shares and ends only grow, the share lies between the ends from its first trusted place on, and the same
        run gives the same numbers."""
        material = make_material(make_judgement(make_summaries(60)), entities=60)
        frame = frame_estimates(material)
        assert set(frame["action"]) == {str(summary.action) for summary in material.probed}
        for _, curve in frame.groupby("action"):
            for column in ("time_ms", "share_pct", "lower_pct", "upper_pct"):
                assert (np.diff(curve[column]) >= 0).all()
            assert (curve["lower_pct"] <= curve["upper_pct"]).all()
        assert frame.equals(frame_estimates(material))

    def test_no_band_of_very_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Above the limit the ends are not numbers, and the curve is there all the same."""
        monkeypatch.setattr(estimates, "BANDED_MOST", 10)
        frame = frame_estimates(make_material(make_judgement(make_summaries(12)), entities=12))
        assert frame["lower_pct"].isna().all()
        assert frame["share_pct"].max() == pytest.approx(100)

    def test_stairs(self) -> None:
        """A share holds until the next time, an upper end since the time before."""
        frame = frame_estimates(make_material(make_judgement(make_summaries(12)), entities=12)).iloc[:2]
        frame = frame.assign(time_ms=[1.0, 2.0], share_pct=[10.0, 20.0], upper_pct=[30.0, 40.0])
        assert trace_stairs(frame, lambda times: times).tolist() == [[1, 2, 2], [10, 10, 20]]
        upper = trace_stairs(frame, lambda times: times, "upper_pct", is_upper=True)
        assert upper.tolist() == [[1, 1, 2], [30, 40, 40]]

    def test_the_tail_says_where_it_ends(self) -> None:
        """12 entities exclude no share below 22 %: 1 - 0.05^(1/12)."""
        material = make_material(make_judgement(make_summaries(12)), entities=12)
        assert "12 entities exclude no share below 22 %" in describe_tail(material)
