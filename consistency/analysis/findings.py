"""Findings: what one checker says of one history.

A checker builds a Finding; claims, pages and the command line read it. Nothing here computes a rule.

The anomalies of a finding are built when they are asked for: a store that is meant to be stale has a million of them,
their number is an array's length, and a page shows a thousand at most.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from consistency.analysis.judgement import Share, Verdict
from consistency.history import Column
from consistency.operation import Item, Operation


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing that must not be. `ops` is its witness: operations that prove it together, and none of which can be
    left out, in order of their invocations. `explanation` is one sentence about them."""

    checker: str
    item: Item
    ops: tuple[Operation, ...]
    explanation: str


@dataclass(frozen=True, slots=True)
class Anomalies(Sequence[Anomaly]):
    """`size` anomalies, of which `build(i)` makes number i. `blamed`: the row (in the history) of the read that
    must not have been answered so, for each anomaly or for the first ones; None where they blame no single reads."""

    size: int = 0
    build: Callable[[int], Anomaly] | None = None
    blamed: Column | None = None

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> Anomaly:  # type: ignore[override]  # nobody cuts a slice of anomalies
        if self.build is None or not -self.size <= number < self.size:
            raise IndexError(number)
        return self.build(number % self.size)


@dataclass(frozen=True, slots=True)
class Finding:
    """`examined`: what the checker looked at (reads, writes or items, as `reason` says). `opportunities`: those of them
    at which the anomaly could have shown. `share`: the anomalies among the opportunities with an exact interval; None
    where one opportunity may show several. `unresolved`: more that clocks as wrong as they may be could hide or feign.
    `figures`: named numbers; those of time end in _ns; None is infinite or unknown, as the checker says. `lacks`: why
    some of it could not be judged."""

    checker: str
    examined: int
    opportunities: int
    anomalies: Sequence[Anomaly]
    verdict: Verdict
    reason: str
    share: Share | None = None
    unresolved: int = 0
    figures: Mapping[str, float | int | None] = field(default_factory=dict)
    lacks: str = ""
