"""Every read at the newest commit: Firestore in Datastore mode without lag.

Nothing is planned and nothing drawn; even a read that asks for EVENTUAL sees the head of every log.
"""

from collections.abc import Sequence

from consistency.emulator.models.policy import HEAD, NO_HOOKS, Choice, Entry, Log, Metadata
from consistency.emulator.settings import Settings


class Strong:
    """The policy without delay."""

    legacy = False
    rolls_forward = False
    hooks = NO_HOOKS

    def __init__(self, settings: Settings) -> None:
        del settings  # nothing to set

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """An entry is applied as it is committed."""
        del log, entry, now_ns
        return ()

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """There is never anything to apply."""
        del log, now_ns
        return ()

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """There is nothing to choose."""
        del metadata, now_ns

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """Always the head."""
        del log, choice, now_ns
        return HEAD, HEAD

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """The commit itself."""
        return ((entry.committed_ns, entry.committed_ns),)

    def settles_ns(self, entry: Entry) -> int:
        """The commit itself."""
        return entry.committed_ns
