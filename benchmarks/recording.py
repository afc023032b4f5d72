"""What recording an event costs, and what is lost of it when the process is killed.

Cost: the Recorder, one write for each event, beside a line of `json.dumps` with the same fields, written at once or
through Python's buffer. Loss: a child records as fast as it can and counts in shared memory what it has recorded; it is
killed at a random instant, and the file must hold as many whole lines. The buffered rival shows that the test can fail.
"""

import json
import mmap
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random

from benchmarks.rounds import FULL, Size, take_turns
from benchmarks.tables import Goal, Of, Row, Table
from consistency.operation import Action, Item, Outcome
from consistency.recorder import Recorder

ITEM = Item("0b54f1c2-93c7-5a64-9f0a-54a0c1d7a3be", "0b54f1c2-93c7-5a64-9f0a-54a0c1d7a3be")
AT_NS = 1_234_567_890_123
Record = Callable[[], object]  # records one call: two events


def record_ours(path: Path) -> Iterator[Record]:
    """The Recorder."""
    recorder = Recorder(path, "reader")

    def record() -> None:
        op = recorder.invoke(Action.GLOBAL_QUERY, ITEM, AT_NS, AT_NS)
        recorder.complete(op, AT_NS, Outcome.OK, 1, AT_NS)

    yield record
    recorder.close()


def record_dumps(path: Path, buffering: int = 0) -> Iterator[Record]:
    """`json.dumps` of a dict with the same fields, written at once (buffering 0) or buffered (-1)."""
    with path.open("wb", buffering) as file:
        ops = count()

        def record() -> None:
            op = next(ops)
            item = {"group": ITEM.group, "name": ITEM.name}
            begin = {"event": "invoke", "op": op, "process": "reader", "action": "global_query", "item": item,
                     "due_ns": AT_NS, "at_ns": AT_NS}  # fmt: skip
            file.write(json.dumps(begin).encode() + b"\n")
            end = {"event": "complete", "op": op, "process": "reader", "at_ns": AT_NS, "outcome": "ok", "seen": 1,
                   "server_ns": AT_NS}  # fmt: skip
            file.write(json.dumps(end).encode() + b"\n")

        yield record


def record_buffered(path: Path) -> Iterator[Record]:
    """`json.dumps` through Python's own buffer."""
    return record_dumps(path, -1)


RECORDERS = {"ours": record_ours, "dumps": record_dumps, "buffered": record_buffered}


def measure(size: Size = FULL) -> Table:
    """Cost of an event against both rivals, and events lost by kill -9."""
    events, kills = size.of(50_000), size.of(10)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cost = take_turns(size.rounds, {kind: lambda k=kind: _cost_us(k, folder, events) for kind in RECORDERS})  # type: ignore[misc]
        ours = [_kill_one("ours", folder, number) for number in range(kills)]
        buffered = [_kill_one("buffered", folder, number) for number in range(kills)]
    half = Goal(0.5, Of.RATIO)
    rows = [
        Row("an event by json.dumps, one write each", events, cost["dumps"], "us"),
        Row("an event by json.dumps, buffered", events, cost["buffered"], "us"),
        Row("an event by the Recorder, over the first", events, cost["ours"], "us", cost["dumps"], half),
        Row("an event by the Recorder, over the second", events, cost["ours"], "us", cost["buffered"]),
        _lost("lost by kill -9, Recorder", ours, Goal(0, Of.WORST)),
        _lost("lost by kill -9, json.dumps buffered", buffered, None),
    ]
    return Table.of("record: cost of an event, and what a killed process loses", rows)


def _lost(name: str, trials: list[tuple[int, int]], goal: Goal | None) -> Row:
    """A row of what was lost; n: the events of the shortest trial."""
    return Row(name, min(n for n, _ in trials), [float(lost) for _, lost in trials], "events", goal=goal)


def _cost_us(kind: str, folder: Path, events: int) -> float:
    path = folder / "cost.jsonl"
    for record in RECORDERS[kind](path):
        start_ns = time.perf_counter_ns()
        for _ in range(events // 2 or 1):
            record()
        taken_ns = time.perf_counter_ns() - start_ns
    path.unlink()
    return taken_ns / 1e3 / (2 * (events // 2 or 1))


def _kill_one(kind: str, folder: Path, number: int) -> tuple[int, int]:
    """Kill a recording child at a random instant: how many events it had recorded, and how many the file lacks."""
    path, tally = folder / f"{kind}-{number}.jsonl", folder / f"{kind}-{number}.tally"
    tally.write_bytes(bytes(8))
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.recording", kind, path, tally])
    while _read_tally(tally) == 0:
        time.sleep(0.01)
    time.sleep(Random(number).uniform(0.02, 0.1))
    child.kill()
    child.wait()
    recorded, lines = _read_tally(tally), path.read_bytes().count(b"\n")
    path.unlink()
    return recorded, max(0, recorded - lines)


def _read_tally(path: Path) -> int:
    return int(struct.unpack("q", path.read_bytes())[0])


def record_until_killed(kind: str, path: Path, tally: Path) -> None:
    """Record without end; `tally` is the number of events recorded, in memory that outlives this process."""
    with tally.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 8)
    for record in RECORDERS[kind](path):
        for calls in count(1):
            record()
            struct.pack_into("q", memory, 0, 2 * calls)


if __name__ == "__main__":
    record_until_killed(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
