"""An hour of schedule on virtual time: 3,600 entities for each of three probes, the workers and all of the emulator.

Each round is a fresh process. The run's time has the writing of the history in it, but neither the start of the
interpreter nor the judging and the report, which are timed apart.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.rounds import FULL, Size, ask_child
from benchmarks.tables import Goal, Row, Table
from consistency import flow
from consistency.event_file import read_events
from consistency.plan_file import load_plan

PLAN = Path(__file__).parent.parent / "experiments" / "virtual_hour.toml"
NS_PER_S = 1e9


def measure(size: Size = FULL) -> Table:
    """The run's wall and processor time, simulated seconds per second, and the rest."""
    entities = size.of(3_600)
    rounds = [ask_child("benchmarks.virtual", entities) for _ in range(size.rounds)]
    figures = {name: [one[name] for one in rounds] for name in rounds[0]}
    events = int(figures["events"][0])
    goal = Goal(4.0 * size.share)
    rows = [
        Row("the run, wall time", 3 * entities, figures["run_s"], "s", goal=goal),
        Row("the run, processor time", 3 * entities, figures["cpu_s"], "s"),
        Row("simulated seconds a second", 3 * entities, figures["speed"], "s/s"),
        Row("wall time of a call", events // 2, [s / (events / 2) * 1e6 for s in figures["run_s"]], "us"),
        Row("ten million additions: this machine now", 10_000_000, figures["yardstick_s"], "s"),
        Row("judging", events, figures["judge_s"], "s"),
        Row("report", events, figures["report_s"], "s"),
        Row("peak memory, with the report", events, figures["peak_mib"], "MiB"),
    ]
    return Table.of(f"virtual: {PLAN.name}, {entities:,} entities of each of three probes", rows)


def run_once(entities: int, out: Path) -> dict[str, float]:
    """One run in this process, judged and reported."""
    order = flow.prepare(load_plan(PLAN, {"entities": entities}, {}), "virtual_hour", out, "round")
    start_s, cpu_s = time.perf_counter(), time.process_time()
    finished = flow.measure(order, "virtual_hour", None)
    run_s, cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_s
    start_s = time.perf_counter()
    judged = flow.judge_run(finished.archive)
    judge_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    flow.report_run(judged, ("html", "md", "json", "csv"))
    report_s = time.perf_counter() - start_s
    histories = [read_events(path).events for path in finished.archive.histories()]
    simulated_s = max(events[-1].at_ns for events in histories) / NS_PER_S
    return {
        "run_s": run_s,
        "cpu_s": cpu_s,
        "speed": simulated_s / run_s,
        "events": sum(map(len, histories)),
        "judge_s": judge_s,
        "report_s": report_s,
        "yardstick_s": _time_additions_s(),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _time_additions_s() -> float:
    """Processor time of a loop that does nothing else: how fast the machine is while its other users are at work."""
    start_s, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return time.process_time() - start_s


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run_once(int(sys.argv[1]), Path(folder))))
