"""The composite indexes that a question needs, one conjunction after the other.

In Datastore mode the key goes the way of the last order by itself; in the legacy service it goes upwards. Only a key
that goes the other way has to be a column of an index. A range of keys needs the index of a range however narrow it
is, as App Engine's SDK decides: the filters count, not the values in them.
"""

from itertools import groupby

from consistency.emulator.indexes.needs import Need, find_need
from consistency.emulator.query.metadata import is_metadata
from consistency.emulator.query.question import Conjunction, Question
from consistency.emulator.values.keys import KEY


def list_needs(question: Question, *, legacy: bool) -> tuple[Need, ...]:
    """What the built-in indexes do not serve of a question."""
    if not (question.orders or question.keys_descending) or is_metadata(question.kind):
        return ()
    found = (_find_need(question, conjunction, legacy=legacy) for conjunction in question.conjunctions)
    return tuple(dict.fromkeys(need for need in found if need is not None))


def _find_need(question: Question, conjunction: Conjunction, *, legacy: bool) -> Need | None:
    assert question.kind is not None
    if conjunction.keyed:
        return None  # at most one entity
    equal = {name for name, _ in conjunction.equalities}
    unequal = {KEY, *(name for name, _ in conjunction.bounds)}  # of the key: if it is an order that nobody asked for
    orders = [order for order in question.orders if order.name not in equal - unequal]
    asked = [order for order in question.orders[: question.asked] if order in orders]
    by_itself = not legacy and bool(orders) and orders[-1].descending
    return find_need(
        question.kind,
        ancestor=conjunction.ancestor is not None,
        equal=frozenset(equal),
        ordered=tuple((order.name, order.descending) for order in asked),
        free=_group([order.name for order in orders[len(asked) :]], question, unequal),
        key_turned=(KEY, question.keys_descending) if question.keys_descending != by_itself else None,
    )


def _group(names: list[str], question: Question, unequal: set[str]) -> tuple[tuple[str, ...], ...]:
    """The added properties by why they were added: one for each inequality, distinct ones, projected ones."""
    distinct = {order.name for order in question.orders[: question.distinct]}

    def reason(name: str) -> tuple[str, str]:
        return ("inequality", name) if name in unequal else ("distinct" if name in distinct else "projected", "")

    return tuple(tuple(group) for _, group in groupby(names, key=reason))
