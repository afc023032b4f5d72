"""Records what one process does: appends its events to its own history file.

Workers call in; JSON lines go out, one `write` for each event, so that killing the process at any instant loses
nothing that it had recorded. Buffering would be three times cheaper and would lose the last events of just those runs
in which they matter most. On virtual time it does no harm: a killed run is repeated to the byte.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from consistency.errors import DiskError
from consistency.event_file import read_batches
from consistency.line_file import LAST_LINE_BYTES, LineFile
from consistency.operation import (
    Action,
    Began,
    Completion,
    Ended,
    Event,
    FaultChange,
    Invocation,
    Item,
    Micro,
    Outcome,
    Sounding,
)

Observer = Callable[[Event], None]


class Recorder:
    """Appends the events of `process` to `path`; `first_op` is the first free operation number of that process."""

    def __init__(
        self, path: Path, process: str, first_op: int = 0, observe: Observer | None = None, *, buffered: bool = False
    ) -> None:
        self.process = process
        self._path = path
        self._next_op = first_op
        self._observe = observe
        self._encode = msgspec.json.Encoder().encode
        try:
            self._file = LineFile(path, buffered=buffered)
        except OSError as error:
            raise DiskError.at(path, error) from error

    def begin(self, at_ns: int, region: str, *, unannounced: bool = False) -> None:
        """Record where this process runs, and whether it looks for writes that nobody announces."""
        self._append(Began(self.process, at_ns, region, unannounced))

    def sound(self, asked_ns: int, at_ns: int, server_ns: int) -> None:
        """Record what time it was by the service's clock, between two instants of ours."""
        self._append(Sounding(self.process, asked_ns, at_ns, server_ns))

    def invoke(
        self, action: Action, item: Item, due_ns: int, at_ns: int, revision: int = 0, micros: tuple[Micro, ...] = ()
    ) -> int:
        """Record that a call begins; return its operation number."""
        op = self._next_op
        self._next_op = op + 1
        self._append(Invocation(op, self.process, action, item, due_ns, at_ns, revision, micros))
        return op

    def complete(
        self,
        op: int,
        at_ns: int,
        outcome: Outcome,
        seen: int = 0,
        server_ns: int | None = None,
        code: str = "",
        micros: tuple[Micro, ...] = (),
        order: tuple[int, ...] = (),
    ) -> None:
        """Record that call `op` ended."""
        self._append(Completion(op, self.process, at_ns, outcome, seen, server_ns, code, micros, order))

    def change_fault(self, at_ns: int, fault: str, *, active: bool) -> None:
        """Record that a fault begins (`active`) or has ended."""
        self._append(FaultChange(self.process, at_ns, fault, active))

    def end(self, at_ns: int) -> None:
        """Record that this process has done all that it had to do."""
        self._append(Ended(self.process, at_ns))

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        except OSError as error:
            raise DiskError.at(self._path, error) from error

    def _append(self, event: Event) -> None:
        try:
            self._file.append(self._encode(event) + b"\n")
        except OSError as error:
            raise DiskError.at(self._path, error) from error
        if self._observe is not None:
            self._observe(event)


def find_next_op(path: Path) -> int:
    """The first free operation number of the process that recorded `path`; 0 where it recorded nothing."""
    if not path.exists():
        return 0
    readings = read_batches(path)
    return 1 + max(
        (event.op for each in readings for event in each.events if isinstance(event, Invocation)), default=-1
    )


def has_ended(path: Path) -> bool:
    """Whether the process that recorded `path` said that it was done."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LAST_LINE_BYTES))
        whole, _, _ = file.read().rpartition(b"\n")
    return whole.rpartition(b"\n")[2].startswith(b'{"event":"end"')
