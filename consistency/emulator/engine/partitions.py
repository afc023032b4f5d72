"""Where entities and index rows lie: one Partition per project, database and namespace.

Entities are a dict from key path to newest Version; each kind has its keys in order and, per indexed property, its
rows in order. Which rows an entity has is decided by `indexes`.
"""

from typing import NamedTuple

from consistency.emulator.engine.log import Group, Version
from consistency.emulator.engine.rows import ComposedRow, RowTable, ValueRow
from consistency.emulator.engine.views import STRONG, View
from consistency.emulator.values.keys import PartitionId


class Columns(NamedTuple):
    """The rows of a composite index: one item per (property, descending), behind the ancestor's path if any."""

    properties: tuple[tuple[str, bool], ...]
    ancestor: bool = False


class KindTables:
    """The index rows of one kind: its key paths, value and key path per property, and composed rows per composite."""

    __slots__ = ("composites", "keys", "properties")

    def __init__(self) -> None:
        self.keys: RowTable[bytes] = RowTable()
        self.properties: dict[str, RowTable[ValueRow]] = {}
        self.composites: dict[Columns, RowTable[ComposedRow]] = {}

    def open_property(self, name: str) -> RowTable[ValueRow]:
        """The table of a property, made at its first row."""
        table = self.properties.get(name)
        if table is None:
            table = self.properties[name] = RowTable()
        return table


class Partition:
    """All entities, unsettled groups and index rows of one project, database and namespace.

    `groups` are by root, or by path where a model applies each entity for itself.
    """

    __slots__ = ("entities", "groups", "kinds", "name")

    def __init__(self, name: PartitionId) -> None:
        self.name = name
        self.entities: dict[bytes, Version] = {}
        self.groups: dict[bytes, Group] = {}
        self.kinds: dict[str, KindTables] = {}

    def open_kind(self, kind: str) -> KindTables:
        """The tables of a kind, made at its first entity."""
        tables = self.kinds.get(kind)
        if tables is None:
            tables = self.kinds[kind] = KindTables()
        return tables

    def find_body(self, path: bytes, view: View) -> Version | None:
        """The entity's version whose body this view sees; None where it sees none or a deletion."""
        version = self.entities.get(path)
        if version is not None and version.log is not None and view is not STRONG:
            version = _version_at(version, view.bodies_at(version.log))
        return version if version is not None and version.body is not None else None

    def find_indexed(self, path: bytes, view: View) -> Version | None:
        """The entity's version that the index rows of this view were made from; None like `find_body`."""
        version = self.entities.get(path)
        if version is not None and version.log is not None and view is not STRONG:
            version = _version_at(version, view.rows_at(version.log))
        return version if version is not None and version.body is not None else None


def _version_at(version: Version | None, position: int) -> Version | None:
    while version is not None and version.number > position:
        version = version.older
    return version
