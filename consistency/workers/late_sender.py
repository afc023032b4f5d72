"""A sender whose announcements may come late: the queue's faults.

Announcements come in and go to the sender behind, at once or, while a fault is active, after a drawn delay; so they
may overtake each other. None comes later than the fault's end, and closing waits for all of them:

    sent        a   b   c         the fault ends
    delivered         b     a     c|
"""

import asyncio
from random import Random

from consistency.channel import Sender
from consistency.clock import Clock
from consistency.delays import Delay, parse_delay
from consistency.operation import Announcement
from consistency.schedule import Change


class LateSender:
    """Wraps `sender`; `turn` begins and ends its delays."""

    def __init__(self, sender: Sender, clock: Clock, seed: int) -> None:
        self._sender = sender
        self._clock = clock
        self._random = Random(f"{seed}/queue")
        self._delays: dict[str, tuple[Delay, int]] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    async def turn(self, change: Change) -> None:
        """Begin or end a delay."""
        planned = change.planned
        if change.active:
            self._delays[planned.name] = parse_delay(str(planned.fault.delay)), planned.ends_ns
        else:
            del self._delays[planned.name]

    async def send(self, announcement: Announcement) -> None:
        """Announce, now or later."""
        now_ns = self._clock.now_ns()
        due_ns = [min(now_ns + delay.draw_ns(self._random), end_ns) for delay, end_ns in self._delays.values()]
        if not due_ns:
            await self._sender.send(announcement)
            return
        task = asyncio.create_task(self._send_at(announcement, max(due_ns)))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def close(self) -> None:
        """Say that nothing more will come, when all has come."""
        await asyncio.gather(*self._waiting)
        await self._sender.close()

    async def _send_at(self, announcement: Announcement, due_ns: int) -> None:
        await self._clock.sleep_until_ns(due_ns)
        await self._sender.send(announcement)
