"""Series: which attempts belong together, and what each of them told.

A history comes in; the attempts of one action go out, series after series: one for each acknowledged write and each
process that looked for it. Writes that failed, or whose outcome is unknown, have none: there is no acknowledgement to
count from.

Columns rather than lists of objects, because every rule about a series is then one expression over all of them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from consistency.history import ACTIONS, OUTCOMES, Column, History
from consistency.operation import MUTATIONS, Action, Outcome

HIT: Final = "hit"
MISS: Final = "miss"
UNANSWERED: Final = "unanswered"  # never completed, or an error that gave no code
_OK = OUTCOMES.index(Outcome.OK)
_WRITES = [ACTIONS.index(action) for action in (Action.WRITE, Action.UPDATE, Action.DELETE)]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Series:
    """The attempts of `action`. One entry for each attempt, in order of series, then of invocation:

    `rows` (in the history), `number` (of its series), `hit`, `miss` (neither: an error, or no answer),
    `acknowledged_ns` (of the write looked for). One entry for each series, in order of the writes' due times:
    `begins` (its first attempt), `write_rows` (in the history), `index` (the write's place in its stream). `failed` has
    the rows of all attempts without an answer, also of those that looked for writes without an acknowledgement. `vain`
    counts the searches that had ended before the acknowledgement.
    """

    history: History
    action: Action
    rows: Column
    number: Column
    hit: Mask
    miss: Mask
    acknowledged_ns: Column
    begins: Column
    write_rows: Column
    index: Column
    failed: Column
    vain: int = 0

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def invoked_ns(self) -> Column:
        """When each attempt began."""
        return self.history.invoked_ns[self.rows]

    @property
    def completed_ns(self) -> Column:
        """When each attempt ended; NEVER where it did not."""
        return self.history.completed_ns[self.rows]

    def slice_of(self, number: int) -> slice:
        """Where the attempts of one series lie."""
        end = self.begins[number + 1] if number + 1 < len(self) else len(self.rows)
        return slice(int(self.begins[number]), int(end))

    def told(self, attempt: int) -> str:
        """What one attempt told: hit, miss, or the code of its error."""
        if self.hit[attempt] or self.miss[attempt]:
            return HIT if self.hit[attempt] else MISS
        return self.code_of(int(self.rows[attempt]))

    def code_of(self, row: int) -> str:
        """The code of the error in `row` of the history."""
        return self.history.codes[self.history.code[row]] or UNANSWERED


def gather_series(history: History, action: Action, reader: str | None = None, clock_bound_ns: int = 0) -> Series:
    """The attempts of `action` to see acknowledged writes; those of one `reader` alone where it is named.

    Of a reader that was told of no write the search begins with the first attempt that says something of the time
    after the acknowledgement (`_find_early`), by clocks that may be `clock_bound_ns` apart. An attempt that asked for
    the written revision hits where it saw that or a later one. One that asked for an earlier revision looked for its
    absence (of an old value, of a deleted entity), and hits where it saw nothing.
    """
    writes = find_acknowledged_writes(history)
    places = _place_in_stream(history, action)
    made = history.action == ACTIONS.index(action)
    if reader is not None:
        made &= history.process == history.processes.index(reader)
    rows = np.flatnonzero(made & (writes[history.item] >= 0))
    keys = history.op[rows], history.invoked_ns[rows], history.process[rows], places[history.item[rows]]
    rows = rows[np.lexsort(keys)]
    answered = history.outcome[rows] == _OK
    written = np.maximum(history.revision[writes[history.item[rows]]], 1)
    absence = (history.revision[rows] > 0) & (history.revision[rows] < written)
    hit = answered & np.where(absence, history.seen[rows] == 0, history.seen[rows] >= written)
    told = ~_find_early(history, rows, hit, history.completed_ns[writes[history.item[rows]]] + clock_bound_ns)
    vain = _count_searches(history, rows) - _count_searches(history, rows[told])
    rows, answered, hit = rows[told], answered[told], hit[told]
    item, begins = history.item[rows], _find_begins(history, rows)
    return Series(
        history,
        action,
        rows,
        number=np.repeat(np.arange(len(begins)), np.diff(begins, append=len(rows))),
        hit=hit,
        miss=answered & ~hit,
        acknowledged_ns=history.completed_ns[writes[item]],
        begins=begins,
        write_rows=writes[item[begins]],
        index=places[item[begins]],
        failed=np.flatnonzero(made & (history.outcome != _OK)),
        vain=vain,
    )


def _find_begins(history: History, rows: Column) -> Column:
    """Where, in rows that are in order of series, a series begins."""
    item, process = history.item[rows], history.process[rows]
    return np.flatnonzero((np.diff(item, prepend=-1) != 0) | (np.diff(process, prepend=-1) != 0))


def _count_searches(history: History, rows: Column) -> int:
    return len(_find_begins(history, rows))


def _find_early(history: History, rows: Column, hit: Mask, acknowledged_ns: Column) -> Mask:
    """The attempts that say nothing of the time after the acknowledgement: an unannounced reader made them before it,
    as far as clocks tell, and none had hit yet. A hit counts whenever it was made, because what was there stays.

        made           x    x    x    x    hit          x   x   hit
        acknowledged               |                          |
        early          x    x                           x   x          the first attempt is the hit
    """
    unannounced = np.isin(history.process[rows], [history.processes.index(each) for each in history.unannounced])
    if not unannounced.any():
        return unannounced
    begins = _find_begins(history, rows)
    hits: Column = np.cumsum(hit)
    before: Column = np.repeat((hits - hit)[begins], np.diff(begins, append=len(rows)))
    early: Mask = unannounced & (hits == before) & (history.invoked_ns[rows] < acknowledged_ns)
    return early


def list_looked_for(history: History) -> Column:
    """The item of every read."""
    return history.item[~np.isin(history.action, [ACTIONS.index(action) for action in MUTATIONS])]


def count_unprobed(history: History) -> tuple[int, int]:
    """How many acknowledged writes nobody ever looked for, and how many acknowledged writes there are."""
    acknowledged = find_acknowledged_writes(history) >= 0
    unprobed = acknowledged & ~np.isin(np.arange(len(acknowledged)), list_looked_for(history))
    return int(unprobed.sum()), int(acknowledged.sum())


def find_acknowledged_writes(history: History) -> Column:
    """For each item of the history the row of its last write, -1 where that was not acknowledged: it is the one that
    readers look for. An update and a delete are writes too."""
    last = _last_writes(history)
    written = last >= 0
    last[written] = np.where(history.outcome[last[written]] == _OK, last[written], -1)
    return last


def _last_writes(history: History) -> Column:
    """For each item of the history the row of its write of the highest revision, -1 where it has none."""
    rows = np.flatnonzero(np.isin(history.action, _WRITES))
    rows = rows[np.argsort(history.revision[rows], kind="stable")[::-1]]
    items, first = np.unique(history.item[rows], return_index=True)
    found = np.full(len(history.items), -1)
    found[items] = rows[first]
    return found


def _place_in_stream(history: History, action: Action) -> Column:
    """For each item its place, by due time, among the writes that `action` probed; -1 where it is none of them.

    A write whose outcome is unknown is announced and probed, too, so it keeps its place although it is not measured.
    """
    writes = _last_writes(history)
    probed = np.unique(history.item[history.action == ACTIONS.index(action)])
    probed = probed[writes[probed] >= 0]
    places = np.full(len(history.items), -1)
    places[probed[np.argsort(history.due_ns[writes[probed]], kind="stable")]] = np.arange(len(probed))
    return places
