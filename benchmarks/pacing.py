"""How late the pacing loop wakes: Clock.sleep_until_ns on our loop, beside the same coroutine on asyncio's own loop.

A third rival blocks in `time.sleep`: what is late there is the kernel or the machine's other users, and no loop can do
better. Each has its own process. At 1/s all run at once, a third of a period apart; at 1,000/s in turn. Then one stream
of the real writer, in its own process, against the emulator: lateness with calls, which has the calls' own time in it.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

from benchmarks.rounds import FULL, Size, ask_child
from benchmarks.tables import Goal, Row, Table
from consistency import clock
from consistency.backends.connecting import connect
from consistency.backends.embedded import start_emulator
from consistency.channel import MemoryChannel
from consistency.clock import Clock
from consistency.durations import NS_PER_S
from consistency.emulator.settings import Settings
from consistency.event_file import read_events
from consistency.operation import Action, Invocation, Item
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.recorder import Recorder
from consistency.schedule import Stream
from consistency.workers.writer import Writer

SLOW, FAST = (1, 20), (1_000, 5)  # rate (1/s), seconds
OFF_BEAT_NS = 137_000_000  # kernels do their own periodic work at whole seconds
WRITER_RATES = {1: 20, 100: 5}
Lateness = list[int]  # ns, in the order of the schedule


def measure(size: Size = FULL) -> Table:
    """p50, p99, worst and drift of both loops at both rates; the writer's lateness."""
    rows = []
    for rate, usual_s in (SLOW, FAST):
        ticks = rate * size.of(usual_s)
        rounds = [_run_rivals(rate, ticks) for _ in range(size.rounds)]
        rows += _rows(f"{rate:,}/s", {kind: [one[kind] for one in rounds] for kind in RIVALS})
    with tempfile.TemporaryDirectory() as folder:
        for rate, usual_s in WRITER_RATES.items():
            rows += _writer_rows(rate, rate * size.of(usual_s), Path(folder))
    return Table.of("pacing: lateness against the schedule", rows)


def _rows(rate: str, lateness: dict[str, list[Lateness]]) -> list[Row]:
    n = len(lateness["ours"][0])
    quantiles = [("p50", 50, Goal(0.2, strict=True)), ("p99", 99, Goal(2, strict=True)), ("worst", 100, None)]
    rows = []
    for name, percent, goal in quantiles:
        blocked, default, ours = ([quantile_ms(one, percent) for one in lateness[kind]] for kind in RIVALS)
        rows.append(Row(f"{rate} {name}, time.sleep", n, blocked, "ms"))
        rows.append(Row(f"{rate} {name}, asyncio's loop", n, default, "ms"))
        rows.append(Row(f"{rate} {name}, ours", n, ours, "ms", default, goal))
    # A schedule of absolute times cannot drift; what is left is the noise of lateness, so its own goal is the bound.
    drift = [abs(drift_ms(one)) for one in lateness["ours"]]
    return [*rows, Row(f"{rate} drift over the round, ours", n, drift, "ms", goal=Goal(0.2))]


def _run_rivals(rate: int, ticks: int) -> dict[str, Lateness]:
    orders = [
        (kind, rate, ticks, OFF_BEAT_NS + NS_PER_S // rate * place // len(RIVALS)) for place, kind in enumerate(RIVALS)
    ]
    with ThreadPoolExecutor(len(RIVALS) if rate == SLOW[0] else 1) as pool:
        return dict(zip(RIVALS, pool.map(lambda order: ask_child("benchmarks.pacing", *order), orders), strict=True))


def _writer_rows(rate: int, writes: int, folder: Path) -> list[Row]:
    with start_emulator(Settings(), folder / f"emulator-{rate}.log") as child:
        late = ask_child("benchmarks.pacing", "writer", rate, writes, child.address, folder / f"history-{rate}.jsonl")
    names = {"p50": 50, "p99": 99, "worst": 100}
    return [Row(f"{rate}/s {name}, a writer", writes, [quantile_ms(late, at)], "ms") for name, at in names.items()]


def quantile_ms(lateness: Sequence[int], percent: int) -> float:
    """A quantile by nearest rank."""
    rank = max(1, -(-len(lateness) * percent // 100))
    return sorted(lateness)[rank - 1] / 1e6


def drift_ms(lateness: Sequence[int]) -> float:
    """Median lateness of the last half minus that of the first half."""
    half = max(1, len(lateness) // 2)
    return quantile_ms(lateness[-half:], 50) - quantile_ms(lateness[:half], 50)


def choose_start_ns(rate: int, phase_ns: int) -> int:
    """`phase_ns` after a whole period of the machine's monotonic clock, so that processes can keep apart."""
    period_ns = NS_PER_S // rate
    return (time.monotonic_ns() // period_ns + 2) * period_ns + phase_ns


async def pace(rate: int, ticks: int, start_ns: int) -> Lateness:
    """Lateness of `ticks` wake-ups of the running loop, the k-th due at start + k / rate."""
    own = Clock(start_ns, 0)
    late: Lateness = []
    for k in range(ticks):
        due_ns = k * NS_PER_S // rate
        await own.sleep_until_ns(due_ns)
        late.append(own.now_ns() - due_ns)
    return late


def pace_blocked(rate: int, ticks: int, start_ns: int) -> Lateness:
    """The same without a loop: the thread sleeps."""
    late: Lateness = []
    for k in range(ticks):
        due_ns = start_ns + k * NS_PER_S // rate
        time.sleep(max(0, due_ns - time.monotonic_ns()) / NS_PER_S)
        late.append(time.monotonic_ns() - due_ns)
    return late


async def write_stream(rate: int, writes: int, address: str, history: Path) -> Lateness:
    """Lateness of the writer's own stream of `writes` inserts."""
    plan = Plan(entities=writes, rate=f"{rate}/s", probes={Action.KEY_GET: Probe()})
    store = connect(plan, address, "pacing")
    await store.lookup(Item("warm-up", "warm-up"))
    own, recorder = Clock.starting_now(), Recorder(history, "writer")
    writer = Writer(plan, 0, store, recorder, own, MemoryChannel(), own.now_ns() + NS_PER_S)
    await writer.write_stream(Stream("key_get", (Action.KEY_GET,), Fraction(0)))
    recorder.close()
    await store.close()
    return [event.at_ns - event.due_ns for event in read_events(history).events if isinstance(event, Invocation)]


RIVALS: dict[str, Callable[[int, int, int], Lateness]] = {
    "sleep": pace_blocked,
    "asyncio": lambda *schedule: asyncio.run(pace(*schedule)),
    "ours": lambda *schedule: clock.run(pace(*schedule)),
}


def main(kind: str, rate: str, count: str, *rest: str) -> None:
    """Print the lateness of one loop as JSON."""
    if kind == "writer":
        late = clock.run(write_stream(int(rate), int(count), rest[0], Path(rest[1])))
    else:
        late = RIVALS[kind](int(rate), int(count), choose_start_ns(int(rate), int(rest[0])))
    print(json.dumps(late))


if __name__ == "__main__":
    main(*sys.argv[1:])
