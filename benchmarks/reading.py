"""How fast a history is read and paired, and what ten million events cost until their latencies are summarised.

A file as the Recorder writes it comes in, made up of entities that one reader looks for nineteen times; processor and
wall seconds and memory of a fresh process go out. The goals are about the processor's seconds: reading uses one core,
and other programs may use it too.
"""

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.rounds import FULL, Size, ask_child
from benchmarks.tables import Goal, Of, Row, Table
from consistency.analysis.curve import trace_band
from consistency.analysis.entities import combine_searches
from consistency.analysis.npmle import estimate_distribution
from consistency.analysis.series import gather_series
from consistency.analysis.summaries import summarize_action
from consistency.analysis.visibility import measure_visibility
from consistency.history import History
from consistency.operation import Action, Completion, Ended, Event, Invocation, Item, Outcome

READS = 19  # of each entity
FEW, MANY = 1_000_000, 10_000_000
MS, S = 1_000_000, 1_000_000_000
EVENT_US_MAX, SECONDS_MAX, GB_MAX = 2.0, 30.0, 2.0
CHILD = "benchmarks.reading"
Figures = dict[str, float]


def measure(size: Size = FULL) -> Table:
    """Microseconds for each event of a file, and seconds and memory for many events and their summary."""
    few, many = size.of(FEW), size.of(MANY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.jsonl"
        write_history(path, few)
        read = [ask_child(CHILD, path) for _ in range(size.rounds)]
        write_history(path, many)
        summarized = [ask_child(CHILD, path) for _ in range(max(1, size.rounds // 2))]
    event_us = {kind: [1e6 * one[f"read_{kind}"] / few for one in read] for kind in ("cpu_s", "wall_s")}
    all_s = {kind: [one[f"read_{kind}"] + one[f"summary_{kind}"] for one in summarized] for kind in ("cpu_s", "wall_s")}
    peaks_gb = [one["gb"] for one in summarized]
    rows = [
        Row("an event read and paired", few, event_us["cpu_s"], "us", goal=Goal(EVENT_US_MAX)),
        Row("  by the wall", few, event_us["wall_s"], "us"),
        Row("events read, paired, summarised", many, all_s["cpu_s"], "s", goal=Goal(SECONDS_MAX, Of.WORST)),
        Row("  by the wall", many, all_s["wall_s"], "s"),
        Row("  memory at most", many, peaks_gb, "GB", goal=Goal(GB_MAX, Of.WORST)),
    ]
    notes = (
        "2 us an event are 500,000 events a second. Seconds are the processor's, one core; the wall's stand beside.",
        "Summarised: series, intervals, quantiles, counts of retries, NPMLE and the curve of what was visible when.",
    )
    return Table.of("reading: histories from disk", rows, *notes)


def write_history(path: Path, events: int) -> None:
    """A file of about `events` events: entities a second apart, each seen from some attempt on."""
    encode, draw = msgspec.json.Encoder().encode, random.Random(3)
    with path.open("wb") as file:
        for index in range(max(1, events // (2 * (READS + 1)))):
            file.write(b"".join(encode(event) + b"\n" for event in _make_entity(index, draw)))
        for process in ("writer", "reader-1"):
            file.write(encode(Ended(process, events * S)) + b"\n")


def _make_entity(index: int, draw: random.Random) -> Iterator[Event]:
    name, op, written_ns = f"{draw.getrandbits(144):036x}", index * (READS + 1), index * S
    item, first_hit = Item(name, name), draw.randrange(READS - 3)
    yield Invocation(op, "writer", Action.WRITE, item, written_ns, written_ns, 1)
    yield Completion(op, "writer", written_ns + 3 * MS, Outcome.OK, server_ns=written_ns + 2 * MS)
    for place in range(READS):
        at_ns = written_ns + 4 * MS + place * 50 * MS + draw.randrange(MS)
        seen = int(place >= first_hit)
        yield Invocation(op + 1 + place, "reader-1", Action.GLOBAL_QUERY, item, at_ns, at_ns)
        yield Completion(op + 1 + place, "reader-1", at_ns + 2 * MS, Outcome.OK, seen, server_ns=at_ns + MS)


def read_once(path: Path) -> Figures:
    """Read and summarise in this process."""
    begun = _now()
    history = History.load([path])
    read = _now()
    series = gather_series(history, Action.GLOBAL_QUERY)
    entities = combine_searches(measure_visibility(series))
    summary = summarize_action(entities)
    distribution = estimate_distribution(entities.lower_ns, entities.upper_ns)
    band = trace_band(summary.visibilities)
    ended = _now()
    assert all((summary.retries, len(distribution.masses), band.surely)), "what was measured is the whole work"
    figures = {f"read_{kind}": read[kind] - begun[kind] for kind in begun}
    figures |= {f"summary_{kind}": ended[kind] - read[kind] for kind in begun}
    return figures | {"gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}


def _now() -> Figures:
    return {"cpu_s": time.process_time(), "wall_s": time.perf_counter()}


if __name__ == "__main__":
    print(json.dumps(read_once(Path(sys.argv[1]))))
