"""Calibration: do the intervals contain the truth?

A judgement and the emulator's truth log come in; for each action one Calibration goes out: how many intervals contain
the truth, and how far the others are from it. This is the only place that reads the truth; nothing is corrected by it,
and no verdict hangs on it, so what cannot be read of the log is a note and never an error.

    committed    acknowledged         rows visible
        |             |----- truth --------|             of a global query
        |             |    (lower              upper]

A strong read and an ancestor query see the commit itself, so their truth counts from there, and is mostly 0. Where no
one instant is the truth (each read has a chance of its own, or goes to any of several replicas), the entity is left
out and counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from consistency.analysis.judgement import ActionSummary, Calibration, Judgement, Visibility
from consistency.operation import Action

STRONG_READS = frozenset({Action.KEY_GET, Action.READ_TIME_GET, Action.ANCESTOR_QUERY, Action.READ_ONLY_QUERY})
BODY_READS = frozenset({Action.EVENTUAL_GET})  # every other eventual read needs the rows


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
    """By name the first commit that wrote it; the replica that all eventual reads went to, where that is one."""

    commits: Mapping[str, TruthLine]
    replica: int | None


class Comparison(NamedTuple):
    """The calibration of each action, and sentences about what the log lacked."""

    calibrations: tuple[Calibration, ...]
    notes: tuple[str, ...]


def calibrate(judgement: Judgement, truth_path: Path, origin_ns: int) -> Comparison:
    """Compare each interval with the truth of its entity. `origin_ns`: 0 of the run clock on the machine's clock.

    Entities that the log does not name are left out; an action none of whose entities it names has n = 0. Lines that
    cannot be read are left out and told; of a log that cannot be read at all there are no calibrations.
    """
    try:
        content = truth_path.read_bytes()
    except OSError as error:
        return Comparison((), (f"{truth_path.name} cannot be read ({error.strerror}): there is no calibration.",))
    lines, damaged = _decode_whole_lines(content)
    truth = _index_truth(lines)
    calibrations = tuple(_calibrate(summary, truth, origin_ns) for summary in judgement.actions)
    return Comparison(calibrations, tuple(_note_damage(truth_path, damaged)))


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


def _index_truth(lines: Sequence[TruthLine | RouteLine]) -> Truth:
    """Of several lines of one commit the last one holds."""
    commits = {line.commit: line for line in lines if isinstance(line, TruthLine)}
    replicas = {line.replica for line in lines if isinstance(line, RouteLine)}
    return Truth(
        {name: commits[number] for number in sorted(commits, reverse=True) for name in commits[number].names},
        replicas.pop() if len(replicas) == 1 else None,
    )


def _calibrate(summary: ActionSummary, truth: Truth, origin_ns: int) -> Calibration:
    named = [visibility for visibility in summary.visibilities if visibility.item.name in truth.commits]
    truths_ns = [find_truth_ns(visibility, truth, origin_ns) for visibility in named]
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


def find_truth_ns(visibility: Visibility, truth: Truth, origin_ns: int) -> int | None:
    """When the entity truly became visible to the action, counted from the acknowledgement and not below 0; None where
    that is no one instant."""
    line = truth.commits[visibility.item.name]
    visible_ns = _find_visible_ns(line, visibility.action, truth.replica)
    return None if visible_ns is None else max(0, visible_ns - origin_ns - visibility.acknowledged_ns)


def _find_visible_ns(line: TruthLine, action: Action, replica: int | None) -> int | None:
    if action in STRONG_READS:
        return line.committed_ns
    bodies_ns, rows_ns = line.bodies_ns, line.rows_ns
    if replica is not None and line.replicas:
        bodies_ns, rows_ns = line.replicas[replica]
    return bodies_ns if action in BODY_READS else rows_ns


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
