"""A quorum of N replicas: a write waits for W acknowledgements, a read for R replies (messages: `consistency.wars`).

    commit     W_i reaches replica i     w = the W-th acknowledgement: the reply goes out
    |----------|-------------------------|
                          read     R_i reaches replica i: it answers with what it has by then
                          |--------|

The read answers with the newest of its first R replies, so it is fresh where one of those replicas had the write when
the read reached it. A group's log keeps its order at every replica. A strong read asks the log itself, without delay.

A read is evaluated when it comes, though replica i answers as it will be at R_i: what is acknowledged before the read
begins is seen exactly as in the published model; commits that are made while it is under way are not in it yet.
"""

from collections.abc import Sequence
from random import Random

from consistency.emulator.models.policy import Choice, Entry, Hooks, Log, Metadata, before
from consistency.emulator.settings import Settings
from consistency.wars import parse_latencies


class Quorum:
    """An entry's plan is when each replica has it; a choice is (replica, R) of the replies that count."""

    legacy = True
    rolls_forward = False

    def __init__(self, settings: Settings) -> None:
        self._replicas = settings.replicas
        self._read_quorum, self._write_quorum = settings.read_quorum, settings.write_quorum
        self._latencies = parse_latencies(settings.latencies)
        self._random = Random(settings.seed)
        self._delay_ns = 0
        self.hooks = Hooks(take_delay_ns=self._take_delay_ns)

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Draw the way to each replica and back; the commit of several groups waits for the slowest of them."""
        ways = self._latencies.draw_write_ns(self._replicas, self._random)
        arrivals = [now_ns + write_ns for write_ns, _ in ways]
        entry.plan = tuple(map(max, arrivals, log[-2].plan) if len(log) > 1 else arrivals)
        acknowledged = sorted(write_ns + back_ns for write_ns, back_ns in ways)
        self._delay_ns = max(self._delay_ns, acknowledged[self._write_quorum - 1])
        return ()

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Let every replica have it now."""
        for entry in log:
            entry.plan = tuple(min(arrival, now_ns) for arrival in entry.plan)
        return log

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """The first replies."""
        del metadata, now_ns
        ways = self._latencies.draw_read_ns(self._replicas, self._random)
        replies = sorted((there_ns + back_ns, replica, there_ns) for replica, (there_ns, back_ns) in enumerate(ways))
        self._delay_ns = replies[self._read_quorum - 1][0]
        return [(replica, there_ns) for _, replica, there_ns in replies[: self._read_quorum]]

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """The newest entry that one of the replies has."""
        for entry in reversed(log):
            if any(entry.plan[replica] <= now_ns + there_ns for replica, there_ns in choice):
                return entry.version, entry.version
        return before(log), before(log)

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """There are none: each read's own messages decide."""
        del entry
        return ()

    def settles_ns(self, entry: Entry) -> int:
        """When the last replica has it."""
        return max(entry.plan)

    def _take_delay_ns(self) -> int:
        delay_ns, self._delay_ns = self._delay_ns, 0
        return delay_ns
