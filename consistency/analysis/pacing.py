"""Pacing: how well the writer kept to its schedule, and how long its writes took.

A history and the plan's rate come in, one Pacing goes out. Lateness counts from the instant at which the schedule
wanted a write, so a store that stalls makes every write that was due meanwhile late, and all of them show:

    due        1     2     3     4     5     6
    written    1================]2==]3=]4]5==]6==]      2 and 3 began late, 4 hardly, 5 and 6 on time
                     |----------|                       the lateness of 2
"""

from collections import Counter
from math import ceil

import numpy as np

from consistency.analysis.judgement import Pacing
from consistency.analysis.quantiles import summarize_durations
from consistency.durations import NS_PER_S
from consistency.history import ACTIONS, OUTCOMES, Column, History
from consistency.operation import Action, Outcome
from consistency.plan import Plan
from consistency.schedule import plan_streams


def measure_pacing(plan: Plan, history: History) -> Pacing:
    """The writes of `history`, or its transactions, against the schedule of `plan`."""
    written = Action.TRANSACTION if plan.workload.is_transactional else Action.WRITE
    writes = np.flatnonzero(history.action == ACTIONS.index(written))
    writes = writes[np.argsort(history.due_ns[writes], kind="stable")]
    acknowledged = writes[history.outcome[writes] == OUTCOMES.index(Outcome.OK)]
    lateness_ns = history.invoked_ns[writes] - history.due_ns[writes]
    scheduled = plan.entities * len(plan_streams(plan))
    begun = len(writes) if plan.workload.is_transactional else len(np.unique(history.item[writes]))
    outcomes, codes = history.outcome[writes].tolist(), history.code[writes].tolist()
    return Pacing(
        lateness=summarize_durations(lateness_ns),
        drift_ns=_measure_drift_ns(lateness_ns),
        late_slots=int((lateness_ns >= ceil(NS_PER_S / plan.rate_per_s)).sum()),
        missing_slots=max(0, scheduled - begun),
        write_times=summarize_durations(history.completed_ns[acknowledged] - history.invoked_ns[acknowledged]),
        response_times=summarize_durations(history.completed_ns[acknowledged] - history.due_ns[acknowledged]),
        writes=Counter(str(OUTCOMES[outcome]) for outcome in outcomes),
        write_errors=Counter(history.codes[code] for code in codes if history.codes[code]),
    )


def _measure_drift_ns(lateness_ns: Column) -> int:
    """Mean lateness of the last tenth of the writes minus that of the first tenth, by due time."""
    if len(lateness_ns) == 0:
        return 0
    tenth = max(1, len(lateness_ns) // 10)
    return round(float(lateness_ns[-tenth:].mean() - lateness_ns[:tenth].mean()))
