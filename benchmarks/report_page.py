"""A page of 100,000 operations with 1,000 stale reads: how long judging and drawing take, and how large the page is.

The history is made up, so that its size and its anomalies are exact: entities a second apart, each looked for seven
times by a global query, and of some the first attempt misses what was acknowledged. Each round is a fresh process;
its seconds are the processor's, and the wall's stand beside.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.rounds import FULL, Size, ask_child
from benchmarks.tables import Goal, Of, Row, Table
from consistency.analysis.judge import judge
from consistency.archive import Archive
from consistency.history import History
from consistency.operation import Action, Completion, Ended, Event, Invocation, Item, Outcome
from consistency.plan import Plan
from consistency.report.pages import write_report
from tests.analysis.runs import make_manifest

READS = 7  # of each entity
MS, S = 1_000_000, 1_000_000_000
SECONDS_MAX, MIB_MAX = 10.0, 1.0


def measure(size: Size = FULL) -> Table:
    """Seconds for judging and for drawing the page, and its size."""
    entities = size.of(12_500)
    found = [ask_child("benchmarks.report_page", entities) for _ in range(max(1, size.rounds // 2))]
    operations = entities * (READS + 1)
    rows = [
        Row("judging, all checkers", operations, [one["judge_cpu_s"] for one in found], "s"),
        Row("  by the wall", operations, [one["judge_s"] for one in found], "s"),
        Row("the page", operations, [one["page_cpu_s"] for one in found], "s", goal=Goal(SECONDS_MAX, Of.WORST)),
        Row("  by the wall", operations, [one["page_s"] for one in found], "s"),
        Row("memory at most", operations, [one["gb"] for one in found], "GB"),
        Row("its size", operations, [one["mib"] for one in found], "MiB", goal=Goal(MIB_MAX, Of.WORST)),
    ]
    stale = f"{found[0]['stale']:,.0f} stale reads; every checker that they disprove has as many anomalies or more."
    return Table.of("page: a report of many operations and anomalies", rows, stale)


def make_history(entities: int) -> History:
    """The history; every 12th or 13th entity was missed by its first attempt."""
    return History.of(event for index in range(entities) for event in _make_entity(index, entities))


def _make_entity(index: int, entities: int) -> Iterator[Event]:
    item, op = Item(f"item-{index}", f"item-{index}"), index * (READS + 1)
    written_ns = index * S
    yield Invocation(op, "writer", Action.WRITE, item, written_ns, written_ns, 1)
    yield Completion(op, "writer", written_ns + 3 * MS, Outcome.OK)
    missed = index * 1000 // entities != (index - 1) * 1000 // entities
    for place in range(1, READS + 1):
        at_ns = written_ns + 4 * MS + place * 50 * MS
        yield Invocation(op + place, "reader", Action.GLOBAL_QUERY, item, at_ns, at_ns, 1)
        yield Completion(op + place, "reader", at_ns + 2 * MS, Outcome.OK, int(not (missed and place == 1)))
    if index == entities - 1:
        yield from (Ended(process, written_ns + S) for process in ("writer", "reader"))


def draw_once(entities: int, folder: Path) -> dict[str, float]:
    """Judge and draw in this process."""
    history = make_history(entities)
    plan = Plan.model_validate({"entities": entities, "probes": {"global_query": {"interval": "50ms"}}})
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    judgement = judge(plan, _MANIFEST, history)
    judge_s, judge_cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
    paths = write_report(Archive(folder), plan, _MANIFEST, judgement, formats=("html",))
    stale = next(len(each.anomalies) for each in judgement.findings if each.checker == "staleness")
    page_s, page_cpu_s = time.perf_counter() - start_s - judge_s, time.process_time() - start_cpu_s - judge_cpu_s
    return {
        "judge_s": judge_s,
        "judge_cpu_s": judge_cpu_s,
        "page_s": page_s,
        "page_cpu_s": page_cpu_s,
        "stale": stale,
        "mib": paths["html"].stat().st_size / 2**20,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


_MANIFEST = msgspec.structs.replace(make_manifest(), run="page/1", experiment="page", truth="a made-up history")

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(draw_once(int(sys.argv[1]), Path(name))))
