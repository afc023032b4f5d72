"""Every read at the newest commit: Firestore in Datastore mode without lag.

Nothing is planned and nothing drawn; even a read that asks for EVENTUAL sees the head of every log.
"""

from collections.abc import Mapping, Sequence

from consistency.emulator.models.policy import HEAD, Entry, Log
from consistency.emulator.settings import Settings


class Strong:
    """The policy without delay."""

    legacy = False

    def __init__(self, settings: Settings) -> None:
        del settings  # nothing to set

    def append(self, log: Log, entry: Entry, now_ns: int) -> None:
        """An entry is applied as it is committed."""

    def roll_forward(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """There is never anything to apply."""
        del log, now_ns
        return ()

    def choose(self, metadata: Mapping[str, str]) -> int:
        """There is nothing to choose."""
        del metadata
        return 0

    def positions(self, log: Log, choice: int, now_ns: int) -> tuple[int, int]:
        """Always the head."""
        del log, choice, now_ns
        return HEAD, HEAD

    def instants(self, entry: Entry) -> tuple[int, int]:
        """The commit itself."""
        return entry.committed_ns, entry.committed_ns

    def settles_ns(self, entry: Entry) -> int:
        """The commit itself."""
        return entry.committed_ns
