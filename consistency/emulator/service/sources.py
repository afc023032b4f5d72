"""Where a query's results come from: the partition that it asks, or one made up of that partition's metadata.

Both query RPCs begin here: what the query needs is looked for in the catalogue, its read is opened, its source found.
"""

from collections.abc import Mapping
from typing import Protocol

from consistency.emulator.engine.partitions import Columns, Partition
from consistency.emulator.engine.views import STRONG, View
from consistency.emulator.indexes.needs import Need
from consistency.emulator.query.metadata import describe_partition, is_metadata
from consistency.emulator.query.question import Question
from consistency.emulator.service.reading import Options, Reading, open_reading
from consistency.emulator.service.state import State
from consistency.emulator.values.keys import PartitionId


class Asking(Protocol):
    """What a query that was understood asks of whom; `root` is its entity group where its ancestor tells one."""

    @property
    def options(self) -> Options:
        """How it reads."""

    @property
    def partition(self) -> PartitionId:
        """Of whom it asks."""

    @property
    def question(self) -> Question:
        """What it asks."""

    @property
    def root(self) -> bytes | None:
        """The entity group."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """The composite indexes that it needs."""

    @property
    def composites(self) -> tuple[Columns, ...]:
        """The composites that its walks open."""


def open_source(state: State, metadata: Mapping[str, str], asked: Asking) -> tuple[Reading, Partition, View]:
    """The read, the partition to walk, and how the read sees it; FAILED_PRECONDITION where an index is lacking.

    Metadata are what this read sees of them now.
    """
    if asked.needs:
        state.catalog.require(asked.needs)
    name, question = asked.partition, asked.question
    reading = open_reading(state, asked.options, metadata, of_groups=asked.root is not None)
    partition = state.engine.find_partition(name)
    view = reading.view_query(partition, asked.root, question)
    if question.kind is None or not is_metadata(question.kind):
        return reading, partition, view
    siblings = state.engine.list_partitions(name.project, name.database)
    return reading, describe_partition(question.kind, partition, view, siblings), STRONG
