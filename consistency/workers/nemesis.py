"""The nemesis: begins and ends the plan's faults when they are due, and records it.

Changes come in, each is handed to the side that it happens on; a FaultChange for each goes out into a history of the
nemesis's own. What was active when the work is cut short is ended and recorded too.

    recorded   |begin                     end|      the recorded span holds all that the fault can have done
    active       |========================|
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from consistency.clock import Clock
from consistency.fault import Side
from consistency.recorder import Recorder
from consistency.schedule import Change

Turn = Callable[[Change], Awaitable[None]]


@dataclass
class Nemesis:
    """Carries `changes` out. Without a recorder (in a process that only reads) it says nothing."""

    changes: Sequence[Change]
    turns: Mapping[Side, Turn]
    clock: Clock
    recorder: Recorder | None
    _active: dict[str, Change] = field(default_factory=dict)

    async def work(self) -> None:
        """Each change at its time, until the last is done."""
        try:
            for change in self.changes:
                await self.clock.sleep_until_ns(change.at_ns)
                await self._carry_out(change)
        finally:
            for change in list(self._active.values()):
                await self._carry_out(change._replace(active=False))
            if self.recorder is not None:
                self.recorder.end(self.clock.now_ns())

    async def _carry_out(self, change: Change) -> None:
        name = change.planned.name
        if change.active:
            self._active[name] = change
            self._record(change)
            await self.turns[change.planned.fault.side](change)
        else:
            del self._active[name]
            await self.turns[change.planned.fault.side](change)
            self._record(change)

    def _record(self, change: Change) -> None:
        if self.recorder is not None:
            self.recorder.change_fault(self.clock.now_ns(), change.planned.name, active=change.active)
