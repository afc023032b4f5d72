"""Random small histories of counters, of banks, and of reads of several items."""

from random import Random

from consistency.operation import Micro, Outcome, Verb
from tests.analysis.checkers.transactional import Txn

TOTAL = 3


def draw_counter(random: Random, key: str) -> list[Txn]:
    """Up to four increments, some failed or without an outcome, and up to three reads."""
    txns = []
    for _ in range(random.randint(1, 4)):
        seen = random.randint(0, 3)
        steps = (Micro(Verb.READ, key, seen or None), Micro(Verb.WRITE, key, seen + 1))
        txns.append(_lose(random, _span(random, *steps)))
    reads = (Micro(Verb.READ, key, random.randint(0, 4) or None) for _ in range(random.randint(1, 3)))
    return [*txns, *(_span(random, read) for read in reads)]


def draw_bank(random: Random) -> list[Txn]:
    """Two or three accounts that are opened with some money; reads of all or some of them, mostly with the same total;
    and transfers, which read all that they write."""
    keys = "pqr"[: random.randint(2, 3)]
    opened = [Micro(Verb.READ, key) for key in keys] + _write(keys, _divide(random, len(keys)))
    txns = [Txn("z", 0, 4, Outcome.OK, tuple(opened))]
    for _ in range(random.randint(1, 4)):
        found = _divide(random, len(keys), wrong=random.random() < 0.3)
        reads = [Micro(Verb.READ, key, value) for key, value in zip(keys, found, strict=True)]
        if random.random() < 0.2:
            reads = [Micro(Verb.READ, key) for key in keys]
        if random.random() < 0.2:
            reads.pop()
        elif random.random() < 0.3:
            left = [sum(step.value for step in reads if isinstance(step.value, int)), *[0] * (len(keys) - 1)]
            reads += _write(keys, left)
        txns.append(_lose(random, _span(random, *reads)))
    return txns


def draw_forks(random: Random, part: int) -> list[Txn]:
    """Blind writes of two or three items, mostly one after another, and reads of two or three of them."""
    keys, txns = [f"{letter}{part}" for letter in "xyz"], []
    for key in keys:
        clock = 0
        for value in range(1, random.randint(1, 3)):
            start = clock + random.randint(0, 1)
            clock = start + random.randint(0, 3) + (random.random() < 0.9)
            txns.append(
                Txn("w", start, clock - 1 if clock > start else clock, Outcome.OK, (Micro(Verb.WRITE, key, value),))
            )
    for _ in range(random.randint(2, 4)):
        chosen = random.sample(keys, random.randint(2, 3))
        reads = tuple(Micro(Verb.READ, key, random.randint(0, 2) or None) for key in sorted(chosen))
        txns.append(_span(random, *reads))
    return txns


def _divide(random: Random, parts: int, *, wrong: bool = False) -> list[int]:
    first = random.randint(0, TOTAL)
    rest = [random.randint(0, TOTAL - first)] if parts == 3 else []
    found = [first, *rest, TOTAL - first - sum(rest)]
    return [value + random.choice((-2, 0, 1)) for value in found] if wrong else found


def _write(keys: str, values: list[int]) -> list[Micro]:
    return [Micro(Verb.WRITE, key, value) for key, value in zip(keys, values, strict=True)]


def _span(random: Random, *steps: Micro) -> Txn:
    start = random.randint(0, 12)
    return Txn(random.choice("abc"), start, start + random.randint(0, 5), Outcome.OK, steps)


def _lose(random: Random, txn: Txn) -> Txn:
    """Its outcome is not known any more, now and then, or it failed."""
    return txn._replace(outcome=random.choices([Outcome.OK, Outcome.INFO, Outcome.FAIL], [8, 1, 1])[0])
