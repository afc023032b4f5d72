"""An hour of schedule on virtual time: 3,600 entities for each of three probes, the workers and all of the emulator.

The same once more with three replicas and a fault at any time: cut off, down or slow replicas, lost and repeated calls.
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
from consistency.archive import Archive
from consistency.event_file import read_events
from consistency.plan_file import load_plan

PLAN = Path(__file__).parent.parent / "experiments" / "virtual_hour.toml"
NS_PER_S = 1e9
SPEED = 500  # simulated seconds a second, at least, with three replicas and faults
FAULTS: list[dict[str, object]] = [
    {"kind": "partition", "replica": 0},
    {"kind": "crash", "replica": 1},
    {"kind": "latency", "replica": 2, "delay": "uniform:100ms,500ms"},
    {"kind": "unavailable", "share": 0.1},
    {"kind": "lost_acknowledgement", "rpc": "commit", "share": 0.1},
    {"kind": "duplicate_delivery", "rpc": "commit", "share": 0.1},
    {"kind": "latency", "rpc": "run_query", "delay": "uniform:10ms,100ms"},
]


def measure(size: Size = FULL) -> Table:
    """The run's wall and processor time, simulated seconds per second, and the rest."""
    entities = size.of(3_600)
    plain, disturbed = [], []
    for _ in range(size.rounds):
        plain.append(ask_child("benchmarks.virtual", entities))
        disturbed.append(ask_child("benchmarks.virtual", entities, "faults"))
    figures, faulty = ({name: [one[name] for one in each] for name in each[0]} for each in (plain, disturbed))
    events = int(figures["events"][0])
    goal = Goal(4.0 * size.share)
    rows = [
        Row("the run, wall time", 3 * entities, figures["run_s"], "s", goal=goal),
        Row("the run, processor time", 3 * entities, figures["cpu_s"], "s"),
        Row("simulated seconds a second", 3 * entities, figures["speed"], "s/s"),
        Row("three replicas and faults, wall time", 3 * entities, faulty["run_s"], "s", goal=Goal(entities / SPEED)),
        Row("... processor time", 3 * entities, faulty["cpu_s"], "s", figures["cpu_s"]),
        Row("... simulated seconds a second", 3 * entities, faulty["speed"], "s/s"),
        Row("wall time of a call", events // 2, [s / (events / 2) * 1e6 for s in figures["run_s"]], "us"),
        Row("ten million additions: this machine now", 10_000_000, figures["yardstick_s"], "s"),
        Row("judging", events, figures["judge_s"], "s"),
        Row("report", events, figures["report_s"], "s"),
        Row("peak memory, with the report", events, figures["peak_mib"], "MiB"),
    ]
    return Table.of(f"virtual: {PLAN.name}, {entities:,} entities of each of three probes", rows)


def plan_faults(entities: int) -> dict[str, object]:
    """Three replicas, and each kind of fault for a seventh of the run, one after the other."""
    seventh_s = entities / 7
    times = [{"at": f"{number * seventh_s:.3f}s", "for": f"{seventh_s:.3f}s"} for number in range(7)]
    faults = [time | fault for time, fault in zip(times, FAULTS, strict=True)]
    return {"target": {"model": "replicas", "apply_b": "50ms | 100ms | lognormal:200ms,0.5"}, "faults": faults}


def run_once(entities: int, out: Path, changes: dict[str, object]) -> tuple[Archive, dict[str, float]]:
    """One run in this process, and what it took."""
    order = flow.prepare(load_plan(PLAN, {"entities": entities} | changes, {}), "virtual_hour", out, "round")
    start_s, cpu_s = time.perf_counter(), time.process_time()
    archive = flow.measure(order, "virtual_hour", None).archive
    run_s, cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_s
    histories = [read_events(path).events for path in archive.histories()]
    simulated_s = max(events[-1].at_ns for events in histories) / NS_PER_S
    events = sum(map(len, histories))
    return archive, {"run_s": run_s, "cpu_s": cpu_s, "speed": simulated_s / run_s, "events": events}


def judge_once(archive: Archive) -> dict[str, float]:
    """What judging and reporting that run take, and all of it together in memory."""
    start_s = time.perf_counter()
    judged = flow.judge_run(archive)
    judge_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    flow.report_run(judged, ("html", "md", "json", "csv"))
    return {
        "judge_s": judge_s,
        "report_s": time.perf_counter() - start_s,
        "yardstick_s": _time_additions_s(),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _time_additions_s() -> float:
    """Processor time of a loop that does nothing else: how fast the machine is while its other users are at work."""
    start_s, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return time.process_time() - start_s


def main(entities: int, *, faults: bool) -> dict[str, float]:
    """One round: a run, which is judged and reported where it is the plain one."""
    with tempfile.TemporaryDirectory() as folder:
        archive, figures = run_once(entities, Path(folder), plan_faults(entities) if faults else {})
        return figures if faults else figures | judge_once(archive)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), faults="faults" in sys.argv)))
