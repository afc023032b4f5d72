"""What the requests of both query RPCs have in common: whom they ask, GQL, and what is explained.

GQL becomes the messages that it means before anything else looks at the request, and is echoed so in the reply.
"""

from enum import Enum

from consistency.emulator.gql.translation import Translated, translate
from consistency.emulator.status import invalid
from consistency.emulator.values.keys import PartitionId
from consistency.emulator.values.messages import Message
from consistency.emulator.values.validation import check_place


class Explained(Enum):
    """Whether a request wants its results, its plan, or both with statistics."""

    NOTHING = 0
    PLAN = 1
    EVERYTHING = 2


def read_partition(request: Message) -> PartitionId:
    """The partition that a request asks, which must be of the request's project and database."""
    check_place(request.project_id, request.database_id)
    partition = request.partition_id
    if partition.project_id not in {"", request.project_id} or partition.database_id not in {"", request.database_id}:
        raise invalid("The partition's project or database is not the request's.")
    return PartitionId(request.project_id, request.database_id, partition.namespace_id)


def read_explained(request: Message) -> Explained:
    """What a request's explain_options ask for."""
    if not request.HasField("explain_options"):
        return Explained.NOTHING
    return Explained.EVERYTHING if request.explain_options.analyze else Explained.PLAN


def translate_gql(request: Message) -> Translated:
    """What a request's GQL means."""
    return translate(request.gql_query, request.partition_id, request.project_id, request.database_id)
