"""Calibration: do the intervals contain the truth?

A judgement and the emulator's truth log come in; for each action one Calibration goes out: how many intervals contain
the truth, and how far the others are from it. This is the only place that reads the truth; nothing is corrected by it,
and no verdict hangs on it, so what cannot be read of the log is a note and never an error.

    committed    acknowledged         rows visible
        |             |----- truth --------|             of a global query
        |             |    (lower              upper]

A strong read sees the commit itself, so its truth counts from there, and is mostly 0: key gets and ancestor queries,
and, where our emulator is told to be strong, every query. A get of the state of some age ago sees it that much later.
Of an entity that is written several times, each revision has its own commit: the one that was made while the write's
call was open. Where no one instant is the truth (each read has a chance of its own, or goes to any of several
replicas), the entity is left out and counted. A query that returns bodies finds a deleted entity no more once the body
is gone; one of the index alone needs the rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from consistency.analysis.judgement import ActionSummary, Calibration, Judgement, Visibility
from consistency.durations import parse_duration_ns
from consistency.operation import Action
from consistency.plan import Plan
from consistency.target import Backend, Model
from consistency.workload import Workload

STRONG_READS = frozenset({Action.KEY_GET, Action.ANCESTOR_QUERY, Action.READ_ONLY_QUERY})
BY_WISH = frozenset({Action.EVENTUAL_GET, Action.READ_TIME_GET})  # in Datastore mode all others are strong
BODY_READS = frozenset({Action.EVENTUAL_GET})  # every other eventual read needs the rows
BY_ANY_ROW = frozenset({Action.ORDERED_QUERY})  # finds a changed entity's new body by its old row, if that is listed
BODY_QUERIES = frozenset({Action.GLOBAL_QUERY, Action.GQL_QUERY})  # return bodies: what has none, they do not find


class TruthLine(msgspec.Struct, frozen=True, tag="commit", tag_field="truth"):
    """One line of the truth log, in ns of the machine's monotonic clock: when the commit was made, and when its
    entities became visible to eventual lookups (`bodies_ns`) and to global queries (`rows_ns`); None where that is no
    one instant. `replicas`: both for each replica, where there are several."""

    commit: int
    group: str
    names: tuple[str, ...]
    committed_ns: int
    bodies_ns: int | None
    rows_ns: int | None
    replicas: tuple[tuple[int, int], ...] = ()


class RouteLine(msgspec.Struct, frozen=True, tag="route", tag_field="truth"):
    """From this line on the client's eventual reads went to the replica."""

    client: str
    replica: int


class Truth(NamedTuple):
    """By name the commits that wrote it, in order; the replica that all eventual reads went to, where that is one; 0 of
    the run clock on the machine's clock; the age of the state that gets at a read time ask for; the actions that are
    strong, those that see what they look for in the body, and those for which no one instant is the truth."""

    commits: Mapping[str, Sequence[TruthLine]]
    replica: int | None
    origin_ns: int
    age_ns: int
    strong: frozenset[Action]
    by_body: frozenset[Action]
    by_chance: frozenset[Action]


class Comparison(NamedTuple):
    """The calibration of each action, and sentences about what the log lacked."""

    calibrations: tuple[Calibration, ...]
    notes: tuple[str, ...]


def calibrate(plan: Plan, judgement: Judgement, truth_path: Path, origin_ns: int) -> Comparison:
    """Compare each interval with the truth of its entity. `origin_ns`: 0 of the run clock on the machine's clock.

    Entities that the log does not name are left out; an action none of whose entities it names has n = 0. Lines that
    cannot be read are left out and told; of a log that cannot be read at all there are no calibrations.
    """
    try:
        truth, damaged = read_truth(plan, truth_path, origin_ns)
    except OSError as error:
        return Comparison((), (f"{truth_path.name} cannot be read ({error.strerror}): there is no calibration.",))
    calibrations = tuple(_calibrate(summary, truth) for summary in judgement.actions)
    return Comparison(calibrations, tuple(_note_damage(truth_path, damaged)))


def read_truth(plan: Plan, path: Path, origin_ns: int) -> tuple[Truth, int]:
    """The truth in the log at `path`, and how many of its lines are damaged. OSError where it cannot be read."""
    lines, damaged = _decode_whole_lines(path.read_bytes())
    return _index_truth(plan, lines, origin_ns), damaged


def _decode_whole_lines(content: bytes) -> tuple[list[TruthLine | RouteLine], int]:
    """The lines that can be read, and how many cannot; a last line without its newline is neither."""
    decoder, lines, damaged = msgspec.json.Decoder(TruthLine | RouteLine), [], 0
    for line in content.split(b"\n")[:-1]:
        try:
            lines.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            damaged += 1
    return lines, damaged


def _note_damage(path: Path, damaged: int) -> Iterator[str]:
    if damaged:
        lines = "1 line is" if damaged == 1 else f"{damaged:,} lines are"
        yield f"{path.name}: {lines} damaged and left out of the calibration; no verdict depends on the truth."


