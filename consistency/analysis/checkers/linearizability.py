"""Linearizability: one order of all calls of an item that respects time and in which each read returns the last write.

A history comes in, a finding goes out. Items whose values are unique are judged by zones (Gibbons and Korach 1997), in
the time of a sort; the others, and items on which transactions compare and set, by searching for such an order, with a
limit in visited states at which the answer is «cannot tell».

    a  [minF ======== maxS]                  conflict: both must be the item's value at one instant
    b        [minF ==== maxS]
    b          [maxS = minF]                 a backward zone conflicts where it lies inside a forward one
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.clusters import gather_clusters
from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.conflicts import find_pairs, tell_conflict, tell_future, tell_phantom
from consistency.analysis.checkers.item_calls import drop_orphans, known_values, list_calls
from consistency.analysis.checkers.partners import score_gamma
from consistency.analysis.checkers.proofs import Proofs, blame_futures, prove_conflicts
from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.checkers.search import OPEN_MAX, VISITED_MAX, Call, Kind, search_order
from consistency.analysis.checkers.shrinking import shrink
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask
from consistency.analysis.words import write_count
from consistency.history import Column, History

NAME = "linearizable"
PROOF_VISITED_MAX: Final = 10**6


@dataclass(frozen=True, slots=True, eq=False)
class Conflicts:
    """What the zones of the items with unique values show: reads of what nobody wrote, writes that were read before
    they began, and pairs of writes."""

    phantoms: Column
    futures: Column
    pairs: Column

    def __len__(self) -> int:
        return len(self.phantoms) + len(self.futures) + len(self.pairs)

    def blame(self, registers: Registers, proofs: Proofs) -> Column:
        """The row of the read that each of them blames; `proofs` are those of the pairs."""
        phantoms = registers.reads.row[self.phantoms]
        return np.concatenate((phantoms, blame_futures(registers, self.futures), proofs.blamed))


@dataclass(slots=True)
class Searches:
    """What searching showed of the other items: those that have no order, how many were not decided."""

    illegal: dict[int, Call] = field(default_factory=dict)
    undecided: int = 0
    visited: int = 0


def check_linearizable(history: History, clock_bound_ns: int = 0, visited_max: int = VISITED_MAX) -> Finding:
    """Whether each item was linearizable; `visited_max` limits all searches of the history together."""

    def rule(history: History, registers: Registers) -> Evidence:
        searched = find_ambiguous(registers) if history.micros else registers.repeated
        conflicts = find_conflicts(registers, ~searched)
        proofs = prove_conflicts(registers, conflicts.pairs)
        searches = search_items(registers, np.flatnonzero(searched), visited_max)
        illegal = list(searches.illegal.items())

        def build(number: int) -> Anomaly:
            if number < len(conflicts):
                return _tell(history, registers, conflicts, proofs, number)
            return _tell_search(history, registers, *illegal[number - len(conflicts)])

        used = _count_used(registers)
        return Evidence(
            examined=int((registers.writes.row != INITIAL).sum()) + len(registers.reads),
            opportunities=used,
            anomalies=Anomalies(len(conflicts) + len(illegal), build, conflicts.blame(registers, proofs)),
            noun="items",
            lacks=_say_undecided(searches, visited_max),
            single=False,
            figures={"items": used, "searched_items": int(searched.sum()), "visited_states": searches.visited},
        )

    return conclude(NAME, history, clock_bound_ns, rule)


def find_ambiguous(registers: Registers) -> Mask:
    """The items that need a search: a value was written twice, an operation both read and wrote the item or would have,
    or one told only which value was not there."""
    both = np.intersect1d(_pair(registers.reads.row, registers.reads.item, registers), _pair_writes(registers))
    items = both % max(registers.items, 1)
    searched = np.concatenate((items, registers.others.item, registers.conditions.item))
    ambiguous: Mask = registers.repeated | np.isin(np.arange(registers.items), searched)
    return ambiguous


def find_conflicts(registers: Registers, judged: Mask) -> Conflicts:
    """The conflicts of the items marked in `judged`."""
    clusters = gather_clusters(registers)
    clusters = clusters.pick(judged[clusters.item])
    phantom = (registers.source < 0) & judged[registers.reads.item]
    sound = clusters.pick(~clusters.future)
    pairs = find_pairs(sound, score_gamma(sound))
    return Conflicts(np.flatnonzero(phantom), clusters.write[clusters.future], pairs)


def search_items(registers: Registers, items: Sequence[int] | Column, visited_max: int) -> Searches:
    """Search for an order of each of `items`, in their order, until the limit is spent."""
    searches = Searches()
    for item in map(int, items):
        trial = search_order(list_calls(registers, item), ABSENT, visited_max=visited_max - searches.visited)
        searches.visited += trial.visited
        searches.undecided += trial.found is None
        if trial.found is False and trial.stuck is not None:
            searches.illegal[item] = trial.stuck
    return searches


def prove_illegal(calls: Sequence[Call], stuck: Call) -> list[Call]:
    """The fewest of `calls` that have no order, given that there is none once `stuck` has ended.

    A write that is left out may have happened when it did: otherwise its absence, and not the history, would be what
    the rest proves. All trials together visit as many states as PROOF_VISITED_MAX; what is left then is the proof.
    """
    begun = [call for call in calls if call.start <= stuck.finish]
    values, left = known_values(begun, ABSENT), PROOF_VISITED_MAX

    def is_illegal(kept: list[Call]) -> bool:
        nonlocal left
        needed = drop_orphans(kept, ABSENT, values)
        others = Counter(call for call in begun if not call.reads) - Counter(needed)
        trial = search_order(needed + [replace(call, optional=True) for call in others.elements()], ABSENT,
                             visited_max=left)  # fmt: skip
        left = max(left - trial.visited, 0)
        return trial.found is False

    proof = drop_orphans(shrink(begun, is_illegal), ABSENT, values)
    late = {value for call in proof for kind, value in call.steps if kind is Kind.IS} - values
    writers = [next((call for call in calls if (Kind.SET, value) in call.steps), None) for value in sorted(late)]
    return proof + [writer for writer in writers if writer]


def _tell(history: History, registers: Registers, conflicts: Conflicts, proofs: Proofs, number: int) -> Anomaly:
    phantoms, futures = len(conflicts.phantoms), len(conflicts.futures)
    if number < phantoms:
        return tell_phantom(NAME, history, registers, int(conflicts.phantoms[number]))
    if number < phantoms + futures:
        return tell_future(NAME, history, registers, int(conflicts.futures[number - phantoms]))
    return tell_conflict(NAME, history, registers, proofs, number - phantoms - futures)


def _tell_search(history: History, registers: Registers, item: int, stuck: Call) -> Anomaly:
    proof = prove_illegal(list_calls(registers, item), stuck)
    chosen = {row for call in proof for row in call.rows}
    first, last = registers.write_begins[item : item + 2].tolist()
    done = [write for write in range(first, last) if int(registers.writes.row[write]) in chosen]
    rows = sorted(chosen.union(*map(registers.rows_of_sight, done)))
    told = f"{write_count(len(rows), 'operation')} of {registers.names[item]} have no order in which all are possible."
    return witness(NAME, history, registers, item, rows, told)


def _say_undecided(searches: Searches, visited_max: int) -> str:
    if not searches.undecided:
        return ""
    limits = f"{visited_max:,} visited states, {OPEN_MAX:,} calls open at once"
    return f"{searches.undecided:,} items were not decided within the limits: {limits}."


def _count_used(registers: Registers) -> int:
    """How many items have a call."""
    used = np.zeros(registers.items, bool)
    used[registers.reads.item] = True
    used[registers.writes.item[registers.writes.row != INITIAL]] = True
    return int(used.sum())


def _pair_writes(registers: Registers) -> Column:
    real = registers.writes.row != INITIAL
    return _pair(registers.writes.row[real], registers.writes.item[real], registers)


def _pair(row: Column, item: Column, registers: Registers) -> Column:
    return row * max(registers.items, 1) + item
