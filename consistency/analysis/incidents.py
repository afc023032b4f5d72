"""Incidents: what the checkers found, counted once each, however many of their conditions it breaks.

Findings come in with their history; a sequence of Incidents goes out, each with the checkers that it contradicts and
one witness. Two dozen checkers ask about the same reads: one stale read is stale, neither safe nor regular nor atomic,
and keeps its entity from being linearizable. It went wrong once.

    writer   [= writes 1 =]                             staleness, safe, regular, atomic ... : one incident, which is
    reader                    [= reads nothing =]       that read

An incident is the read that must not have been answered so: a checker's own word where it blames single reads, the
witness's last read where it speaks of a whole entity, and the calls together where there is no read (transactions).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import Column, History
from consistency.operation import MUTATIONS, Operation

BUILT_MOST: Final = 1_000  # witnesses of each finding that are built to learn which read they blame
_OPS: Final = 1 << 40  # more calls than a process makes
_NONE: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that went wrong: a witness, and every checker that it contradicts, in their order."""

    anomaly: Anomaly
    checkers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Incidents(Sequence[Incident]):
    """In order of their keys. `breaks`: bit f is set where finding f is contradicted; at most 63 findings. `keys_of`
    has for each finding the key of each anomaly that was assigned; `unassigned` how many were not, where a finding
    has too many to build all of their witnesses."""

    findings: tuple[Finding, ...] = ()
    keys: Column = field(default_factory=lambda: _NONE)
    breaks: Column = field(default_factory=lambda: _NONE)
    keys_of: tuple[Column, ...] = ()
    unassigned: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, number: int) -> Incident:  # type: ignore[override]  # nobody cuts a slice of incidents
        key, breaks = self.keys[number], int(self.breaks[number])
        broken = [place for place in range(len(self.findings)) if breaks >> place & 1]
        first = broken[0]
        anomaly = self.findings[first].anomalies[int(np.argmax(self.keys_of[first] == key))]
        return Incident(anomaly, tuple(self.findings[place].checker for place in broken))

    def number_of(self, finding: int, anomaly: int) -> int | None:
        """Which incident an anomaly of a finding belongs to; None where it was not assigned."""
        keys = self.keys_of[finding]
        return int(np.searchsorted(self.keys, keys[anomaly])) if anomaly < len(keys) else None


def group_incidents(history: History, findings: Sequence[Finding]) -> Incidents:
    """The incidents of all findings with anomalies."""
    found = tuple(finding for finding in findings if len(finding.anomalies))
    naming = _Naming(history)
    keys_of = tuple(naming.list_keys(finding) for finding in found)
    keys = np.unique(np.concatenate(keys_of)) if found else _NONE
    breaks = np.zeros(len(keys), np.int64)
    for place, column in enumerate(keys_of):
        breaks[np.searchsorted(keys, np.unique(column))] |= 1 << place
    cut = {each.checker: len(each.anomalies) - len(column) for each, column in zip(found, keys_of, strict=True)}
    return Incidents(found, keys, breaks, keys_of, {checker: count for checker, count in cut.items() if count})


class _Naming:
    """Names calls by numbers: a read by its process and number, a set of other calls by the order of first sight."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.processes = {process: code for code, process in enumerate(history.processes)}
        self.sets: dict[frozenset[tuple[str, int]], int] = {}

    def list_keys(self, finding: Finding) -> Column:
        """The key of each anomaly; of those whose read the finding does not name only the first BUILT_MOST."""
        rows = finding.anomalies.blamed if isinstance(finding.anomalies, Anomalies) else None
        rows = _NONE if rows is None else rows
        blamed = self.history.process[rows] * _OPS + self.history.op[rows]
        others = range(len(rows), min(len(finding.anomalies), len(rows) + BUILT_MOST))
        built = [self._name(finding.anomalies[number].ops) for number in others]
        return np.concatenate((blamed, np.array(built, np.int64)))

    def _name(self, ops: Sequence[Operation]) -> int:
        reads = [op for op in ops if op.action not in MUTATIONS]
        if reads:
            last = max(reads, key=lambda op: (op.invoked_ns, op.process, op.op))
            return self.processes.setdefault(last.process, len(self.processes)) * _OPS + last.op
        calls = frozenset((op.process, op.op) for op in ops)
        return -1 - self.sets.setdefault(calls, len(self.sets))
