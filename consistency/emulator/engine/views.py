"""What one read sees: up to which position of each group's log, for entity bodies and for index rows.

A read opens one view and asks it for every group that it meets whose log is not settled; all else is the same for
everybody. The head, a snapshot and a model's eventual read differ in nothing but their answers.
"""

from typing import Protocol

from consistency.emulator.models.policy import HEAD, Choice, Log, Model


class View(Protocol):
    """The positions that one read sees."""

    def bodies_at(self, log: Log) -> int:
        """Up to which position entity bodies are seen."""

    def rows_at(self, log: Log) -> int:
        """Up to which position index rows are seen."""


class Snapshot:
    """Everything up to one position and nothing behind it, in every group."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def bodies_at(self, log: Log) -> int:
        """The snapshot's position."""
        del log
        return self.position

    rows_at = bodies_at


class Eventual:
    """What the consistency model lets this read see at this instant. A group is asked for once: coins fall once.

    `age_ns`: how long ago the one instant was whose state it sees; None where what it sees is not of one instant.
    """

    __slots__ = ("_choice", "_known", "_model", "_now_ns", "age_ns")

    def __init__(self, model: Model, choice: Choice, now_ns: int) -> None:
        self._model = model
        self._choice = choice
        self._now_ns = now_ns
        snapshot_ns = model.hooks.snapshot_ns
        self.age_ns = None if snapshot_ns is None else now_ns - snapshot_ns(now_ns, choice)
        self._known: dict[int, tuple[int, int]] = {}  # by the log's identity: no log ends within a read

    def bodies_at(self, log: Log) -> int:
        """The model's milestone A."""
        known = self._known.get(id(log))
        return (self._ask(log) if known is None else known)[0]

    def rows_at(self, log: Log) -> int:
        """The model's milestone B."""
        known = self._known.get(id(log))
        return (self._ask(log) if known is None else known)[1]

    def _ask(self, log: Log) -> tuple[int, int]:
        found = self._known[id(log)] = self._model.positions(log, self._choice, self._now_ns)
        return found


STRONG = Snapshot(HEAD)
