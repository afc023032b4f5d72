"""Agreement: whether reads that were made for the same instant answered alike (phi-consistency, Facebook 2015).

A history comes in, a finding goes out. Reads of one item by one action that were due at the same instant, by several
processes, are one group; the share of groups that agree needs no writes and no order of versions.

    reader 1   due |[====] revision 2
    reader 2   due |[==] revision 1           two answers: they do not agree
"""

import numpy as np

from consistency.analysis.checkers.calls import gather_reads
from consistency.analysis.checkers.conclusions import Evidence, find
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import History

NAME = "agreement"


def check_agreement(history: History, clock_bound_ns: int = 0) -> Finding:
    """Groups of reads due at one instant that answered differently. A schedule, not a clock, makes the groups."""
    del clock_bound_ns
    reads = gather_reads(history)
    due_ns, action = history.due_ns[reads.row], history.action[reads.row]
    order = np.lexsort((reads.value, action, reads.item, due_ns))
    keys = np.stack((due_ns, reads.item, action), axis=1)[order]
    begins = np.flatnonzero(np.any(np.diff(keys, axis=0, prepend=keys[:1] - 1) != 0, axis=1))
    ends = np.append(begins[1:], len(order)) if len(begins) else begins
    value = reads.value[order]
    groups = np.flatnonzero(ends - begins > 1)
    split = groups[value[begins[groups]] != value[ends[groups] - 1]]

    def build(number: int) -> Anomaly:
        group = int(split[number])
        rows = sorted(reads.row[order[[begins[group], ends[group] - 1]]].tolist())
        first, second = (history[row] for row in rows)
        told = f"{first.process} and {second.process}, due at the same instant, read different revisions."
        return Anomaly(NAME, first.item, (first, second), told)

    return find(NAME, Evidence(len(reads), len(groups), Anomalies(len(split), build), noun="groups of reads"))
