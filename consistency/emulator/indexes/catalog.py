"""The composite indexes that an emulator is told to have, and those that its queries need.

Without enforcement every query is answered (rows are made on demand, see `composites`), and what production would
have needed is kept as a suggestion, in an index.yaml if there is one. With enforcement such a query is refused, with
the service's code and the index that it lacks.

Whether definitions serve a query is decided as the service decides it: one index, or several whose rows can be joined
because they end alike (the rule is that of `datastore_index` in the App Engine SDK).
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Protocol

from consistency.emulator.indexes.definitions import IndexDefinition, describe_definition
from consistency.emulator.indexes.needs import Need
from consistency.emulator.status import Code, ServiceError


class Keeper(Protocol):
    """Where definitions outlive the catalogue; ServiceError where one cannot be kept."""

    def add(self, definition: IndexDefinition) -> None:
        """Keep one more."""

    def remove(self, definition: IndexDefinition) -> None:
        """Keep it no longer."""


def name_definition(definition: IndexDefinition) -> str:
    """The id of an index: the same for the same definition, also in the next process."""
    return blake2b(repr(definition).encode(), digest_size=8).hexdigest()


class Catalog:
    """Indexes by their ids, and the needs that nothing serves."""

    def __init__(
        self, definitions: Iterable[IndexDefinition] = (), *, enforced: bool = False, keeper: Keeper | None = None
    ) -> None:
        """`keeper` is told of each index that is added or removed, and once of each that a query lacked."""
        self.indexes = {name_definition(definition): definition for definition in definitions}
        self.enforced = enforced
        self.suggested: dict[IndexDefinition, None] = {}
        self._keeper = keeper

    def add(self, definition: IndexDefinition) -> str:
        """Have an index from now on; its id."""
        if self._keeper is not None:
            self._keeper.add(definition)
        name = name_definition(definition)
        self.indexes[name] = definition
        return name

    def remove(self, name: str) -> None:
        """Have the index of this id no longer."""
        if self._keeper is not None:
            self._keeper.remove(self.indexes[name])
        self.suggested.pop(self.indexes.pop(name), None)

    def find_kind(self, kind: str) -> list[IndexDefinition]:
        """The indexes of a kind."""
        return [definition for definition in self.indexes.values() if definition.kind == kind]

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
            if self._keeper is not None:
                self._keeper.add(need.definition)

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
