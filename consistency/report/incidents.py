"""Incidents as a table: what went wrong, each thing once, with all the conditions that it breaks.

Material comes in, lines of text go out; they hold foreign text (names of entities, codes), so whoever prints them
escapes them. A page shows a few: incidents are of one kind if they break the same conditions, each kind has its turn,
and of each the longest come first, because those matter most.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from consistency.analysis.incidents import Incident
from consistency.analysis.words import write_count, write_list
from consistency.durations import NS_PER_MINUTE
from consistency.history import Column
from consistency.report.material import Material, name_action
from consistency.report.thinning import pick_evenly

SHOWN: Final = 12
CANDIDATES: Final = 400  # of all kinds together, spread over the run


@dataclass(frozen=True)
class IncidentLine:
    """One incident in words: its number on the page, when it began (minutes of the run), what happened, and the
    conditions that it breaks."""

    number: int
    minute: str
    told: str
    breaks: str


def list_incidents(material: Material) -> list[IncidentLine]:
    """Those that are shown, in the order of their pictures."""
    return [
        IncidentLine(
            number,
            f"{find_minute(material, incident):,.2f}",
            incident.anomaly.explanation,
            write_list([name_action(checker) for checker in incident.checkers]),
        )
        for number, incident in enumerate(choose_incidents(material), 1)
    ]


def say_incidents(material: Material) -> str:
    """How many there are, and what one is; "" where there is none."""
    count = len(material.incidents)
    if not count:
        return ""
    anomalies = sum(len(finding.anomalies) for finding in material.judgement.findings)
    once = f"each counted once, though the checkers count {write_count(anomalies, 'anomaly', 'anomalies')} in them"
    told = f"**{write_count(count, 'incident')}**" + (f": {once}." if anomalies > count else ".")
    return " ".join((told, *_say_unassigned(material)))


def _say_unassigned(material: Material) -> Iterator[str]:
    """What is not among the incidents, because too many witnesses would have to be built."""
    unassigned = material.incidents.unassigned
    if unassigned:
        left_out = write_list([f"{count:,} of {name_action(checker)}" for checker, count in unassigned.items()])
        yield f"Not assigned to an incident: {left_out}, whose witnesses are too many to be built."


def choose_incidents(material: Material) -> list[Incident]:
    """At most SHOWN of them: from each kind in turn the one whose calls span the longest time."""
    chosen: list[Incident] = []
    kinds = _list_kinds(material.incidents.breaks)
    turns = [_rank(material, numbers, len(kinds)) for numbers in kinds]
    while turns and len(chosen) < SHOWN:
        for turn in list(turns):
            incident = next(turn, None)
            if incident is None:
                turns.remove(turn)
            elif len(chosen) < SHOWN:
                chosen.append(incident)
    return chosen


def _list_kinds(breaks: Column) -> list[Column]:
    """The numbers of the incidents of each kind: the most frequent kind first, but before all others those without
    which some finding would have no turn."""
    kinds, counts = np.unique(breaks, return_counts=True)
    covered = 0
    first: list[int] = []
    rest: list[int] = []
    for kind in kinds[np.argsort(-counts, kind="stable")].tolist():
        (first if kind & ~covered else rest).append(kind)
        covered |= kind
    return [np.flatnonzero(breaks == kind) for kind in (*first, *rest)]


def _rank(material: Material, numbers: Column, kinds: int) -> Iterator[Incident]:
    some = numbers[pick_evenly(len(numbers), max(CANDIDATES // kinds, 2))].tolist()
    longest = sorted((material.incidents[number] for number in some), key=_span_ns, reverse=True)
    of_items = {incident.anomaly.item: incident for incident in reversed(longest)}  # the longest of each
    first = [incident for incident in longest if of_items[incident.anomaly.item] is incident]
    return chain(first, (incident for incident in longest if of_items[incident.anomaly.item] is not incident))


def _span_ns(incident: Incident) -> int:
    """From the earliest beginning to the latest."""
    begins = [op.invoked_ns for op in incident.anomaly.ops]
    return max(begins, default=0) - min(begins, default=0)


def find_minute(material: Material, incident: Incident) -> float:
    """When its first call began, in minutes since the first write was due."""
    began_ns = min((op.invoked_ns for op in incident.anomaly.ops), default=material.manifest.start_ns)
    return (began_ns - material.manifest.start_ns) / NS_PER_MINUTE
