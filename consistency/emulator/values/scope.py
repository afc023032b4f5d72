"""Which part of an emulator is meant: everything, or one project, database or namespace, or a combination of them."""

from typing import NamedTuple

from consistency.emulator.values.keys import PartitionId


class Scope(NamedTuple):
    """None means any; the empty string is the default database or namespace."""

    project: str | None = None
    database: str | None = None
    namespace: str | None = None

    def contains(self, partition: PartitionId) -> bool:
        """Whether the partition is meant."""
        return all(wanted is None or wanted == own for wanted, own in zip(self, partition, strict=True))


EVERYTHING = Scope()
