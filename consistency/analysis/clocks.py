"""Clocks: how far each process's clock was from the service's, as far as the service's stamps tell.

A history comes in, intervals of offsets over the run go out. A call that the service stamped was in its hands at that
instant, so the process's clock minus the service's lies between (Cristian 1989)

    process      invoked [=================] completed            invoked - stamp  <=  offset  <=  completed - stamp
    service                     ^ stamp

and of all calls within a slice of the run the tightest two ends hold. Of reads only the strong ones count, because an
eventual one may be answered, and stamped, from the past. No verdict depends on this: it shows whether the bound that
the verdicts allow for is a fair one.
"""

from typing import Final

import numpy as np

from consistency.analysis.judgement import ClockReading
from consistency.archive import Manifest
from consistency.history import ACTIONS, NEVER, UNSTAMPED, History
from consistency.operation import MUTATIONS, UNDER_ANCESTORS, Action

SLICES: Final = 60
_STAMPED: Final = [ACTIONS.index(action) for action in (*MUTATIONS, *UNDER_ANCESTORS, Action.KEY_GET)]


def measure_clocks(manifest: Manifest, history: History) -> tuple[ClockReading, ...]:
    """Each process's offsets, slice by slice; none where the run has one clock, or the service gave no stamps.

    Where a clock moved within a slice, no one offset fits it, and the interval is what it moved over.
    """
    stamped = (history.server_ns != UNSTAMPED) & (history.completed_ns != NEVER) & np.isin(history.action, _STAMPED)
    rows = np.flatnonzero(stamped)
    if not manifest.clock_bound_ns or not len(rows):
        return ()
    invoked_ns, stamp_ns = history.invoked_ns[rows], history.server_ns[rows] - manifest.origin_wall_ns
    width_ns = max(int(invoked_ns.max() - invoked_ns.min()) // SLICES, 1)
    keys = np.stack((history.process[rows], (invoked_ns - manifest.start_ns) // width_ns))
    (processes, slices), place = np.unique(keys, axis=1, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    begins = np.searchsorted(place.ravel()[order], np.arange(len(processes)))
    lower_ns = np.maximum.reduceat((invoked_ns - stamp_ns)[order], begins)
    upper_ns = np.minimum.reduceat((history.completed_ns[rows] - stamp_ns)[order], begins)
    ends = np.sort(np.stack((lower_ns, upper_ns)), axis=0)
    return tuple(
        ClockReading(history.processes[process], manifest.start_ns + number * width_ns, lower, upper)
        for process, number, lower, upper in zip(processes.tolist(), slices.tolist(), *ends.tolist(), strict=True)
    )
