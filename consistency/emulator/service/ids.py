"""Automatic ids: each given out once, none that an entity has or that was reserved.

They are scattered like the service's: the n-th id is n times an odd number modulo 2^52, which is a permutation, so that
no id comes twice, and no neighbours. Where a test wants to know them beforehand they are sequential: 1, 2, 3.
"""

from collections.abc import Callable

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.values.keys import KeyPath, PartitionId, read_key
from consistency.emulator.values.messages import Message

_SCATTER = 0x9E3779B97F4A7
_RANGE = 1 << 52
_GRANTED_AT_ONCE = 1_000


class Ids:
    """The allocator of one emulator."""

    def __init__(
        self,
        given: int = 0,
        on_grant: Callable[[int], None] | None = None,
        on_reserve: Callable[[PartitionId, bytes], None] | None = None,
    ) -> None:
        """`given`: so many may have been given out before. The others are told what must outlive the process."""
        self._count = self._granted = given
        self._on_grant = on_grant
        self._on_reserve = on_reserve
        self.sequential = False
        self.reserved: set[tuple[PartitionId, bytes]] = set()

    def reserve(self, path: KeyPath) -> None:
        """Never allocate this key."""
        self.reserved.add((path.partition, path.path))
        if self._on_reserve is not None:
            self._on_reserve(path.partition, path.path)

    def complete(self, key: Message, partition: Partition, project: str, database: str) -> KeyPath:
        """Give the last element of an incomplete key an id that no entity of the partition has and nobody reserved."""
        while True:
            self._count += 1
            if self._on_grant is not None and self._count > self._granted:
                self._granted = self._count + _GRANTED_AT_ONCE
                self._on_grant(self._granted)
            key.path[-1].id = self._count if self.sequential else self._count * _SCATTER % _RANGE
            complete = read_key(key, project, database)
            if complete.path not in partition.entities and (complete.partition, complete.path) not in self.reserved:
                return complete
