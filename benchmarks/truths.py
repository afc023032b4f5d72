"""How far the estimated distribution lies from the truth: whole runs on virtual time against the emulator's own log.

Each row is a run of 10,000 entities with a planted lag and an interval of polling. Its figure is the largest
difference, at all ends of the support intervals, between the estimated share and that of the entities that the log says
were visible by then. Nobody can know where between two attempts an entity became visible, so the figure falls with the
interval as well as with n; the goal stands beside intervals that are fine against the lag, and beside coarse ones none.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rounds import FULL, Size
from benchmarks.tables import Goal, Row, Table
from consistency import flow
from consistency.analysis.calibration import Truth, find_truth_ns, read_truth
from consistency.analysis.entities import EntityColumns
from consistency.analysis.judge import measure_entities
from consistency.analysis.npmle import Distribution, estimate_distribution
from consistency.archive import Archive
from consistency.history import NEVER, Column, History
from consistency.operation import Action
from consistency.plan import Plan

GOAL_POINTS = 1.5
ENTITIES = 10_000
LOGNORMAL, UNIFORM, CLASSES = "lognormal:200ms,0.8", "uniform:0,400ms", "classes:90%=5ms,10%=3s"
FINE = ((LOGNORMAL, "10ms"), (UNIFORM, "12ms"), (CLASSES, "50ms"))
COARSE = ((LOGNORMAL, "50ms"), (LOGNORMAL, "20ms"), (UNIFORM, "50ms"))


@dataclass(frozen=True, eq=False)
class Known:
    """One run's global queries: their intervals, and the truth of each entity, from its acknowledgement on."""

    entities: EntityColumns
    truth: Truth
    truths_ns: Column

    @classmethod
    def of(cls, archive: Archive) -> "Known":
        """What the folder of a run says."""
        plan, manifest = archive.load()
        history = History.load(archive.histories())
        entities = measure_entities(plan, manifest, history, Action.GLOBAL_QUERY)
        truth, _ = read_truth(plan, archive.truth, manifest.origin_ns)
        return cls(entities, truth, np.array([find_truth_ns(each, truth) for each in entities], np.int64))


def make_plan(entities: int, lag: str, interval: str) -> Plan:
    """One probe without confirmations, on virtual time."""
    tree = {"entities": entities, "rate": "100/s", "seed": 11, "virtual_time": True, "target": {"lag": lag}}
    return Plan.model_validate(tree | {"probes": {"global_query": {"interval": interval, "confirm": 0}}})


def measure_distance(distribution: Distribution, truths_ns: Column) -> float:
    """The largest difference of two shares at both ends of all support intervals; an open end has none."""
    truths_ns, n = np.sort(truths_ns), len(truths_ns)
    closed = distribution.upper_ns != NEVER
    reached = np.cumsum(distribution.masses)
    behind = np.searchsorted(truths_ns, distribution.upper_ns[closed], "right") / n
    ahead = np.searchsorted(truths_ns, distribution.first_ns, "left") / n
    differences = (behind - reached[closed], ahead - (reached - distribution.masses))
    return float(np.abs(np.concatenate(differences)).max())


def run_once(plan: Plan, out: Path) -> float:
    """The distance of one run, in percentage points."""
    known = Known.of(flow.measure(flow.prepare(plan, "truth", out, None), "truth", None).archive)
    distribution = estimate_distribution(known.entities.lower_ns, known.entities.upper_ns)
    return 100 * measure_distance(distribution, known.truths_ns)


def measure(size: Size = FULL) -> Table:
    """One row for each lag and interval."""
    n, rows = size.of(ENTITIES), []
    for lag, interval in (*FINE, *COARSE):
        with tempfile.TemporaryDirectory() as folder:
            distance = run_once(make_plan(n, lag, interval), Path(folder))
        goal = Goal(GOAL_POINTS) if (lag, interval) in FINE and n >= ENTITIES else None
        rows.append(Row(f"{lag}, polled every {interval}", n, [distance], "points", goal=goal))
    return Table.of("truth: the estimated distribution against the truth log", rows)
