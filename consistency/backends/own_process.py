"""The embedded emulator in a process of its own, on real time, and the faults within it.

A plan and a folder come in; a running emulator goes out, which can be steered over its control interface, killed, and
started again on the same port with its data.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from consistency.backends.child import Child
from consistency.backends.embedded import start_emulator
from consistency.backends.steering import apply_pending, name_injection, name_verb, post_verb
from consistency.clock import monotonic_ns
from consistency.emulator.settings import Settings
from consistency.fault import FaultKind, Side
from consistency.schedule import Change


class OwnProcess:
    """The emulator's present process; after a restart it is another one at the same address."""

    def __init__(self, settings: Settings, folder: Path, truth: Path) -> None:
        self._settings = settings
        self._folder, self._truth = folder, truth
        self._life = contextlib.ExitStack()
        self._injected: dict[str, object] = {}  # numbers of faults that are active in the present process
        self._restarting = False
        self.child: Child = self._begin("127.0.0.1:0")

    def explain_end(self) -> str | None:
        """How its process ended; None while it runs, and from a planned kill until the new one answers, however long
        that takes a busy machine."""
        return None if self._restarting else self.child.explain_end()

    async def steer(self, change: Change) -> None:
        """Begin or end a fault within it. What blocks is done in a thread: the workers must go on."""
        if change.planned.fault.side is Side.CALLS:
            await asyncio.to_thread(self._inject, change)
        elif change.planned.fault.kind is not FaultKind.RESTART:
            await asyncio.to_thread(post_verb, self.child.address, *name_verb(change))
        elif change.active:
            self._restarting = True
            self.child.process.kill()
            await asyncio.to_thread(self._life.close)
            self._injected.clear()
        else:
            self.child = await asyncio.to_thread(self._begin, self.child.address)
            self._restarting = False
            apply_pending(self._truth, monotonic_ns())

    def _inject(self, change: Change) -> None:
        name = change.planned.name
        if change.active:
            self._injected[name] = post_verb(self.child.address, "inject", name_injection(change))["fault"]
        elif name in self._injected:
            post_verb(self.child.address, "relieve", {"fault": self._injected.pop(name)})

    def close(self) -> None:
        """End it."""
        self._life.close()

    def _begin(self, address: str) -> Child:
        logs = (self._folder / f"emulator{'' if life == 1 else f'-{life}'}.log" for life in count(1))
        log = next(path for path in logs if not path.exists())
        return self._life.enter_context(start_emulator(self._settings, log, self._truth, address))


@contextlib.contextmanager
def run_emulator(settings: Settings, folder: Path, truth: Path) -> Iterator[OwnProcess]:
    """The emulator, running until the context ends."""
    own = OwnProcess(settings, folder, truth)
    try:
        yield own
    finally:
        own.close()
