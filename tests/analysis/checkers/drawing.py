"""Random small histories, from one seed: many of them as items of one large history, so that one call judges all."""

from random import Random

from consistency.analysis.checkers.search import Call, Kind
from consistency.history import NEVER
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


def rename(ops: list[Op], number: int) -> list[Op]:
    """The same calls on items of their own, later than all of lower numbers."""
    later = number * 1000
    return [
        op._replace(
            item=f"{op.item}{number}",
            start=op.start + later,
            finish=None if op.finish is None else op.finish + later,
        )
        for op in ops
    ]


def draw_calls(random: Random) -> list[Call]:
    """Two to five calls on values 0 to 2: reads, writes, compare-and-sets that fit or not; some without an answer."""
    calls = []
    for _ in range(random.randint(2, 5)):
        start = random.randint(0, 8)
        finish = start + random.randint(0, 4)
        asks, sets = (Kind.IS, random.randint(0, 2)), (Kind.SET, random.randint(0, 2))
        other = (Kind.IS_NOT, random.randint(0, 2))
        steps = random.choice([(asks,), (sets,), (asks, sets), (other,)])
        lost = random.random() < 0.3 and sets in steps
        calls.append(Call(start, NEVER if lost else finish, steps))
    return calls


def draw_atomic_history(random: Random, items: str = "xy", calls: int = 12) -> list[Op]:
    """A history in which nothing is wrong: three sessions, values that come again, deletions, and writes without an
    answer, of which some never happened; every call takes effect at one instant between its ends."""
    planned: list[tuple[float, Op]] = []
    clocks = dict.fromkeys("abc", 0)
    for _ in range(calls):
        process, item, verb = random.choice("abc"), random.choice(items), random.choice("WWDRRRRR")
        start = clocks[process] + random.randint(0, 3)
        finish = start + random.randint(0, 5)
        clocks[process] = finish + random.randint(0, 1)
        lost = verb != "R" and random.random() < 0.2
        effect = random.uniform(start, 40) if lost else random.uniform(start, finish)
        op = Op(process, verb, random.randint(1, 3) if verb == "W" else 0, item, start, None if lost else finish)
        planned.append((effect, op))
    values: dict[str, int] = {}
    ops = []
    for _, op in sorted(planned, key=lambda pair: pair[0]):
        happened = op.finish is not None or random.random() < 0.7
        if op.verb == "R":
            ops.append(op._replace(value=values.get(op.item, 0)))
            continue
        values[op.item] = op.value if happened else values.get(op.item, 0)
        ops.append(op)
    return sorted(ops, key=lambda op: op.start)
