"""Known versions: the newest version that somebody had met of something by a given time.

Meetings (who met which version, known when) and questions (who asks, when) come in; for each question the newest
version met before goes out. All session guarantees for one item are this one question with other meetings: a process's
own writes, or its own reads. Times are of the process's own clock, so no two clocks are ever compared.
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.places import NOWHERE, Instants, highest_so_far, take
from consistency.analysis.checkers.registers import Registers
from consistency.history import Column


@dataclass(frozen=True, slots=True, eq=False)
class Meetings:
    """`group` met version `write` (its number) by `known_ns`; `call` is the number of the read or write that tells."""

    group: Column
    write: Column
    known_ns: Column
    call: Column


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """For each question the newest version met before it (a number of a write) and the call that told of it."""

    write: Column
    call: Column


def find_newest(registers: Registers, meetings: Meetings, group: Column, asked_ns: Column) -> Known:
    """The newest version that each `group` had met strictly before `asked_ns`; NOWHERE where it had met none."""
    instants = Instants.of(meetings.known_ns, asked_ns)
    known = meetings.group * instants.count + instants.rank(meetings.known_ns)
    order = np.argsort(known, kind="stable")
    versions = np.unique(registers.older)
    rank = np.searchsorted(versions, registers.older[meetings.write[order]])
    rank += _compress(meetings.group[order]) * len(versions)
    newest = highest_so_far(rank)
    which = highest_so_far(np.where(rank == newest, np.arange(len(rank)), 0))
    before = np.searchsorted(known[order], group * instants.count + instants.rank(asked_ns)) - 1
    met = take(meetings.group[order], before, NOWHERE) == group
    row = np.where(met, take(which, before, NOWHERE), NOWHERE)
    return Known(take(meetings.write[order], row, NOWHERE), take(meetings.call[order], row, NOWHERE))


def _compress(sorted_groups: Column) -> Column:
    """The groups as 0, 1, 2 ..., so that a version's place beside them fits into 64 bits."""
    return np.cumsum(np.diff(sorted_groups, prepend=sorted_groups[:1]) != 0) if len(sorted_groups) else sorted_groups
