"""The live table: what it makes of changes that are not writes, and of sightings by absence."""

from pathlib import Path

from consistency import flow
from consistency.cli.live import _Progress
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome
from consistency.plan import Plan

ONE = Item("a", "a")


def call(op: int, action: Action, revision: int, seen: int = 0) -> list[Event]:
    """One call that was answered."""
    return [Invocation(op, "p", action, ONE, 0, 0, revision), Completion(op, "p", 1, Outcome.OK, seen)]


class TestLive:
    def test_a_deleted_entity_is_done_when_it_is_gone(self, tmp_path: Path) -> None:
        """Writes and deletes count as written; a ghost is a miss."""
        plan = Plan.model_validate({"workload": "delete", "entities": 1, "probes": {"key_get": {}}})
        progress = _Progress(flow.prepare(plan, "x", tmp_path, "run"))
        for event in [*call(0, Action.WRITE, 1), *call(1, Action.DELETE, 2), *call(2, Action.KEY_GET, 1, seen=1)]:
            progress.observe(event)
        assert progress.line() == "2 written; key get 0/1"
        for event in call(3, Action.KEY_GET, 1):
            progress.observe(event)
        assert progress.line() == "2 written; key get 1/1"

    def test_a_process_tells_its_own_part_alone(self, tmp_path: Path) -> None:
        """A writer knows nothing of what readers elsewhere see, nor they how much it wrote."""
        order = flow.prepare(Plan.model_validate({"entities": 1, "probes": {"global_query": {}}}), "x", tmp_path, "run")
        writer, reader = _Progress(order), _Progress(order)
        assert writer.line() == "nothing answered yet"
        for event in call(0, Action.WRITE, 1):
            writer.observe(event)
        for event in call(0, Action.GLOBAL_QUERY, 1, seen=1):
            reader.observe(event)
        assert (writer.line(), reader.line()) == ("1 written", "global query 1/1")
        assert (writer.draw().row_count, reader.draw().row_count) == (0, 1)
