"""Large histories for the checkers, as columns at once: a million events would take longer to build than to judge.

The number of operations comes in, a History goes out. Items are registers with an atomic truth: a call takes effect at
one instant between its ends, so a history without stale reads is linearizable; a share of the reads looks at an earlier
instant instead, as an eventual read does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from consistency.history import ACTIONS, NEVER, OUTCOMES, UNSTAMPED, History
from consistency.operation import Action, Item, Outcome

WRITE, READ = ACTIONS.index(Action.WRITE), ACTIONS.index(Action.GLOBAL_QUERY)
OK, INFO = OUTCOMES.index(Outcome.OK), OUTCOMES.index(Outcome.INFO)
LATENCY_NS = 2_000_000
GAP_NS = 1_000_000
ABREAST = 10  # items that are in use at a time


@dataclass(frozen=True, slots=True)
class Shape:
    """`calls`: operations of each item; `writes`: how many of these write; `processes`: who makes them; `stale`: share
    of reads that look back by up to `lag_ns`; `lost`: share of writes without an answer."""

    name: str
    calls: int
    writes: float
    processes: int
    stale: float
    lag_ns: int = 50_000_000
    lost: float = 0.001


SHAPES = (
    Shape("an item for each write, 20 calls", calls=20, writes=0.05, processes=4, stale=0.05),
    Shape("items with 1,000 calls, 8 processes", calls=1_000, writes=0.3, processes=8, stale=0.01),
    Shape("one item with all calls, 8 processes", calls=0, writes=0.3, processes=8, stale=0.001),
)


def build(shape: Shape, operations: int, seed: int = 1) -> History:
    """A history of about `operations` calls in order of their invocations."""
    random = np.random.default_rng(seed)
    calls = shape.calls or operations
    abreast = ABREAST if shape.calls else 1
    items = max(1, operations // calls // abreast) * abreast
    count = items * calls
    item = np.arange(count) // (calls * abreast) * abreast + np.arange(count) % abreast
    start = np.arange(count) * GAP_NS // 4 + random.integers(0, GAP_NS, count)
    took = random.exponential(LATENCY_NS, count).astype(np.int64) + 1000
    effect = start + (took * random.random(count)).astype(np.int64)
    writes = random.random(count) < shape.writes
    writes[np.unique(item, return_index=True)[1]] = True
    look = effect - np.where(random.random(count) < shape.stale, random.integers(0, shape.lag_ns, count), 0)
    revision, seen = _apply(item, effect, look, writes)
    lost = writes & (random.random(count) < shape.lost)
    order = np.argsort(start, kind="stable")
    process = random.integers(0, shape.processes, count)
    columns: dict[str, Any] = {  # they become fields by name
        "op": np.arange(count),
        "process": process,
        "action": np.where(writes, WRITE, READ),
        "item": item,
        "revision": np.where(writes, revision, 0),
        "due_ns": start,
        "invoked_ns": start,
        "completed_ns": np.where(lost, NEVER, start + took),
        "outcome": np.where(lost, INFO, OK),
        "seen": np.where(writes, 0, seen),
        "server_ns": np.full(count, UNSTAMPED),
        "code": np.zeros(count, np.int64),
    }
    return History(
        **{name: column[order] for name, column in columns.items()},
        processes=tuple(f"p{number}" for number in range(shape.processes)),
        items=tuple(Item(f"i{number}", f"i{number}") for number in range(items)),
        codes=("",),
        ended=frozenset(),
        torn=(),
        micros={},
        orders={},
        faults=(),
    )


def _apply(item: np.ndarray, effect: np.ndarray, look: np.ndarray, writes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The revision of each write, by its effect within its item, and what each read sees at the instant it looks at."""
    span = int(effect.max()) * 2 + 1
    place = item * span
    written = np.sort(place[writes] + effect[writes])
    begins = np.searchsorted(written, place)
    revision = np.searchsorted(written, place + effect) - begins + 1
    seen = np.searchsorted(written, place + np.maximum(look, 0), side="right") - begins
    return revision, seen
