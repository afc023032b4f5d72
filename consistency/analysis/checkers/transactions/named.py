"""Named: the checkers of transactions by name, each a function of a history and the bound of its clocks."""

from collections.abc import Callable
from functools import partial
from typing import Final

from consistency.analysis.checkers.transactions.bank import check_bank
from consistency.analysis.checkers.transactions.counter import check_counter
from consistency.analysis.checkers.transactions.cycles import Phenomenon
from consistency.analysis.checkers.transactions.phenomena import (
    DIRECT,
    check_cycles,
    check_direct,
    check_serializable,
    check_timed,
)
from consistency.analysis.checkers.transactions.study import Timing
from consistency.analysis.findings import Finding
from consistency.history import History

TRANSACTION_CHECKERS: Final[dict[str, Callable[[History, int], Finding]]] = {
    **{name: partial(lambda name, history, _: check_direct(name, history), name) for name in DIRECT},
    **{each.value: partial(lambda each, history, _: check_cycles(each, history), each) for each in Phenomenon},
    "serializable": lambda history, _: check_serializable(history),
    "serializable_by_session": lambda history, _: check_timed("serializable_by_session", history, Timing(real=False)),
    "strict_serializable": lambda history, bound_ns: check_timed(
        "strict_serializable", history, Timing(real=True, bound_ns=bound_ns if len(history.processes) > 1 else 0)
    ),
    "counter": check_counter,
    "bank": check_bank,
}
