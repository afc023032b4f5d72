"""Filling an empty engine with entities that have been kept: their index rows are made anew, all at once.

A table that is filled in one go costs one sort, where a million single additions would each search their place. The
garbage collector rests meanwhile: nothing becomes garbage, and it would look through all of it again and again.
"""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.log import Version
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.rows import ValueRow
from consistency.emulator.indexes.entries import stored_entries
from consistency.emulator.values.keys import PartitionId, decode_kind

_PARTITION = itemgetter(0)


class Loaded(NamedTuple):
    """One entity as it was kept."""

    partition: PartitionId
    path: bytes
    version: int
    created: int
    body: bytes


class _Rows:
    """The rows of one kind, unsorted."""

    __slots__ = ("keys", "properties")

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.properties: defaultdict[str, list[ValueRow]] = defaultdict(list)


def load_entities(engine: Engine, entities: Iterable[Loaded]) -> None:
    """Put the entities and their rows into the engine, which must be empty."""
    loaded: defaultdict[PartitionId, defaultdict[str, _Rows]] = defaultdict(lambda: defaultdict(_Rows))
    with _without_collector():
        for name, found in groupby(entities, _PARTITION):
            _load_partition(engine.open_partition(name), loaded[name], found)
        for name, kinds in loaded.items():
            for kind, rows in kinds.items():
                tables = engine.open_partition(name).open_kind(kind)
                tables.keys.fill(rows.keys)
                for property_name, values in rows.properties.items():
                    tables.open_property(property_name).fill(values)


def _load_partition(partition: Partition, kinds: defaultdict[str, _Rows], entities: Iterable[Loaded]) -> None:
    for _, path, version, created, body in entities:
        partition.entities[path] = Version(version, created, body, None)
        rows = kinds[decode_kind(path)]
        rows.keys.append(path)
        for property_name, value in stored_entries(body):
            rows.properties[property_name].append((value, path))


@contextmanager
def _without_collector() -> Iterator[None]:
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
