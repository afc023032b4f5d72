"""Durations and rates as people write them: "250ms", "1h30m", "200/s".

Text comes in, integer nanoseconds go out, and back. Nothing here knows what is being timed.
"""

import re
from decimal import Decimal
from fractions import Fraction

NS_PER_S = 1_000_000_000
NS_PER_MINUTE = 60 * NS_PER_S
_UNITS_NS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": NS_PER_S, "m": NS_PER_MINUTE,
             "h": 3600 * NS_PER_S, "d": 86400 * NS_PER_S}  # fmt: skip
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|h|d)")


def parse_duration_ns(text: str) -> int:
    """Nanoseconds of "250ms", "1.5s", "1h30m" or "0"; ValueError in one sentence otherwise."""
    if text == "0":
        return 0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'"{text}" is not a duration: write a number and a unit, such as 250ms, 30s or 1h30m')
    return int(sum(Fraction(number) * _UNITS_NS[unit] for number, unit in parts))


def parse_rate(text: str) -> Fraction:
    """Events per second of "1/s", "0.5/s" or "90/m", exactly; ValueError in one sentence otherwise."""
    match = _RATE.fullmatch(text)
    if match is None or Fraction(match[1]) == 0:
        raise ValueError(f'"{text}" is not a rate: write a positive number per unit, such as 1/s or 90/m')
    return Fraction(match[1]) * NS_PER_S / _UNITS_NS[match[2]]


def format_duration(duration_ns: float) -> str:
    """At most three significant digits in the largest fitting unit: "1.5 s", "187 ms", "0.412 ms". No exponent."""
    if abs(duration_ns) >= 119.5 * NS_PER_S:
        return f"{_write_digits(duration_ns / _UNITS_NS['m'])} min"
    if abs(duration_ns) >= 0.9995 * NS_PER_S:  # what would be rounded to 1000 ms is 1 s
        return f"{_write_digits(duration_ns / NS_PER_S)} s"
    return f"{_write_digits(duration_ns / 1e6)} ms"


def _write_digits(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 1000 else f"{Decimal(f'{number:.3g}'):f}"
