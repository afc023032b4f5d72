"""The metadata kinds: __namespace__, __kind__ and __property__, made from index rows when somebody asks.

A partition that holds the metadata entities of another comes out, so that filters, orders, projections and cursors
work on them as on any. It costs a few looks per kind and property, and nothing per entity.
"""

from collections.abc import Callable, Iterable, Iterator

from consistency.emulator.engine.log import Version
from consistency.emulator.engine.partitions import KindTables, Partition
from consistency.emulator.engine.rows import RowTable, ValueRow
from consistency.emulator.engine.views import View
from consistency.emulator.indexes.entries import list_entries
from consistency.emulator.values.keys import PartitionId, read_key
from consistency.emulator.values.messages import Entity, Message

_DEFAULT_NAMESPACE = 1  # the id that stands for the namespace without a name
_REPRESENTATIONS = {  # the first byte of encoded values, see `values.ordering`; a timestamp is an integer there
    b"\1": "NULL",
    b"\2": "INT64",
    b"\3": "BOOLEAN",
    b"\4": "STRING",
    b"\5": "DOUBLE",
    b"\6": "POINT",
    b"\7": "REFERENCE",
}


def describe_partition(kind: str, own: Partition, view: View, siblings: Iterable[Partition]) -> Partition:
    """A partition of this metadata kind's entities; `siblings` are all partitions of the database."""
    described = Partition(own.name)
    tables = described.open_kind(kind)
    for entity in _DESCRIBERS[kind](own, view, siblings):
        _store(described, tables, entity)
    return described


def is_metadata(kind: str | None) -> bool:
    """Whether entities of this kind are made up rather than stored."""
    return kind in _DESCRIBERS


def _store(described: Partition, tables: KindTables, entity: Message) -> None:
    path = read_key(entity.key, described.name.project, described.name.database).path
    described.entities[path] = Version(0, 0, entity.SerializeToString(deterministic=True), None)
    tables.keys.fill([path])
    for name, value in list_entries(entity):
        tables.open_property(name).fill([(value, path)])


def _describe_namespaces(own: Partition, view: View, siblings: Iterable[Partition]) -> Iterator[Message]:
    for sibling in siblings:
        if any(_has_keys(tables, view) for tables in sibling.kinds.values()):
            yield _entity(own.name, ("__namespace__", sibling.name.namespace or _DEFAULT_NAMESPACE))


def _describe_kinds(own: Partition, view: View, _siblings: Iterable[Partition]) -> Iterator[Message]:
    for kind, tables in own.kinds.items():
        if _has_keys(tables, view):
            yield _entity(own.name, ("__kind__", kind))


def _describe_properties(own: Partition, view: View, _siblings: Iterable[Partition]) -> Iterator[Message]:
    for kind, tables in own.kinds.items():
        for name, table in tables.properties.items():
            held = [text for tag, text in _REPRESENTATIONS.items() if _has_values(table, view, tag)]
            if held:
                entity = _entity(own.name, ("__kind__", kind), ("__property__", name))
                for text in sorted(held):
                    entity.properties["property_representation"].array_value.values.add(string_value=text)
                yield entity


def _has_keys(tables: KindTables, view: View) -> bool:
    return next(tables.keys.scan(view, None, None), None) is not None


def _has_values(table: RowTable[ValueRow], view: View, tag: bytes) -> bool:
    return next(table.scan(view, (tag, b""), (bytes((tag[0] + 1,)), b"")), None) is not None


def _entity(partition: PartitionId, *path: tuple[str, str | int]) -> Message:
    entity = Entity()
    place = entity.key.partition_id
    place.project_id, place.database_id, place.namespace_id = partition
    for kind, name in path:
        if isinstance(name, int):
            entity.key.path.add(kind=kind, id=name)
        else:
            entity.key.path.add(kind=kind, name=name)
    return entity


_DESCRIBERS: dict[str, Callable[[Partition, View, Iterable[Partition]], Iterator[Message]]] = {
    "__namespace__": _describe_namespaces,
    "__kind__": _describe_kinds,
    "__property__": _describe_properties,
}
