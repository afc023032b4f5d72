"""PROBES: what each action asks of the store. A new probe is one line here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from consistency.operation import Action, Item
from consistency.probing import Ancestor
from consistency.store import Shape, Sighting, Store


@dataclass(frozen=True, slots=True)
class Look:
    """What a series looks for: `item`, by the value of `revision` where it queries, below `ancestor` where it names
    one; a read at a time asks for the state `age_ns` before the attempt, an ordered query for what was stamped up to
    `until_ns` (epoch), when the write was acknowledged."""

    item: Item
    revision: int
    ancestor: Ancestor
    age_ns: int
    until_ns: int


Ask = Callable[[Store, Look, int], Awaitable[Sighting]]  # the last is the attempt's wall time (ns, epoch)

PROBES: dict[Action, Ask] = {
    Action.KEY_GET: lambda store, look, _: store.lookup(look.item),
    Action.EVENTUAL_GET: lambda store, look, _: store.lookup(look.item, eventual=True),
    Action.READ_TIME_GET: lambda store, look, wall_ns: store.lookup(look.item, read_ns=wall_ns - look.age_ns),
    Action.ANCESTOR_QUERY: lambda store, look, _: store.query(look.item, look.ancestor, look.revision),
    Action.READ_ONLY_QUERY: lambda store, look, _: store.query(
        look.item, look.ancestor, look.revision, Shape.READ_ONLY
    ),
    Action.GLOBAL_QUERY: lambda store, look, _: store.query(look.item, None, look.revision),
    Action.KEYS_ONLY_QUERY: lambda store, look, _: store.query(look.item, None, look.revision, Shape.KEYS),
    Action.PROJECTION_QUERY: lambda store, look, _: store.query(look.item, None, look.revision, Shape.PROJECTION),
    Action.COUNT_QUERY: lambda store, look, _: store.query(look.item, None, look.revision, Shape.COUNT),
    Action.ORDERED_QUERY: lambda store, look, _: store.list_newest(look.item, look.until_ns),
    Action.GQL_QUERY: lambda store, look, _: store.query(look.item, None, look.revision, Shape.GQL),
}
