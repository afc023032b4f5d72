"""Checkers: each is a function of a history, and of how far apart its clocks may be, to a finding."""

from collections.abc import Callable
from typing import Final

from consistency.analysis.checkers.agreement import check_agreement
from consistency.analysis.checkers.classic_registers import check_atomic, check_regular, check_safe
from consistency.analysis.checkers.dependencies import check_monotonic_writes, check_writes_follow_reads
from consistency.analysis.checkers.k_atomicity import check_k_atomicity
from consistency.analysis.checkers.linearizability import check_linearizable
from consistency.analysis.checkers.long_fork import check_long_fork
from consistency.analysis.checkers.matches import check_missing, check_stale_match
from consistency.analysis.checkers.order import check_wrong_order
from consistency.analysis.checkers.presence import (
    check_flicker,
    check_ghosts,
    check_lost,
    check_never_read,
)
from consistency.analysis.checkers.scores import check_delta, check_gamma
from consistency.analysis.checkers.session_follows import check_writes_follow_reads_by_session
from consistency.analysis.checkers.session_order import check_causal, check_sequential
from consistency.analysis.checkers.sessions import (
    check_monotonic_by_session,
    check_monotonic_reads,
    check_read_your_writes,
    check_read_your_writes_by_session,
)
from consistency.analysis.checkers.set_full import check_set_full
from consistency.analysis.checkers.staleness import check_staleness
from consistency.analysis.checkers.transactions.named import TRANSACTION_CHECKERS
from consistency.analysis.findings import Finding
from consistency.history import History

Checker = Callable[[History, int], Finding]  # the second is the bound of the clocks in ns, 0 on one host

CHECKERS: Final[dict[str, Checker]] = {
    "flicker": check_flicker,
    "lost": check_lost,
    "never_read": check_never_read,
    "missing": check_missing,
    "ghosts": check_ghosts,
    "stale_match": check_stale_match,
    "wrong_order": check_wrong_order,
    "set_full": check_set_full,
    "agreement": check_agreement,
    "staleness": check_staleness,
    "safe": check_safe,
    "regular": check_regular,
    "atomic": check_atomic,
    "linearizable": check_linearizable,
    "gamma": check_gamma,
    "delta": check_delta,
    "k_atomicity": check_k_atomicity,
    "read_your_writes": check_read_your_writes,
    "monotonic_reads": check_monotonic_reads,
    "monotonic_writes": check_monotonic_writes,
    "writes_follow_reads": check_writes_follow_reads,
    "read_your_writes_by_session": check_read_your_writes_by_session,
    "monotonic_by_session": check_monotonic_by_session,
    "writes_follow_reads_by_session": check_writes_follow_reads_by_session,
    "long_fork": check_long_fork,
    "sequential": check_sequential,
    "causal": check_causal,
    **TRANSACTION_CHECKERS,
}
