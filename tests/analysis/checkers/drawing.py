"""Random small histories, from one seed: many of them as items of one large history, so that one call judges all."""

from random import Random

from tests.analysis.checkers.notation import Op

TIME_MAX = 12


def draw_register(random: Random, item: str, *, sequential: bool = False, unanswered: float = 0.1) -> list[Op]:
    """One to three writes and one to three reads of `item`, at integer times, so that ends often touch. `sequential`:
    one writer, one write after another."""
    ops = []
    clock = 0
    writes = random.randint(1, 3)
    for value in range(1, writes + 1):
        start = clock + random.randint(0, 3) if sequential else random.randint(0, TIME_MAX)
        finish = start + random.randint(0, 5)
        clock = finish + 1
        lost = random.random() < unanswered and not sequential
        ops.append(Op("w" if sequential else random.choice("wv"), "W", value, item, start, None if lost else finish))
    for _ in range(random.randint(1, 3)):
        start = random.randint(0, TIME_MAX)
        ops.append(Op(random.choice("rs"), "R", random.randint(0, writes), item, start, start + random.randint(0, 5)))
    return ops


def draw_registers(seed: int, count: int, *, sequential: bool = False, unanswered: float = 0.1) -> dict[str, list[Op]]:
    """`count` items by name."""
    random = Random(seed)
    names = [f"i{number}" for number in range(count)]
    return {name: draw_register(random, name, sequential=sequential, unanswered=unanswered) for name in names}


def draw_session_history(random: Random, items: str = "xy", calls: int = 10) -> list[Op]:
    """Three sessions, each making one call after another on two items. Reads return any value written so far or later,
    so that every guarantee is broken now and then."""
    ops: list[Op] = []
    clocks = dict.fromkeys("abc", 0)
    revisions = dict.fromkeys(items, 0)
    for _ in range(calls):
        process, item = random.choice("abc"), random.choice(items)
        start = clocks[process] + random.randint(0, 3)
        finish = start + random.randint(0, 4)
        clocks[process] = finish + random.randint(0, 1)
        if random.random() < 0.4:
            revisions[item] += 1
            ops.append(Op(process, "W", revisions[item], item, start, finish))
        else:
            ops.append(Op(process, "R", random.randint(0, revisions[item]), item, start, finish))
    return ops
