"""How far the estimated distribution lies from the truth: whole runs on virtual time against the emulator's own log.

The figure of a run is the largest difference, at all ends of the support intervals, between the estimated share and
that of the entities that the log says were visible by then. The estimate assumes no shape, and so its error falls with
the cube root of the number of entities, and faster with the interval of polling: the goal at n = 10,000 stands where
no interval of polling holds more than 1 in 25 entities, and beside coarser ones none. A step is the worst case: nine
in ten entities come within the same half millisecond, in which only few polls fall.

Simulated rows poll drawn truths without a store, many times over: there the same figures come out, so what is left is
the estimate's own scatter, and neither the harness nor the place at which it is evaluated.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.coverage import poll
from benchmarks.rounds import FULL, Size
from benchmarks.tables import Goal, Of, Row, Table
from consistency import flow
from consistency.analysis.calibration import Truth, find_truth_ns, read_truth
from consistency.analysis.entities import EntityColumns
from consistency.analysis.judge import measure_entities
from consistency.analysis.npmle import Distribution, estimate_distribution
from consistency.archive import Archive
from consistency.delays import parse_delay
from consistency.durations import parse_duration_ns
from consistency.history import NEVER, Column, History
from consistency.operation import Action
from consistency.plan import Plan

GOAL_POINTS = 1.5
ENTITIES = 10_000
LOGNORMAL, UNIFORM, CLASSES = "lognormal:200ms,0.8", "uniform:0,400ms", "classes:90%=5ms,10%=3s"
FINE = ((LOGNORMAL, "10ms"), (UNIFORM, "12ms"))
COARSE = ((LOGNORMAL, "50ms"), (LOGNORMAL, "20ms"), (UNIFORM, "50ms"), (CLASSES, "50ms"))
REPETITIONS = 12
SIMULATED = (  # lag, interval, entities, and the largest share of them that lies within one interval
    (LOGNORMAL, "10ms", ENTITIES, 0.034),
    (LOGNORMAL, "20ms", ENTITIES, 0.07),
    (LOGNORMAL, "50ms", ENTITIES, 0.17),
    (LOGNORMAL, "50ms", 16 * ENTITIES, 0.17),
    (UNIFORM, "12ms", ENTITIES, 0.03),
    (UNIFORM, "50ms", ENTITIES, 0.125),
    (UNIFORM, "50ms", 16 * ENTITIES, 0.125),
)


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


def simulate_distance(lag: str, interval: str, n: int, seed: int) -> float:
    """The distance, in percentage points, where n truths are drawn and polled and there is no store."""
    draw_ns, random = parse_delay(lag).draw_ns, Random(seed)
    truths_ns = np.array([draw_ns(random) for _ in range(n)])
    ends = poll(np.random.default_rng(seed), truths_ns, parse_duration_ns(interval))
    return 100 * measure_distance(estimate_distribution(*ends), truths_ns)


def measure(size: Size = FULL) -> Table:
    """One row for each lag and interval."""
    n, rows = size.of(ENTITIES), []
    for lag, interval in (*FINE, *COARSE):
        with tempfile.TemporaryDirectory() as folder:
            distance = run_once(make_plan(n, lag, interval), Path(folder))
        goal = Goal(GOAL_POINTS) if (lag, interval) in FINE and n >= ENTITIES else None
        rows.append(Row(f"{lag}, polled every {interval}", n, [distance], "points", goal=goal))
    rows += [_simulate(*each, size) for each in SIMULATED]
    return Table.of("truth: the estimated distribution against the truth log", rows)


def _simulate(lag: str, interval: str, entities: int, share: float, size: Size) -> Row:
    n, repetitions = size.of(entities), size.of(REPETITIONS)
    distances = [simulate_distance(lag, interval, n, seed) for seed in range(repetitions)]
    name = f"simulated {lag}, {interval} ({share:.1%} an interval)"
    goal = Goal(GOAL_POINTS, Of.WORST) if (lag, interval) in FINE and n >= ENTITIES else None
    return Row(name, n, distances, "points", goal=goal)
