"""Notes: what a reader of the judgement must know about the history it came from.

A history and its entities come in, whole sentences go out: torn lines, processes that were stopped, writes that nobody
probed, readers that came late. None of them changes a number; each says why some numbers are less than they could be.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from consistency.analysis.entities import EntityColumns
from consistency.analysis.searching import find_delays_ns
from consistency.analysis.series import Mask, count_unprobed, list_looked_for
from consistency.analysis.words import write_at_most, write_count, write_duration, write_exactly, write_list
from consistency.history import ACTIONS, NEVER, OUTCOMES, History
from consistency.operation import MUTATIONS, Action, Outcome
from consistency.plan import Plan
from consistency.schedule import plan_streams

CUT_SHORT, CLOCKS = "The run was cut short", "are unresolved for that."
MANY_UNRESOLVED_PCT = 10  # from here on clocks may be why nothing can be told


def write_notes(
    plan: Plan, history: History, measured: Iterable[EntityColumns], clock_bound_ns: int = 0, missed: int = 0
) -> tuple[str, ...]:
    """All that applies, the history's own troubles first. `clock_bound_ns`: how far apart the clocks were at most;
    `missed`: the writes that fell due in known gaps, of which `gaps` says more."""
    measured = tuple(measured)
    notes = [f"{name}: the last line is torn and was left out." for name in history.torn]
    notes += [
        f"Process {process} did not end by itself (Ctrl-C, kill, full disk, lost store): its later calls are missing."
        for process in sorted(find_unfinished(history))
    ]
    notes += [f"{action}: left out, because {why}." for action, why in plan.unsupported.items()]
    notes += _note_unwritten(plan, history, missed)
    notes += _note_refused(history)
    notes += _note_pairs(history)
    notes += _note_clocks(history, measured, clock_bound_ns)
    notes += _note_unannounced(history, measured)
    for entities in measured:
        notes += _note_readers(entities)
        notes += _note_lateness(entities)
    return tuple(notes)


def find_unfinished(history: History) -> set[str]:
    """The processes that began and did not end by themselves."""
    return set(history.processes) - history.ended


def _note_unwritten(plan: Plan, history: History, in_gaps: int) -> Iterator[str]:
    transacted = int((history.action == ACTIONS.index(Action.TRANSACTION)).sum())
    written = len(np.unique(history.item[history.action == ACTIONS.index(Action.WRITE)]))
    begun = transacted if plan.workload.is_transactional else written
    planned = plan.entities * len(plan_streams(plan))
    missed = planned - begun - in_gaps
    if missed > 0 and _writers_ended(plan, history):  # of a resumed run whose manifest does not say when it was down
        yield f"{missed:,} of {write_count(planned, 'planned write')} {_were(missed)} due while nothing ran."
    elif missed > 0:
        yield f"{CUT_SHORT}: of {write_count(planned, 'planned write')} {begun:,} {_were(begun)} begun."


def _writers_ended(plan: Plan, history: History) -> bool:
    """Whether all writers of the plan are here, and each went on to the end of its schedule."""
    writes = np.isin(history.action, [ACTIONS.index(action) for action in MUTATIONS])
    writers = {history.processes[place] for place in np.unique(history.process[writes])}
    return len(writers) >= plan.writers and writers <= history.ended


def _note_refused(history: History) -> Iterator[str]:
    written = np.isin(history.action, [ACTIONS.index(action) for action in MUTATIONS - {Action.TRANSACTION}])
    lost = int((written & (history.outcome != OUTCOMES.index(Outcome.OK))).sum())
    if lost:
        refused = f"{lost:,} of {write_count(int(written.sum()), 'write')} {_were(lost)}"
        happened = _count_seen(history, written & (history.outcome == OUTCOMES.index(Outcome.INFO)))
        seen = f"; {happened:,} of them {_were(happened)} seen later, and so did happen" if happened else ""
        yield f"{refused} not acknowledged: nothing here is said of those entities{seen}."


def _count_seen(history: History, writes: Mask) -> int:
    """How many of these writes some read saw, or a later revision of their entity."""
    newest = np.zeros(len(history.items), np.int64)
    np.maximum.at(newest, history.item, history.seen)
    return int((newest[history.item[writes]] >= np.maximum(history.revision[writes], 1)).sum())


def _note_pairs(history: History) -> Iterator[str]:
    written = history.item[history.action == ACTIONS.index(Action.WRITE)]
    looked_for = list_looked_for(history)
    unprobed, _ = count_unprobed(history)
    if unprobed:
        writes = f"{write_count(unprobed, 'acknowledged write')} {_were(unprobed)}"
        yield f"{writes} never probed, so nothing is known of their visibility."
    orphans = int((~np.isin(looked_for, written)).sum())
    if orphans:
        reads = f"{write_count(orphans, 'read')} looked for entities whose write is not in the history"
        yield f"{reads}, and {_were(orphans)} left out."


def _note_clocks(history: History, measured: Sequence[EntityColumns], bound_ns: int) -> Iterator[str]:
    """Latencies whose intervals the clocks make wider than the polling does.

    from polling       |-----|
    with the clocks  |--|-----|--|      bound_ns on either side, so unresolved where the whole is below 4 * bound_ns
    """
    searches = [entities.searches for entities in measured]
    seen = sum(int((each.upper_ns < NEVER).sum()) for each in searches)
    narrow = sum(
        int(((each.upper_ns < NEVER) & (each.upper_ns - each.lower_ns < 4 * bound_ns)).sum()) for each in searches
    )
    if bound_ns and narrow:
        regions = sorted(set(history.regions.values()))
        whose = f"Clocks of {write_list(regions)}" if len(regions) > 1 else "The clocks of this run's processes"
        latencies = write_count(seen, "latency", "latencies")
        which = CLOCKS if 100 * narrow >= MANY_UNRESOLVED_PCT * seen else "cannot be resolved."
        bound = write_at_most(bound_ns, bound_ns // 10)  # two digits
        yield f"{whose} may differ by ±{bound}; {narrow:,} of {latencies} {which}"


def _note_unannounced(history: History, measured: Sequence[EntityColumns]) -> Iterator[str]:
    if not history.unannounced:
        return
    vain = sum(entities.searches.series.vain for entities in measured)
    left_out = f" {write_count(vain, 'search', 'searches')} had ended before that, and {_were(vain)} left out."
    yield (
        f"{', '.join(sorted(history.unannounced))} looked by the schedule alone: what they asked before an "
        "acknowledgement is no retry, and their first attempt after it came up to one interval of polling later."
        + (left_out if vain else "")
    )


def _note_readers(entities: EntityColumns) -> Iterator[str]:
    if len(entities) < len(entities.searches):
        yield (
            f"{entities.searches.series.action}: several readers looked for the same entities "
            f"({len(entities.searches):,} searches of {write_count(len(entities), 'entity', 'entities')}); an entity "
            "counts as visible when it is visible to every reader that looked for it."
        )


def _note_lateness(entities: EntityColumns) -> Iterator[str]:
    """Searches that began too late to say what an attempt at once would have told, and those behind the deadline."""
    searches, terms = entities.searches, entities.searches.terms
    late = int(searches.late.sum())
    if not late:
        return
    delays_ns = find_delays_ns(searches.series)
    behind = int((delays_ns > terms.deadline_ns).sum())
    yield (
        f"{searches.series.action}: {late:,} of {write_count(len(searches), 'search', 'searches')} began more than "
        f"{write_exactly(terms.prompt_ns)} after the acknowledgement, up to "
        f"{write_duration(max(int(delays_ns.max()), terms.prompt_ns))} "
        "(a late reader, or too many open searches): nobody looked for those entities earlier."
        + (f" {behind:,} of them began behind the deadline of {write_exactly(terms.deadline_ns)}." if behind else "")
    )


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
