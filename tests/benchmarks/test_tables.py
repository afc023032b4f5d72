"""The arithmetic of the tables, on figures made by hand."""

import pytest

from benchmarks.tables import Goal, Of, Row, Table, describe_machine, show


class TestRow:
    def test_the_ratio_is_taken_within_each_round(self) -> None:
        """A round in which the whole machine was slow has the ratio of every other."""
        row = Row("ours", 10, [1.0, 20.0, 3.0], "us", [2.0, 40.0, 6.0])
        assert row.ratio == 0.5

    def test_the_ratio_is_the_median_over_the_rounds(self) -> None:
        """One odd round does not decide."""
        assert Row("ours", 10, [1.0, 1.0, 1.0], "us", [1.0, 4.0, 2.0]).ratio == 0.5

    def test_rounds_without_a_partner_are_refused(self) -> None:
        """Figures of one contest cannot be compared with more figures of another."""
        with pytest.raises(ValueError, match="zip"):
            _ = Row("ours", 10, [1.0], "us", [1.0, 2.0]).ratio

    def test_without_a_rival_there_is_no_ratio(self) -> None:
        """Nor is one printed."""
        row = Row("ours", 10, [1.0, 3.0, 2.0], "us")
        assert row.ratio is None
        assert row.cells() == ("ours", "10", "3", "2 us", "1 - 3", "", "", "")

    @pytest.mark.parametrize(
        ("goal", "words"),
        [
            (Goal(2), ("≤ 2 us", "met")),
            (Goal(2, strict=True), ("< 2 us", "MISSED")),
            (Goal(1.9), ("≤ 1.9 us", "MISSED")),
            (Goal(2.9, Of.WORST), ("≤ 2.9 us", "MISSED")),
            (Goal(0.5, Of.RATIO), ("≤ 0.5x", "met")),
            (Goal(0.49, Of.RATIO), ("≤ 0.49x", "MISSED")),
        ],
    )
    def test_a_goal_is_about_the_median_the_worst_or_the_ratio(self, goal: Goal, words: tuple[str, str]) -> None:
        """And its unit is that of what it is about."""
        assert Row("ours", 10, [1.0, 3.0, 2.0], "us", [2.0, 6.0, 4.0], goal).cells()[-2:] == words

    def test_the_worst_is_the_farthest_from_zero(self) -> None:
        """An error of -5 is worse than one of 3."""
        assert Row("error", 1, [3.0, -5.0], "ms", goal=Goal(0, Of.WORST)).judged == -5


class TestTable:
    def test_columns_are_aligned(self) -> None:
        """Names to the left, figures to the right."""
        text = Table("title", ("", "n"), (("a", "100"), ("long", "1")), ("a note",)).render().splitlines()
        assert text == ["title", "---------", "        n", "a     100", "long    1", "a note"]

    @pytest.mark.parametrize(
        ("value", "text"),
        [(0, "0"), (0.01234, "0.0123"), (12.345, "12.3"), (7.0, "7"), (1234.5, "1,234"), (-198, "-198")],
    )
    def test_figures_have_three_digits(self, value: float, text: str) -> None:
        """More would be noise."""
        assert show(value) == text

    def test_the_machine_is_named(self) -> None:
        """Figures without their machine mean nothing."""
        assert "cores" in describe_machine()
        assert "grpcio" in describe_machine()
