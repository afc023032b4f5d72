"""The composite indexes that an emulator is told to have, and those that its queries need.

Without enforcement every query is answered (rows are made on demand, see `composites`), and what production would
have needed is kept as a suggestion, in an index.yaml if there is one. With enforcement such a query is refused, with
the service's code and the index that it lacks.

Whether definitions serve a query is decided as the service decides it: one index, or several whose rows can be joined
because they end alike (the rule is that of `datastore_index` in the App Engine SDK).
"""

from collections.abc import Callable, Iterable
from itertools import count

from consistency.emulator.indexes.definitions import IndexDefinition, describe_definition
from consistency.emulator.indexes.needs import Need
from consistency.emulator.status import Code, ServiceError


class Catalog:
    """Indexes by their ids, and the needs that nothing serves."""

    def __init__(
        self,
        definitions: Iterable[IndexDefinition] = (),
        *,
        enforced: bool = False,
        on_need: Callable[[IndexDefinition], None] = lambda _: None,
    ) -> None:
        """`on_need` is told each index that a query needed and that was not there, once."""
        self._numbers = count(1)
        self.indexes: dict[str, IndexDefinition] = {}
        self.enforced = enforced
        self.suggested: dict[IndexDefinition, None] = {}
        self._on_need = on_need
        for definition in definitions:
            self.add(definition)

    def add(self, definition: IndexDefinition) -> str:
        """Have an index from now on; its id. The same definition has one id."""
        for number, held in self.indexes.items():
            if held == definition:
                return number
        number = f"{next(self._numbers):012}"
        self.indexes[number] = definition
        return number

    def require(self, needs: Iterable[Need]) -> None:
        """See that a query's needs are met: FAILED_PRECONDITION where they are not and have to be."""
        for need in needs:
            if need.definition in self.suggested or self.serves(need):
                continue
            if self.enforced:
                raise ServiceError(
                    Code.FAILED_PRECONDITION,
                    f"no matching index found. recommended index is:\n{describe_definition(need.definition)}\n",
                )
            self.suggested[need.definition] = None
            self._on_need(need.definition)

    def serves(self, need: Need) -> bool:
        """Whether the indexes that are there can answer it, alone or joined."""
        left: dict[tuple[tuple[str, bool], ...], tuple[frozenset[str], bool]] = {}
        for definition in self.indexes.values():
            split = need.split(definition)
            if split is None:
                continue
            names, ending = split
            missing, ancestor = left.get(ending, (need.equal, need.definition.ancestor))
            missing, ancestor = missing - names, ancestor and not definition.ancestor
            if not missing and not ancestor:
                return True
            left[ending] = (missing, ancestor)
        return False
