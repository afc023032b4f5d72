"""Filling an empty engine with entities that have been kept: their index rows are made anew, all at once.

A table that is filled in one go costs one sort, where a million single additions would each search their place.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.log import Version
from consistency.emulator.engine.rows import ValueRow
from consistency.emulator.indexes.entries import stored_entries
from consistency.emulator.values.keys import PartitionId, decode_kind

Kind = tuple[PartitionId, str]


class Loaded(NamedTuple):
    """One entity as it was kept."""

    partition: PartitionId
    path: bytes
    version: int
    created: int
    body: bytes


def load_entities(engine: Engine, entities: Iterable[Loaded]) -> None:
    """Put the entities and their rows into the engine, which must be empty."""
    keys: defaultdict[Kind, list[bytes]] = defaultdict(list)
    rows: defaultdict[tuple[Kind, str], list[ValueRow]] = defaultdict(list)
    for name, path, version, created, body in entities:
        engine.open_partition(name).entities[path] = Version(version, created, body, None)
        kind = name, decode_kind(path)
        keys[kind].append(path)
        for property_name, value in stored_entries(body):
            rows[kind, property_name].append((value, path))
    for (name, kind_name), paths in keys.items():
        engine.open_partition(name).open_kind(kind_name).keys.fill(paths)
    for ((name, kind_name), property_name), found in rows.items():
        engine.open_partition(name).open_kind(kind_name).open_property(property_name).fill(found)
