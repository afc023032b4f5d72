"""Which composite index a query needs: the service's rule, as the App Engine SDK's `datastore_index` states it.

    no composite    equalities alone, under an ancestor or not; one property with inequality or order; keys upwards
    a composite     equalities beside an order or inequality; an ancestor beside one; several orders; keys downwards

The index that is recommended has the equal properties by name, then the ordered ones.
"""

from typing import NamedTuple

from consistency.emulator.indexes.definitions import IndexDefinition, Property


class Need(NamedTuple):
    """An index that a query needs: its recommended definition, and what else would do.

    `equal` are the properties with an equality, in any order and direction; behind them come `ordered` as they are,
    then the groups of `free`, each in any order and direction.
    """

    definition: IndexDefinition
    equal: frozenset[str]
    ordered: tuple[Property, ...]
    free: tuple[frozenset[str], ...]

    def split(self, definition: IndexDefinition) -> tuple[frozenset[str], tuple[Property, ...]] | None:
        """The equal properties that an index has in front, and its ending; None when it is of no use here."""
        if definition.kind != self.definition.kind or (definition.ancestor and not self.definition.ancestor):
            return None
        cut = len(definition.properties) - len(self.ordered) - sum(map(len, self.free))
        if cut < 0 or not self._ends(definition.properties[cut:]):
            return None
        names = frozenset(name for name, _ in definition.properties[:cut])
        return (names, definition.properties[cut:]) if names <= self.equal else None

    def _ends(self, ending: tuple[Property, ...]) -> bool:
        """Whether an index that ends so has its rows in the order that is needed."""
        place = len(self.ordered)
        if ending[:place] != self.ordered:
            return False
        for group in self.free:
            if {name for name, _ in ending[place : place + len(group)]} != group:
                return False
            place += len(group)
        return True


def find_need(
    kind: str,
    *,
    ancestor: bool,
    equal: frozenset[str],
    ordered: tuple[Property, ...],
    free: tuple[tuple[str, ...], ...],
    key_turned: Property | None,
) -> Need | None:
    """The need of one conjunction of a query, None when the built-in indexes serve it.

    `ordered` are the orders asked for, `free` the groups that inequalities, distinct and projected properties add.
    `key_turned` is the key's order where it is not the one that comes by itself.
    """
    if key_turned is not None:
        ordered = (*ordered, key_turned)
    added = tuple((name, False) for group in free for name in group)
    if not ordered and not added:
        return None
    if key_turned is None and not ancestor and len(equal) + len(ordered) + len(added) <= 1:
        return None
    properties = (*((name, False) for name in sorted(equal)), *ordered, *added)
    return Need(IndexDefinition(kind, ancestor, properties), equal, ordered, tuple(map(frozenset, free)))
