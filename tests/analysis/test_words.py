"""Numbers as words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.analysis.words import (
    find_resolution_ns,
    write_at_least,
    write_at_most,
    write_count,
    write_duration,
    write_exactly,
    write_interval,
    write_list,
    write_percent,
    write_percent_at_most,
    write_percent_between,
    write_signed_percent,
    write_sure,
)

MS = 1_000_000


class TestIntervals:
    @pytest.mark.parametrize(
        ("lower_ms", "upper_ms", "resolution_ms", "words"),
        [
            (194, 236, 50, "190–240 ms"),
            (0, 2.7, 2.7, "≤ 3 ms"),
            (0, 0.66, 0.66, "≤ 0.7 ms"),
            (962, 1034, 50, "0.96–1.04 s"),
            (9_951, None, 50, "at least 9.95 s"),
            (0, None, 50, "not bounded"),
            (4, 52, 50, "4–52 ms"),
            (4, 49, 50, "≤ 50 ms"),
            (291, 1_234, 200, "0.29–1.3 s"),
            (291, 12_340, 200, "0.29–12.4 s"),
            (130_000, 150_000, 1000, "2.16–2.50 min"),
        ],
    )
    def test_an_interval_is_rounded_outwards_to_its_resolution(
        self, lower_ms: float, upper_ms: float | None, resolution_ms: float, words: str
    ) -> None:
        """No digit is printed that the polls could not tell."""
        upper_ns = None if upper_ms is None else int(upper_ms * MS)
        assert write_interval(int(lower_ms * MS), upper_ns, int(resolution_ms * MS)) == words

    def test_a_confidence_interval_names_its_open_end(self) -> None:
        """An end that n cannot carry is said in words."""
        assert write_sure((441 * MS, 560 * MS), (450 * MS, 550 * MS), 10 * MS) == "between 441 and 560 ms, 95 %"
        assert write_sure((190 * MS, None), (200 * MS, None), 50 * MS) == "at least 200 ms, 95 % one-sided"
        assert write_sure((190 * MS, None), (200 * MS, 900 * MS), 50 * MS) == "at most 900 ms, 95 % one-sided"
        assert write_sure((0, 4 * MS), (0, 3 * MS), 3 * MS) == "at most 3 ms, 95 % one-sided"
        assert write_sure((0, None), (0, None)) == "not bounded"

    def test_an_end_beyond_one_poll_is_moved_by_less_than_a_tenth(self) -> None:
        """Polls 200 ms apart found 291 ms: 0.2 s would hide a third of it."""
        assert write_sure((291 * MS, 1_234 * MS), (0, None), 200 * MS) == "between 0.29 and 1.3 s, 95 %"
        assert write_at_least(291 * MS, 200 * MS) == "290 ms"

    def test_the_digits_follow_the_spacing_of_attempts_and_not_the_width(self) -> None:
        """A wide interval of few entities still has ends that are known to a poll."""
        assert find_resolution_ns(200 * MS, 1_200 * MS, 50 * MS) == 50 * MS
        assert find_resolution_ns(0, 3 * MS, 50 * MS) == 3 * MS

    @given(st.integers(0, 10**13), st.integers(1, 10**13), st.integers(0, 10**10))
    def test_never_zero(self, lower_ns: int, width_ns: int, resolution_ns: int) -> None:
        """ "0 ms" is never said."""
        assert not write_interval(lower_ns, lower_ns + width_ns, resolution_ns).endswith(("≤ 0 ms", "–0 ms"))
        assert write_at_most(width_ns, resolution_ns) not in {"0 ms", "0.0 ms", "0 s"}
        assert not write_duration(lower_ns).startswith("0 ")

    @given(st.integers(1, 119 * 10**9), st.integers(0, 10**9))
    def test_bounds_are_rounded_to_their_own_side(self, value_ns: int, resolution_ns: int) -> None:
        """What is printed as an upper bound is one, and so for a lower bound."""
        assert _read_ns(write_at_most(value_ns, resolution_ns)) >= value_ns - 1
        least = write_at_least(value_ns, resolution_ns)
        assert least == "any time" or _read_ns(least) <= value_ns + 1


def _read_ns(words: str) -> float:
    number, unit = words.replace(",", "").split()
    return round(float(number) * {"ms": 1e6, "s": 1e9}[unit])


class TestShares:
    @pytest.mark.parametrize(
        ("share", "words"), [(0.41, "41 %"), (1 / 600, "0.17 %"), (0.9983, "99.83 %"), (0, "0 %"), (1, "100 %")]
    )
    def test_two_digits_tell(self, share: float, words: str) -> None:
        """Near 0 and near 100 % the distance to them is what is told."""
        assert write_percent(share) == words

    def test_bounds_of_no_event(self) -> None:
        """The zero-event bound 1 - 0.05^(1/n) of 600 and of 30 (measurement.md 6.4)."""
        assert write_percent_at_most(1 - 0.05 ** (1 / 600)) == "0.50 %"
        assert write_percent_at_most(1 - 0.05 ** (1 / 30)) == "9.5 %"

    def test_an_end_that_is_not_zero_does_not_look_like_zero(self) -> None:
        """3 of 3,600 (measurement.md 6.4), and an exact end without decimals."""
        assert write_percent_between(0.000172, 0.002433) == "between 0.02 and 0.24 %"
        assert write_percent_between(0.905, 1.0) == "between 90.5 and 100 %"


class TestChanges:
    def test_a_large_change_has_no_exponent(self) -> None:
        """Three digits, a true minus, and thousands as everywhere."""
        assert [write_signed_percent(share) for share in (0.17, -0.00256, 19.1, 12345.6)] == [
            "+17 %",
            "−0.256 %",
            "+1,910 %",
            "+1,230,000 %",
        ]


class TestTexts:
    def test_lists_and_counts(self) -> None:
        """Plain English."""
        assert write_list([]) == ""
        assert write_list(["a"]) == "a"
        assert write_list(["a", "b", "c"]) == "a, b and c"
        assert write_count(1, "entity", "entities") == "1 entity"
        assert write_count(2995, "entity", "entities") == "2,995 entities"

    def test_a_chosen_duration_keeps_its_digits(self) -> None:
        """A limit is not a measurement."""
        assert write_exactly(2_000_000_000) == "2 s"
        assert write_exactly(487_500_000) == "487.5 ms"
