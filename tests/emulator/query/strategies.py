"""Random stores and random queries, for the brute-force evaluation and for the emulator alike."""

from typing import Any

from hypothesis import strategies as st

from consistency.emulator.values.messages import Message
from tests.emulator.embedded import Embedded
from tests.emulator.query.brute import KEY, Asked, Leaf, Path, Scalar, Tree, Values, disjuncts
from tests.emulator.talk import Filter, Talk, delete, either, every, leaf, upsert

FAMILIES: list[Path] = [(("A", 1),), (("A", "x"),), (("B", "x\0y"),)]
PATHS: list[Path] = [
    *FAMILIES,
    *((*family, ("A", name)) for family in FAMILIES for name in (1, 20, "x", "x\0y", "y")),
    *((*family, ("B", 1)) for family in FAMILIES),
    (("A", 1), ("A", 1), ("A", "deep")),
]
NAMES = "pqr"
scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.integers(0, 2), st.integers(0, 2), st.sampled_from(["a", "a\0", "b", True, False, None, -1.5, 2.0])
)
values: st.SearchStrategy[Values] = st.fixed_dictionaries(
    {"r": st.integers(0, 1)}, optional={name: st.one_of(scalars, st.lists(scalars, max_size=3)) for name in "pq"}
)
stores: st.SearchStrategy[dict[Path, Values]] = st.fixed_dictionaries({path: st.none() | values for path in PATHS}).map(
    lambda drawn: {path: held for path, held in drawn.items() if held is not None}
)
names = st.sampled_from(NAMES)
paths = st.sampled_from(PATHS)
comparisons = st.sampled_from(["<", "<=", ">", ">="])
equalities = st.builds(Leaf, names, st.just("="), scalars)
simple_leaves = st.one_of(
    equalities,
    st.builds(Leaf, names, comparisons, scalars),
    st.builds(Leaf, names, st.just("IN"), st.lists(scalars, min_size=1, max_size=3)),
    st.builds(Leaf, st.just(KEY), st.one_of(comparisons, st.just("=")), paths),
    st.builds(Leaf, st.just(KEY), st.just("IN"), st.lists(paths, min_size=1, max_size=3)),
)
exclusions = st.one_of(
    st.builds(Leaf, names, st.just("!="), scalars),
    st.builds(Leaf, names, st.just("NOT_IN"), st.lists(scalars, min_size=1, max_size=3)),
    st.builds(Leaf, st.just(KEY), st.just("!="), paths),
    st.builds(Leaf, st.just(KEY), st.just("NOT_IN"), st.lists(paths, min_size=1, max_size=2)),
)
trees: st.SearchStrategy[Tree] = st.recursive(
    simple_leaves,
    lambda parts: st.tuples(st.sampled_from(["and", "or"]), st.lists(parts, min_size=1, max_size=2).map(tuple)),
    max_leaves=4,
)


def has_alternatives(tree: Tree) -> bool:
    """Whether a filter has an IN, be it of one value, or an OR."""
    if isinstance(tree, Leaf):
        return tree.operator == "IN"
    junction, parts = tree
    return junction == "or" or any(map(has_alternatives, parts))


@st.composite
def filter_trees(draw: st.DrawFn) -> Tree | None:
    """Nothing, one filter, or several in any nesting; at most one exclusion, and NOT_IN not among alternatives."""
    tree: Tree | None = draw(st.one_of(st.none(), equalities, trees, trees))
    if draw(st.integers(0, 3)):
        return tree
    exclusion: Leaf = draw(exclusions)
    if tree is None or (exclusion.operator == "NOT_IN" and has_alternatives(tree)):
        return exclusion
    return "and", (tree, exclusion)


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Every form that Datastore mode takes."""
    ancestor = draw(st.sampled_from([None, None, None, *FAMILIES]))
    tree = draw(filter_trees().filter(lambda tree: len(disjuncts(tree)) <= 30))
    named = {own.name for leaves in disjuncts(tree) for own in leaves} - {KEY}
    if not named and draw(st.integers(0, 3)) == 0:
        return Asked(None, tree, ancestor)
    kind = draw(st.sampled_from("AAAB"))
    equal = {own.name for leaves in disjuncts(tree) for own in leaves if own.operator == "="}
    free = [name for name in NAMES if name not in equal]
    projected = tuple(draw(st.lists(st.sampled_from(free), unique=True, max_size=2))) if free else ()
    distinct = (
        tuple(draw(st.lists(st.sampled_from(free), unique=True, max_size=2))) if draw(st.booleans()) and free else ()
    )
    ordered = draw(st.lists(st.sampled_from([*NAMES, *NAMES, KEY]), unique=True, max_size=3))
    first = [name for name in ordered if name in distinct]
    if len(first) < len(distinct):
        ordered = first
    orders = tuple((name, draw(st.booleans())) for name in (*first, *(name for name in ordered if name not in first)))
    return Asked(kind, tree, ancestor, orders, projected, distinct)


@st.composite
def legacy_questions(draw: st.DrawFn) -> Asked:
    """One inequality at most, which is the first order; nothing behind the key's order."""
    ancestor = draw(st.sampled_from([None, None, None, *FAMILIES]))
    leaves = draw(st.lists(equalities, max_size=2))
    ordered = draw(st.lists(names, unique=True, max_size=2))
    if draw(st.booleans()):
        unequal = draw(st.sampled_from(ordered[:1] or list(NAMES)))
        leaves += [Leaf(unequal, draw(comparisons), draw(scalars)) for _ in range(draw(st.integers(1, 2)))]
    elif not ordered or draw(st.booleans()):
        ordered.append(KEY)
    orders = tuple((name, draw(st.booleans())) for name in ordered)
    return Asked(
        draw(st.sampled_from("AAAB")), ("and", tuple(leaves)) if leaves else None, ancestor, orders, legacy=True
    )


def request_of(talk: Talk, asked: Asked) -> tuple[list[Filter], dict[str, Any]]:
    """What `talk.query` is given besides the kind."""
    return [], {
        "orders": ["-" * descending + name for name, descending in asked.orders],
        "ancestor": key_of(talk, asked.ancestor) if asked.ancestor else None,
        "where": None if asked.filter is None else filter_of(talk, asked.filter),
        "project": asked.projected,
        "distinct": asked.distinct,
    }


def filter_of(talk: Talk, tree: Tree) -> Message:
    if isinstance(tree, Leaf):
        operand = tree.operand
        if tree.name == KEY:
            several = tree.operator in {"IN", "NOT_IN"}
            operand = [key_of(talk, path) for path in operand] if several else key_of(talk, operand)
        return leaf((tree.name, tree.operator, operand))
    joined, parts = tree
    return (every if joined == "and" else either)(*(filter_of(talk, part) for part in parts))


def key_of(talk: Talk, path: Path) -> Message:
    return talk.key(*(part for element in path for part in element))


def paths_of(batch: Message) -> list[Path]:
    return [tuple((element.kind, element.name or element.id) for element in result.entity.key.path)
            for result in batch.entity_results]  # fmt: skip


def filled(entities: dict[Path, Values], model: str = "strong") -> Talk:
    """A store with these entities, after a detour: every one was something else before."""
    talk = Embedded(model).talk()
    for path, properties in entities.items():
        key = key_of(talk, path)
        talk.commit(upsert(key, p=["old", 2], q="old"))
        if len(properties) == 1:
            talk.commit(delete(key))
        talk.commit(upsert(key, **properties))
    return talk