def _index_truth(plan: Plan, lines: Sequence[TruthLine | RouteLine], origin_ns: int) -> Truth:
    """Of several lines of one commit the last one holds."""
    commits = {line.commit: line for line in lines if isinstance(line, TruthLine)}
    by_name: dict[str, list[TruthLine]] = {}
    for _, commit in sorted(commits.items()):
        for name in commit.names:
            by_name.setdefault(name, []).append(commit)
    replicas = {line.replica for line in lines if isinstance(line, RouteLine)}
    at_a_time = plan.probes.get(Action.READ_TIME_GET)
    age_ns = parse_duration_ns(at_a_time.age) if at_a_time else 0
    model, _ = plan.target.effective
    ours = plan.target.backend is Backend.EMBEDDED  # what an attached store does, the plan's model does not say
    strong = frozenset(Action) - BY_WISH if ours and model == Model.STRONG else STRONG_READS
    by_body = BODY_READS | BODY_QUERIES if plan.workload is Workload.DELETE else BODY_READS
    by_chance = BY_ANY_ROW if plan.workload is not Workload.CREATE else frozenset()
    replica = replicas.pop() if len(replicas) == 1 else None
    return Truth(by_name, replica, origin_ns, age_ns, strong, by_body, by_chance)


def _calibrate(summary: ActionSummary, truth: Truth) -> Calibration:
    named = [visibility for visibility in summary.visibilities if visibility.item.name in truth.commits]
    truths_ns = [find_truth_ns(visibility, truth) for visibility in named]
    pairs = [(v, truth_ns) for v, truth_ns in zip(named, truths_ns, strict=True) if truth_ns is not None]
    known = [visibility for visibility, _ in pairs]
    misses_ns = [_measure_miss_ns(visibility, truth_ns) for visibility, truth_ns in pairs]
    inside = [miss_ns for miss_ns in misses_ns if miss_ns is None]
    distances_ns = np.array([miss_ns or 0 for miss_ns in misses_ns] or [0])
    return Calibration(
        summary.action,
        n=len(known),
        contained=len(inside),
        mean_distance_ns=float(np.abs(distances_ns).mean()),
        bias_ns=float(distances_ns.mean()),
        median_width_ns=_median_width_ns(known),
        left_out=len(named) - len(known),
    )


def find_truth_ns(visibility: Visibility, truth: Truth) -> int | None:
    """When the write truly became visible to the action, counted from the acknowledgement and not below 0; None where
    that is no one instant."""
    visible_ns = _find_visible_ns(_find_commit(visibility, truth), visibility.action, truth)
    return None if visible_ns is None else max(0, visible_ns - truth.origin_ns - visibility.acknowledged_ns)


def _find_commit(visibility: Visibility, truth: Truth) -> TruthLine:
    """Of the commits that name the entity the one of its looked-for revision.

    write [--*--]   update [--*--]        *: a commit lies within its own call; where clocks are skewed, nearest to
                                          it; of two that one call made (it was delivered twice), the first

    """
    begins_ns, ends_ns = (truth.origin_ns + at for at in (visibility.written_ns, visibility.acknowledged_ns))

    def measure_distance_ns(line: TruthLine) -> int:
        return max(begins_ns - line.committed_ns, line.committed_ns - ends_ns, 0)

    return min(truth.commits[visibility.item.name], key=measure_distance_ns)


def _find_visible_ns(line: TruthLine, action: Action, truth: Truth) -> int | None:
    if action is Action.READ_TIME_GET:
        return line.committed_ns + truth.age_ns
    if action in truth.strong:
        return line.committed_ns
    if action in truth.by_chance:
        return None
    bodies_ns, rows_ns = line.bodies_ns, line.rows_ns
    if truth.replica is not None and line.replicas:
        bodies_ns, rows_ns = line.replicas[truth.replica]
    return bodies_ns if action in truth.by_body else rows_ns


def _measure_miss_ns(visibility: Visibility, truth_ns: int) -> int | None:
    """None where the interval contains the truth; else its nearer end minus the truth, positive where it is later.

    (lower, upper] is open below, but closed where lower is 0, because that end is cut and not observed. A truth equal
    to an open lower end lies outside by nothing at all: its distance is 0.
    """
    if truth_ns < visibility.lower_ns or truth_ns == visibility.lower_ns > 0:
        return visibility.lower_ns - truth_ns
    if visibility.upper_ns is not None and truth_ns > visibility.upper_ns:
        return visibility.upper_ns - truth_ns
    return None


def _median_width_ns(visibilities: Iterable[Visibility]) -> int:
    """Of the intervals that have an upper end; 0 where none has."""
    widths_ns = [v.upper_ns - v.lower_ns for v in visibilities if v.upper_ns is not None]
    return int(np.median(widths_ns)) if widths_ns else 0
