"""Known versions: the newest version that somebody had met of something by a given time.

Meetings (who met which version, known when) and questions (who asks, when) come in; for each question the newest
version met before goes out. All session guarantees for one item are this one question with other meetings: a process's
own writes, or its own reads. Times are of the process's own clock, so no two clocks are ever compared.
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.places import NOWHERE, Instants, compress, highest_so_far, take
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
    groups = int(max(meetings.group.max(initial=0), group.max(initial=0))) + 1
    instants = Instants.of(groups, meetings.known_ns, asked_ns)
    known = instants.place(meetings.group, meetings.known_ns)
    order = np.argsort(known, kind="stable")
    rank = registers.version[meetings.write[order]]
    rank += compress(meetings.group[order]) * len(registers.writes)
    newest = highest_so_far(rank)
    which = highest_so_far(np.where(rank == newest, np.arange(len(rank)), 0))
    before = np.searchsorted(known[order], instants.place(group, asked_ns)) - 1
    met = take(meetings.group[order], before, NOWHERE) == group
    row = np.where(met, take(order[which], before, NOWHERE), NOWHERE)
    return Known(take(meetings.write, row, NOWHERE), take(meetings.call, row, NOWHERE))
