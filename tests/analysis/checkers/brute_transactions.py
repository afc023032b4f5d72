"""Serializability word by word: some order of the transactions in which each reads what is there.

Transactions that certainly failed are left out, those without an outcome may stand in the order or not. Nothing here is
shared with the checkers.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, permutations

from consistency.operation import Micro, Outcome, Verb
from tests.analysis.checkers.transactional import Txn

State = dict[str, int | tuple[int, ...] | None]


def is_serializable(txns: Sequence[Txn], *, strict: bool = False) -> bool:
    """Whether there is an order; `strict`: one in which what had ended comes before what then began."""
    return any(_explains(order) for order in _orders(txns) if not strict or _respects_time(order))


def _orders(txns: Sequence[Txn]) -> Iterator[Sequence[Txn]]:
    certain = [txn for txn in txns if txn.finish is not None and txn.outcome is Outcome.OK]
    unknown = [txn for txn in txns if txn.finish is None or txn.outcome is Outcome.INFO]
    chosen = chain.from_iterable(combinations(unknown, size) for size in range(len(unknown) + 1))
    return chain.from_iterable(permutations([*certain, *some]) for some in chosen)


def _respects_time(order: Sequence[Txn]) -> bool:
    return not any(
        later.finish is not None and later.outcome is Outcome.OK and later.finish < earlier.start
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
    )


def _explains(order: Iterable[Txn]) -> bool:
    state: State = {}
    return all(
        _perform(step, state, told=txn.outcome is Outcome.OK and txn.finish is not None)
        for txn in order
        for step in txn.micros
    )


def _perform(step: Micro, state: State, *, told: bool) -> bool:
    """Do one step; False if it read something else than is there."""
    held = state.get(step.key)
    if step.verb is Verb.READ:
        return not told or (step.value or None) == (held or None)
    if step.verb is Verb.APPEND:
        assert isinstance(step.value, int)
        state[step.key] = (*(held if isinstance(held, tuple) else ()), step.value)
    else:
        state[step.key] = step.value
    return True
