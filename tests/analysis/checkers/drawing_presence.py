"""Random small histories of entities that are created, changed and deleted, and looked for by gets and queries."""

from collections.abc import Callable
from random import Random

from tests.analysis.checkers.notation import Op

TIME_MAX = 12
Draw = Callable[[Random, str], list[Op]]


def draw_element(random: Random, item: str) -> list[Op]:
    """One that is only created, perhaps without an answer, and one to five gets that see it or not. No two begin at one
    instant, because then nobody could say which was invoked first."""
    ops = [_span(random, "w", "W", 1, item)]
    if random.random() < 0.2:
        ops[0] = ops[0]._replace(finish=None)
    starts = random.sample(range(2 * TIME_MAX), random.randint(1, 5))
    ops += [_read(random, item, start) for start in starts]
    return _sort(ops)


def draw_search(random: Random, item: str) -> list[Op]:
    """One that was created at first, and five attempts to see it, by gets and queries of two processes."""
    attempts = [_span(random, random.choice("rs"), random.choice("RQ"), 1, item) for _ in range(5)]
    attempts = [op if random.random() < 0.5 else _miss(op) for op in attempts]
    return [Op("w", "W", 1, item, 0, 0), *_sort(attempts)]


def draw_changes(random: Random, item: str) -> list[Op]:
    """One that is created and then changed or deleted, mostly in that order of time; gets, and queries for any
    revision."""
    verbs = ["W", *random.choices("UDD", k=random.randint(0, 2))]
    ops = [_span(random, random.choice("vw"), verb, revision, item) for revision, verb in enumerate(verbs, 1)]
    starts = sorted(op.start for op in ops) if random.random() < 0.7 else [op.start for op in ops]
    ops = [op._replace(start=start, finish=start + random.randint(0, 4)) for op, start in zip(ops, starts, strict=True)]
    ops = [op._replace(finish=None) if random.random() < 0.15 else op for op in ops]
    present = [0, *(op.value for op in ops if op.verb != "D")]
    for _ in range(random.randint(1, 4)):
        asked, seen = random.randint(1, len(verbs)), random.choice(present)
        read = _span(random, random.choice("rs"), random.choice("RQ"), asked, item)
        ops.append(read._replace(found=seen) if read.verb == "Q" else read._replace(value=seen))
    return _sort(ops)


def draw_simultaneous(random: Random, item: str) -> list[Op]:
    """Gets by several processes that are due at one of three instants."""
    readers = "rst"[: random.randint(1, 3)]
    reads = [
        Op(p, "R", random.randint(0, 1), item, at, at + 2) for p in readers for at in (0, 5, random.choice((5, 9)))
    ]
    return _sort([Op("w", "W", 1, item, 0, 3), *reads])


def _span(random: Random, process: str, verb: str, value: int, item: str) -> Op:
    start = random.randint(0, TIME_MAX)
    return Op(process, verb, value, item, start, start + random.randint(0, 5))


def _read(random: Random, item: str, start: int) -> Op:
    return Op(random.choice("rs"), "R", random.randint(0, 1), item, start, start + random.randint(0, 5))


def _miss(op: Op) -> Op:
    return op._replace(found=0) if op.verb == "Q" else op._replace(value=0)


def _sort(ops: list[Op]) -> list[Op]:
    return sorted(ops, key=lambda op: op.start)
