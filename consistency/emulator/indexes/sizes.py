"""How much a composite index holds of one entity, without making its rows: those of two arrays soon are thousands."""

from math import prod
from typing import NamedTuple

from consistency.emulator.indexes.definitions import IndexDefinition
from consistency.emulator.indexes.entries import IndexEntries
from consistency.emulator.values.keys import KEY, ancestors_of


class Rows(NamedTuple):
    """How many rows, and their bytes in all: key and values of each."""

    number: int
    size_bytes: int


def measure_rows(definition: IndexDefinition, entries: IndexEntries, path: bytes) -> Rows:
    """The rows of an entity with these entries: one for each combination of values, and for each ancestor."""
    columns: dict[str, list[int]] = {name: [len(path)] if name == KEY else [] for name, _ in definition.properties}
    for name, value in entries:
        if name in columns:
            columns[name].append(len(value))
    sizes = [*columns.values(), *([[*map(len, ancestors_of(path))]] if definition.ancestor else [])]
    number = prod(map(len, sizes))
    return Rows(number, sum(number * sum(each) // len(each) for each in sizes) + number * len(path) if number else 0)
