"""Prices: what calls cost, from a file with a date, because prices change.

A TOML file comes in (the package's own, or `--prices FILE`), Prices go out; with Calls they give dollars and days of
the free quota.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from consistency.budget import Calls
from consistency.errors import UsageError

PUBLISHED: Final = Path(__file__).parent / "prices.toml"
_PER: Final = 100_000


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number for each kind of call."""

    reads: float
    writes: float
    deletes: float


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per 100,000 calls, and calls per day that are free, as they were on `dated` at `source`."""

    dated: str
    source: str
    dollars_per_100_000: Rates
    free_per_day: Rates


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars without the free quota, and how many days of it the calls would use up."""

    dollars: float
    free_days: float


def load_prices(path: Path = PUBLISHED) -> Prices:
    """The prices in the file at `path`; UsageError where it cannot be read."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Prices, strict=False)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"{path} is not a list of prices: {error}. Copy {PUBLISHED} and change its numbers."
        ) from error


def reckon_cost(calls: Calls, prices: Prices) -> Cost:
    """What `calls` cost at `prices`."""
    counted = {"reads": calls.reads, "writes": calls.writes, "deletes": calls.deletes}
    dollars = sum(count * getattr(prices.dollars_per_100_000, kind) for kind, count in counted.items()) / _PER
    days = [count / getattr(prices.free_per_day, kind) for kind, count in counted.items() if count]
    return Cost(dollars, max(days, default=0.0))
