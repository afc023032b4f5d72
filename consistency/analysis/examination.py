"""Examination: which checkers speak of a run, and what each of them finds.

Plan, manifest and history come in, findings go out in the order of CHECKERS. A checker that needs what a workload does
not record is not asked: entities are written with values of their own and may be deleted; transactions over a few keys
write some values twice, so that nobody knows which write a read saw, and only a search over all orders is fair to them.
"""

from typing import Final

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.findings import Finding
from consistency.archive import Manifest
from consistency.history import History
from consistency.plan import Plan
from consistency.workload import Workload

_OF_ENTITIES: Final = frozenset(
    (
        *("flicker", "lost", "never_read", "missing", "set_full", "agreement", "staleness"),
        *("safe", "regular", "atomic", "linearizable", "gamma", "delta", "k_atomicity"),
        *("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads"),
        *("read_your_writes_by_session", "monotonic_by_session", "writes_follow_reads_by_session"),
        *("sequential", "causal"),
    )
)
_OF_TRANSACTIONS: Final = frozenset(
    (
        *("g0", "g1a", "g1b", "g1c", "g_single", "g2", "lost_update", "internal", "garbage_reads"),
        *("serializable", "serializable_by_session", "strict_serializable"),
    )
)
APPLICABLE: Final[dict[Workload, frozenset[str]]] = {
    Workload.CREATE: _OF_ENTITIES,
    Workload.UPDATE: _OF_ENTITIES | {"stale_match", "wrong_order"},
    Workload.DELETE: _OF_ENTITIES | {"ghosts"},
    Workload.RECREATE: _OF_ENTITIES | {"ghosts", "stale_match", "wrong_order"},
    Workload.COUNTER: _OF_TRANSACTIONS | {"linearizable", "counter"},
    Workload.LIST_APPEND: _OF_TRANSACTIONS | {"long_fork", "duplicate_writes", "incompatible_orders"},
    Workload.BANK: _OF_TRANSACTIONS | {"linearizable", "bank"},
}


def examine(plan: Plan, manifest: Manifest, history: History) -> tuple[Finding, ...]:
    """The findings of every checker that can speak of the plan's workload."""
    applicable = APPLICABLE[plan.workload]
    return tuple(check(history, manifest.clock_bound_ns) for name, check in CHECKERS.items() if name in applicable)
