"""Distributions of delays, written in one word: "150ms", "lognormal:200ms,0.8", "hrd-published".

Text comes in, a Delay goes out; a Delay draws nanoseconds from the random source that it is given. The plan checks the
text, the emulator and the virtual network draw from it. The preset is Google's own estimate of the High Replication
Datastore (TimeBasedHRConsistencyPolicy in appengine-python-standard): four steps with published shares.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from consistency.durations import parse_duration_ns

SIGMA_MAX = 10  # beyond it a lognormal's tail leaves the range of a float


@dataclass(frozen=True, slots=True)
class Delay:
    """One distribution: its text, as it was asked for, and how to draw from it in nanoseconds."""

    text: str
    draw_ns: Callable[[Random], int]

    def __str__(self) -> str:
        return self.text


def parse_delay(text: str) -> Delay:
    """A Delay from its text; ValueError in one sentence when it cannot be read.

    D or fixed:D · uniform:LOW,HIGH · exponential:MEAN · lognormal:MEDIAN,SIGMA (sigma of the logarithm) ·
    classes:SHARE%=D,... (shares must sum to 100) · hrd-published
    """
    asked = PRESETS.get(text, text)
    name, _, arguments = (f"fixed:{asked}" if asked[:1].isdigit() else asked).partition(":")
    if name not in DELAYS:
        raise ValueError(f'"{text}" is not a delay: write 150ms, or one of {", ".join([*DELAYS, *PRESETS])}')
    return Delay(text, DELAYS[name](arguments.split(",")))


def _fixed(arguments: list[str]) -> Callable[[Random], int]:
    (value,) = _expect(arguments, 1, "fixed:DURATION")
    value_ns = parse_duration_ns(value)
    return lambda _: value_ns


def _uniform(arguments: list[str]) -> Callable[[Random], int]:
    low_ns, high_ns = (parse_duration_ns(text) for text in _expect(arguments, 2, "uniform:LOW,HIGH"))
    if low_ns > high_ns:
        raise ValueError(f"uniform:{','.join(arguments)} has its ends the wrong way round")
    return lambda random: low_ns + int(random.random() * (high_ns - low_ns))


def _exponential(arguments: list[str]) -> Callable[[Random], int]:
    (mean,) = _expect(arguments, 1, "exponential:MEAN")
    mean_ns = parse_duration_ns(mean)
    return lambda random: int(-mean_ns * math.log1p(-random.random()))


def _lognormal(arguments: list[str]) -> Callable[[Random], int]:
    median, sigma_text = _expect(arguments, 2, "lognormal:MEDIAN,SIGMA")
    median_ns, sigma = parse_duration_ns(median), _parse_number(sigma_text, SIGMA_MAX)
    return lambda random: int(median_ns * math.exp(sigma * random.gauss()))


def _classes(arguments: list[str]) -> Callable[[Random], int]:
    pairs = [argument.partition("%=") for argument in arguments]
    for share, separator, text in pairs:
        if not separator:
            raise ValueError(f'"{share}{text}" is not a class: write SHARE%=DURATION, such as 10%=3s')
    shares = [_parse_number(share, 100) for share, _, _ in pairs]
    values_ns = [parse_duration_ns(text) for _, _, text in pairs]
    if not math.isclose(sum(shares), 100):
        raise ValueError(f"the shares of classes:{','.join(arguments)} sum to {sum(shares):g} %, not to 100 %")
    bounds = [bound / 100 for bound in accumulate(shares)][:-1]
    return lambda random: values_ns[bisect_right(bounds, random.random())]


def _parse_number(text: str, most: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise ValueError(f'"{text}" is not a number from 0 to {most}')
    return number


def _expect(arguments: list[str], count: int, form: str) -> list[str]:
    if len(arguments) != count or not all(arguments):
        raise ValueError(f"{form} takes {count} value{'s' * (count > 1)}, not {','.join(arguments) or 'none'}")
    return arguments


DELAYS: dict[str, Callable[[list[str]], Callable[[Random], int]]] = {
    "fixed": _fixed,
    "uniform": _uniform,
    "exponential": _exponential,
    "lognormal": _lognormal,
    "classes": _classes,
}
PRESETS = {"hrd-published": "classes:98%=100ms,1%=300ms,0.5%=2s,0.5%=240s"}
