"""PROBES: what each action asks of the store. A new probe is one line here."""

from collections.abc import Awaitable, Callable

from consistency.operation import Action, Item
from consistency.plan import Probe
from consistency.store import Sighting, Store

Ask = Callable[[Store, Item, Probe], Awaitable[Sighting]]

PROBES: dict[Action, Ask] = {
    Action.KEY_GET: lambda store, item, _: store.lookup(item),
    Action.ANCESTOR_QUERY: lambda store, item, probe: store.query(item, probe.ancestor),
    Action.GLOBAL_QUERY: lambda store, item, _: store.query(item),
}
