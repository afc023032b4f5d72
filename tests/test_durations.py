"""Durations and rates: text to exact numbers and back."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.durations import format_duration, parse_duration_ns, parse_rate

UNITS_NS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
            "d": 86400 * 10**9}  # fmt: skip


class TestParseDuration:
    @pytest.mark.parametrize(
        ("text", "expected_ns"),
        [("0", 0), ("0s", 0), ("250ms", 250_000_000), ("1.5s", 1_500_000_000), ("1h30m", 5_400_000_000_000),
         ("0.1s", 100_000_000), ("1m0.5s", 60_500_000_000), ("3us", 3_000), ("3µs", 3_000), ("7ns", 7)],
    )  # fmt: skip
    def test_reads_what_people_write(self, text: str, expected_ns: int) -> None:
        """A number and a unit, or several of them, are exact nanoseconds."""
        assert parse_duration_ns(text) == expected_ns

    @pytest.mark.parametrize("text", ["", "5", "ms", "5 ms", "-5ms", "5min", "1e3s", "5ms,", ".5s", "1.s", "5msx"])
    def test_refuses_all_else_in_one_sentence(self, text: str) -> None:
        """What is not a duration is quoted back, with examples."""
        with pytest.raises(ValueError, match="is not a duration: write a number and a unit, such as 250ms") as raised:
            parse_duration_ns(text)
        assert f'"{text}"' in str(raised.value)

    @given(st.integers(0, 10**6), st.sampled_from(sorted(UNITS_NS)))
    def test_is_exact_for_every_unit(self, count: int, unit: str) -> None:
        """No unit loses a nanosecond."""
        assert parse_duration_ns(f"{count}{unit}") == count * UNITS_NS[unit]


class TestParseRate:
    @pytest.mark.parametrize(
        ("text", "per_s"),
        [("1/s", Fraction(1)), ("0.5/s", Fraction(1, 2)), ("90/m", Fraction(3, 2)), ("7/m", Fraction(7, 60)),
         ("0.1/s", Fraction(1, 10)), ("1/h", Fraction(1, 3600)), ("1/d", Fraction(1, 86400))],
    )  # fmt: skip
    def test_is_an_exact_fraction(self, text: str, per_s: Fraction) -> None:
        """Seven a minute is 7/60 a second, not a rounded float."""
        assert parse_rate(text) == per_s

    @pytest.mark.parametrize("text", ["", "1", "0/s", "0.0/s", "-1/s", "1/ms", "1 / s", "/s", "1/s/s"])
    def test_refuses_all_else_in_one_sentence(self, text: str) -> None:
        """A rate of nothing, or none at all, is quoted back."""
        with pytest.raises(ValueError, match="is not a rate: write a positive number per unit") as raised:
            parse_rate(text)
        assert f'"{text}"' in str(raised.value)


class TestFormatDuration:
    @pytest.mark.parametrize(
        ("duration_ns", "expected"),
        [(0, "0 ms"), (1, "0.000001 ms"), (412_000, "0.412 ms"), (187_000_000, "187 ms"), (999_400_000, "999 ms"),
         (999_600_000, "1 s"), (1_500_000_000, "1.5 s"), (119_000_000_000, "119 s"), (120_000_000_000, "2 min"),
         (-187_000_000, "-187 ms"), (3600 * 10**9, "60 min"), (86400 * 10**9, "1440 min")],
    )  # fmt: skip
    def test_is_short_and_plain(self, duration_ns: int, expected: str) -> None:
        """Three digits carry it, and never an exponent."""
        assert format_duration(duration_ns) == expected

    @given(st.integers(1, 10**15))
    def test_never_shows_an_exponent(self, duration_ns: int) -> None:
        """Nobody reads 1e+03 ms."""
        assert "e" not in format_duration(duration_ns)
