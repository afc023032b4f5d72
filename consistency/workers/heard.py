"""What a follower of a queue file has heard, and what was cut off before it could: the writer's history has that too.

Announcements come in, and each goes out once. A completion is recorded before it is announced, so after a cut the
histories hold all that the file has lost; what the writer announces later comes a second time, and is dropped.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from consistency.event_file import read_batches
from consistency.operation import Announcement, Completion, Invocation, Item, Outcome
from consistency.plan import Plan
from consistency.schedule import name_item, plan_streams
from consistency.workload import LIFECYCLES


class Heard:
    """One flag for each entity of the plan: as small as it can be, however long the run."""

    def __init__(self, plan: Plan) -> None:
        self._flags = {stream.name: bytearray(plan.entities) for stream in plan_streams(plan)}

    def add(self, announcement: Announcement) -> bool:
        """Whether it is heard for the first time."""
        flags = self._flags[announcement.stream]
        known, flags[announcement.index] = flags[announcement.index], 1
        return not known


def recall_announcements(plan: Plan, seed: int, histories: Iterable[Path]) -> Iterator[Announcement]:
    """All that the writers of these histories have had to announce until now. Each entity's name is held meanwhile."""
    streams, revision = plan_streams(plan), len(LIFECYCLES[plan.workload])
    places = {
        name_item(seed, stream, index): (stream.name, index) for stream in streams for index in range(plan.entities)
    }
    for path in histories:
        for item, completion in _find_ends(path, revision):
            if completion.outcome is not Outcome.FAIL:
                yield Announcement(*places[item], item, revision, completion.at_ns, completion.outcome)


def _find_ends(path: Path, revision: int) -> Iterator[tuple[Item, Completion]]:
    """The completions of the last change of each life."""
    begun: dict[int, Item] = {}
    for event in (event for batch in read_batches(path) for event in batch.events):
        if isinstance(event, Invocation) and event.revision == revision:
            begun[event.op] = event.item
        elif isinstance(event, Completion) and event.op in begun:
            yield begun.pop(event.op), event
