"""Distributions of delays, written in one word: "150ms", "lognormal:200ms,0.8", "hrd-published".

Text comes in, a Delay goes out; a Delay draws nanoseconds from the random source that it is given, one or an array of
them. The plan checks the text, the emulator and the virtual network draw from it.

The preset is Google's own estimate of the High Replication Datastore (TimeBasedHRConsistencyPolicy in
appengine-python-standard): four steps with published shares.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

from consistency.durations import parse_duration_ns

if TYPE_CHECKING:
    from numpy.random import RandomState

SIGMA_MAX = 10  # beyond it a lognormal's tail leaves the range of a float
ALPHA_MIN, ALPHA_MAX = 0.1, 1_000  # below it a Pareto's tail does

Draw: TypeAlias = Callable[[Random], int]
DrawMany: TypeAlias = "Callable[[RandomState, int], Any]"  # an array of so many floats


@dataclass(frozen=True, slots=True)
class Delay:
    """One distribution: its text, as it was asked for, and how to draw from it in nanoseconds, at a time one or many.

    The two draw alike, not the same. numpy comes in with its random source, so that this module does without it; it is
    a RandomState, because numpy promises of that one that a seed means the same in every version.
    """

    text: str
    draw_ns: Draw
    draw_many_ns: DrawMany

    def __str__(self) -> str:
        return self.text


def parse_delay(text: str) -> Delay:
    """A Delay from its text; ValueError in one sentence when it cannot be read.

    D or fixed:D · uniform:LOW,HIGH · exponential:MEAN · lognormal:MEDIAN,SIGMA (sigma of the logarithm) ·
    pareto:LEAST,ALPHA · classes:SHARE%=D,... (shares must sum to 100) · mix:SHARE%=DELAY;... · hrd-published
    """
    asked = PRESETS.get(text, text)
    name, _, arguments = (f"fixed:{asked}" if asked[:1].isdigit() else asked).partition(":")
    if name not in DELAYS:
        raise ValueError(f'"{text}" is not a delay: write 150ms, or one of {", ".join([*DELAYS, *PRESETS])}')
    return Delay(text, *DELAYS[name](arguments.split(";" if name == "mix" else ",")))


def _fixed(arguments: list[str]) -> tuple[Draw, DrawMany]:
    (value,) = _expect(arguments, 1, "fixed:DURATION")
    value_ns = parse_duration_ns(value)
    return lambda _: value_ns, lambda chance, count: chance.uniform(value_ns, value_ns, count)


def _uniform(arguments: list[str]) -> tuple[Draw, DrawMany]:
    low_ns, high_ns = (parse_duration_ns(text) for text in _expect(arguments, 2, "uniform:LOW,HIGH"))
    if low_ns > high_ns:
        raise ValueError(f"uniform:{','.join(arguments)} has its ends the wrong way round")
    return (
        lambda random: low_ns + int(random.random() * (high_ns - low_ns)),
        lambda chance, count: chance.uniform(low_ns, high_ns, count),
    )


def _exponential(arguments: list[str]) -> tuple[Draw, DrawMany]:
    (mean,) = _expect(arguments, 1, "exponential:MEAN")
    mean_ns = parse_duration_ns(mean)
    return (
        lambda random: int(-mean_ns * math.log1p(-random.random())),
        lambda chance, count: chance.exponential(mean_ns, count),
    )


def _lognormal(arguments: list[str]) -> tuple[Draw, DrawMany]:
    median, sigma_text = _expect(arguments, 2, "lognormal:MEDIAN,SIGMA")
    median_ns, sigma = parse_duration_ns(median), _parse_number(sigma_text, SIGMA_MAX)
    return (
        lambda random: int(median_ns * math.exp(sigma * random.gauss())),
        lambda chance, count: median_ns * chance.lognormal(0, sigma, count),
    )


def _pareto(arguments: list[str]) -> tuple[Draw, DrawMany]:
    least, alpha_text = _expect(arguments, 2, "pareto:LEAST,ALPHA")
    least_ns, alpha = parse_duration_ns(least), _parse_number(alpha_text, ALPHA_MAX)
    if alpha < ALPHA_MIN:
        raise ValueError(f"pareto:{','.join(arguments)} has an alpha below {ALPHA_MIN}")
    power = -1 / alpha
    return (
        lambda random: int(least_ns * (1 - random.random()) ** power),
        lambda chance, count: least_ns * (1 + chance.pareto(alpha, count)),
    )


def _classes(arguments: list[str]) -> tuple[Draw, DrawMany]:
    shares, texts = _divide(arguments, "classes", "DURATION, such as 10%=3s")
    bounds, values_ns = _bounds(shares), [parse_duration_ns(text) for text in texts]
    return (
        lambda random: values_ns[bisect_right(bounds, random.random())],
        lambda chance, count: chance.choice(values_ns, count, p=[share / 100 for share in shares]),
    )


def _mix(arguments: list[str]) -> tuple[Draw, DrawMany]:
    shares, texts = _divide(arguments, "mix", "DELAY, such as 10%=exponential:3s")
    bounds, parts = _bounds(shares), [parse_delay(text) for text in texts]

    def draw_many(chance: "RandomState", count: int) -> Any:
        """Of each place a number that chooses a part; then, for every part, its draws in these places."""
        drawn, least = chance.random_sample(count), 0.0
        chosen = drawn.copy()
        for bound, part in zip([*bounds, 1.0], parts, strict=True):
            places = (least <= chosen) & (chosen < bound)
            drawn[places] = part.draw_many_ns(chance, places.sum())
            least = bound
        return drawn

    return lambda random: parts[bisect_right(bounds, random.random())].draw_ns(random), draw_many


def _divide(arguments: list[str], name: str, form: str) -> tuple[list[float], list[str]]:
    """The shares, in percent, of what stands behind them."""
    pairs = [argument.partition("%=") for argument in arguments]
    for share, separator, text in pairs:
        if not separator:
            raise ValueError(f'"{share}{text}" is not a part of {name}: write SHARE%={form}')
    shares = [_parse_number(share, 100) for share, _, _ in pairs]
    if not math.isclose(sum(shares), 100):
        raise ValueError(f"the shares of {name}:{','.join(arguments)} sum to {sum(shares):g} %, not to 100 %")
    return shares, [text for _, _, text in pairs]


def _bounds(shares: list[float]) -> list[float]:
    """The inner bounds, from 0 to 1, of shares in percent."""
    return [bound / 100 for bound in accumulate(shares)][:-1]


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


DELAYS: dict[str, Callable[[list[str]], tuple[Draw, DrawMany]]] = {
    "fixed": _fixed,
    "uniform": _uniform,
    "exponential": _exponential,
    "lognormal": _lognormal,
    "pareto": _pareto,
    "classes": _classes,
    "mix": _mix,
}
PRESETS = {"hrd-published": "classes:98%=100ms,1%=300ms,0.5%=2s,0.5%=240s"}
