"""Random small histories of transactions: executed one after another, or answered at will."""

from random import Random

from consistency.operation import Micro, Outcome, Verb
from tests.analysis.checkers.transactional import Txn

KEYS = "xy"
Held = dict[str, list[int]]


def draw_serial(random: Random, count: int, *, lists: bool) -> list[Txn]:
    """Transactions that are committed one after another, stamped with that instant, and whose ends lie around it."""
    held: Held = {key: [] for key in KEYS}
    return [_draw(random, place, held, lists=lists, stale=False) for place in range(count)]


def draw_at_will(random: Random, count: int, *, lists: bool) -> list[Txn]:
    """Transactions that now and then read an old state; some fail, some have no outcome."""
    held: Held = {key: [] for key in KEYS}
    txns = [_draw(random, place, held, lists=lists, stale=random.random() < 0.5) for place in range(count)]
    return [_lose(random, txn._replace(process=f"p{place}", stamp=None)) for place, txn in enumerate(txns)]


def _draw(random: Random, place: int, held: Held, *, lists: bool, stale: bool) -> Txn:
    view = {key: values[: random.randint(0, len(values))] if stale else list(values) for key, values in held.items()}
    steps = []
    for number in range(random.randint(1, 3)):
        key, value = random.choice(KEYS), 10 * place + number + 1
        if random.random() < 0.5:
            steps.append(Micro(Verb.READ, key, _tell(view[key], lists=lists)))
        else:
            steps.append(Micro(Verb.APPEND if lists else Verb.WRITE, key, value))
            view[key].append(value)
            held[key].append(value)
    instant = 10 * place + 50
    start, finish = instant - random.randint(0, 30), instant + random.randint(0, 30)
    return Txn(random.choice("ab"), start, finish, Outcome.OK, tuple(steps), stamp=instant)


def _tell(values: list[int], *, lists: bool) -> int | tuple[int, ...] | None:
    return tuple(values) if lists else (values[-1] if values else None)


def _lose(random: Random, txn: Txn) -> Txn:
    """Nobody knows any more whether it was committed, now and then; or it failed."""
    chance = random.random()
    if chance < 0.1:
        return txn._replace(finish=None, outcome=Outcome.INFO, micros=_forget(txn))
    return txn._replace(outcome=Outcome.FAIL) if chance < 0.15 else txn


def _forget(txn: Txn) -> tuple[Micro, ...]:
    return tuple(Micro(step.verb, step.key) if step.verb is Verb.READ else step for step in txn.micros)
