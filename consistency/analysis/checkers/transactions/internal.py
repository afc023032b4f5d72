"""Internal: whether a transaction agrees with itself.

A ledger comes in, Proofs go out. A read must return what the transaction itself wrote or read last; of a list to which
it appended before it read it, at least the end is known.
"""

from collections.abc import Iterator, Sequence

from consistency.analysis.checkers.transactions.direct import Proof
from consistency.analysis.checkers.transactions.gathering import Value, say_value
from consistency.analysis.checkers.transactions.ledger import Ledger
from consistency.operation import Micro, Verb


def find_contradictions(ledger: Ledger) -> Iterator[Proof]:
    """One for each transaction and key."""
    for number in ledger.certain:
        transaction = ledger.transactions[number]
        for key, steps in transaction.steps.items():
            told = _contradict(key, steps)
            if told and not (key in ledger.lists and key in ledger.closed):
                yield Proof(key, (number,), f"{transaction.name} {told}.")


def _contradict(key: str, steps: Sequence[Micro]) -> str:
    """What is wrong with the steps on one key; "" if nothing is."""
    known = False
    value: Value = None
    appended: tuple[Value, ...] = ()
    for step in steps:
        if step.verb is Verb.READ:
            if known and not _same(step.value, value):
                return f"read {say_value(step.value)} of {key} where it had {say_value(value)} itself"
            if appended and not known and _end(step.value, len(appended)) != appended:
                told = say_value(step.value)
                return f"read {told} of {key} to which it had appended {list(appended)} itself"
            known, value = True, step.value
        elif step.verb is Verb.WRITE:
            known, value = True, step.value
        elif step.verb is Verb.APPEND and known:
            value = _append(value, step.value)
        elif step.verb is Verb.APPEND:
            appended = (*appended, step.value)
    return ""


def _same(one: Value, other: Value) -> bool:
    return one == other or (one in {None, ()} and other in {None, ()})


def _append(value: Value, element: Value) -> Value:
    return (*(value if isinstance(value, tuple) else ()), *((element,) if isinstance(element, int) else ()))


def _end(value: Value, length: int) -> Value:
    return value[-length:] if isinstance(value, tuple) else ()
