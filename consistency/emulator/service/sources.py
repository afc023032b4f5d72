"""Where a query's results come from: the partition that it asks, or one made up of that partition's metadata."""

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import STRONG, View
from consistency.emulator.query.metadata import describe_partition, is_metadata
from consistency.emulator.query.question import Question
from consistency.emulator.service.guards import guard_question
from consistency.emulator.service.reading import Reading
from consistency.emulator.service.state import State
from consistency.emulator.values.keys import PartitionId


def open_source(
    state: State, reading: Reading, name: PartitionId, question: Question, root: bytes | None
) -> tuple[Partition, View]:
    """The partition to walk, and how this read sees it. Metadata are what this read sees of them now."""
    partition = state.engine.find_partition(name)
    view = reading.view_query(partition, root, guard_question(question))
    if question.kind is None or not is_metadata(question.kind):
        return partition, view
    siblings = state.engine.list_partitions(name.project, name.database)
    return describe_partition(question.kind, partition, view, siblings), STRONG
