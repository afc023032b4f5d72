"""Automatic ids: scattered like the service's, each given out once, none that an entity has or that was reserved.

The n-th id is n times an odd number modulo 2^52: a permutation, so that no id comes twice, and no neighbours.
"""

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.values.keys import KeyPath, PartitionId, read_key
from consistency.emulator.values.messages import Message

_SCATTER = 0x9E3779B97F4A7
_RANGE = 1 << 52


class Ids:
    """The allocator of one emulator."""

    def __init__(self) -> None:
        self._count = 0
        self._reserved: set[tuple[PartitionId, bytes]] = set()

    def reserve(self, path: KeyPath) -> None:
        """Never allocate this key."""
        self._reserved.add((path.partition, path.path))

    def complete(self, key: Message, partition: Partition, project: str, database: str) -> KeyPath:
        """Give the last element of an incomplete key an id that no entity of the partition has and nobody reserved."""
        while True:
            self._count += 1
            key.path[-1].id = self._count * _SCATTER % _RANGE
            complete = read_key(key, project, database)
            if complete.path not in partition.entities and (complete.partition, complete.path) not in self._reserved:
                return complete
