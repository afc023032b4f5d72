"""The band of the share visible: between what is sure and what is possible."""

from bisect import bisect_right

from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.analysis.curve import Steps, trace_band
from tests.analysis.runs import measure
from tests.histories import MS, interval_lists, write_history


def share_at(steps: Steps, at_ns: int) -> float:
    place = bisect_right([time_ns for time_ns, _ in steps], at_ns)
    return steps[place - 1][1] if place else 0


class TestBand:
    def test_by_hand(self) -> None:
        """Each curve steps at its ends; an entity that was never seen joins only what is possible."""
        band = trace_band(measure(write_history([(0, 5), (3, 8), (3, 20), (9, None)])))
        assert band.surely == ((5 * MS, 0.25), (8 * MS, 0.5), (20 * MS, 0.75))
        assert band.possibly == ((0, 0.25), (3 * MS, 0.75), (9 * MS, 1.0))

    @settings(max_examples=30, deadline=None)
    @given(intervals=interval_lists(), steps_max=st.integers(1, 6))
    def test_counts_and_thinning(self, intervals: list[tuple[int, int | None]], steps_max: int) -> None:
        """Unthinned it counts ends; thinned it has few steps and never lies inside the unthinned band."""
        visibilities = measure(write_history(intervals))
        band, thin = trace_band(visibilities), trace_band(visibilities, steps_max)
        n = len(intervals) or 1
        for at_ms in range(120):
            surely = sum(upper_ms is not None and upper_ms <= at_ms for _, upper_ms in intervals) / n
            possibly = sum(lower_ms <= at_ms for lower_ms, _ in intervals) / n
            assert share_at(band.surely, at_ms * MS) == surely >= share_at(thin.surely, at_ms * MS)
            assert share_at(band.possibly, at_ms * MS) == possibly <= share_at(thin.possibly, at_ms * MS)
        assert max(len(thin.surely), len(thin.possibly)) <= steps_max

    def test_nothing(self) -> None:
        """Of no entities there are no steps."""
        assert trace_band([]).surely == trace_band([]).possibly == ()
