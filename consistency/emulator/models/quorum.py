"""A quorum of N replicas: a write waits for W acknowledgements, a read for R replies (messages: `consistency.wars`).

    commit     W_i reaches replica i     w = the W-th acknowledgement: the reply goes out
    |----------|-------------------------|
                          read     R_i reaches replica i: it answers with what it has by then
                          |--------|

The read answers with the newest of its first R replies, so it is fresh where one of those replicas had the write when
the read reached it. A group's log keeps its order at every replica. A strong read asks the log itself, without delay.

A read is evaluated when it comes, though replica i answers as it will be at R_i: what is acknowledged before the read
begins is seen exactly as in the published model; commits that are made while it is under way are not in it yet. A
replica that is cut off from writes answers as it was, one that is down not at all, and neither acknowledges: where too
few are left, commits or reads are UNAVAILABLE. What they missed is sent to them when they come back.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from consistency.delays import Delay
from consistency.emulator.models.policy import NEVER_NS, Choice, Entry, Hooks, Log, Metadata, before
from consistency.emulator.settings import Settings
from consistency.emulator.status import Code, ServiceError
from consistency.wars import Reply, open_chance, parse_latencies


class Quorum:
    """An entry's plan is when each replica has it; a choice is the replies to a read, or their block and number."""

    legacy = True
    by_chance = True
    rolls_forward = False

    def __init__(self, settings: Settings) -> None:
        self.count = settings.replicas
        self._read_quorum, self._write_quorum = settings.read_quorum, settings.write_quorum
        latencies = parse_latencies(settings.latencies)
        self._writes = latencies.draw_writes(self.count, open_chance(f"{settings.seed}/writes"))
        self._reads = latencies.draw_reads(self.count, self._read_quorum, open_chance(f"{settings.seed}/reads"))
        self._slowness = Random(f"{settings.seed}/slow")  # of its own: a slow replica does not change the other draws
        self._cut: set[int] = set()
        self._down: set[int] = set()
        self._slow: dict[int, Delay] = {}
        self._delay_ns = 0
        self.hooks = Hooks(take_delay_ns=self._take_delay_ns)

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Draw the way to each replica and back; the commit of several groups waits for the slowest of them."""
        ways = next(self._writes)
        unreachable = self._cut | self._down
        arrivals = [NEVER_NS if i in unreachable else now_ns + write_ns for i, (write_ns, _) in enumerate(ways)]
        entry.plan = tuple(map(max, arrivals, log[-2].plan) if len(log) > 1 else arrivals)
        acknowledged = sorted(
            write_ns + back_ns + self._draw_slowness_ns(i)
            for i, (write_ns, back_ns) in enumerate(ways)
            if i not in unreachable
        )
        self._delay_ns = max(self._delay_ns, acknowledged[self._write_quorum - 1])
        return ()

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Let every replica have it now."""
        for entry in log:
            entry.plan = tuple(min(arrival, now_ns) for arrival in entry.plan)
        return log

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """The replies that count; UNAVAILABLE where there are too few."""
        del metadata, now_ns
        self._delay_ns, number, block = next(self._reads)
        if not self._down and not self._slow:
            return block, number
        first = self._disturb(block.all[number])[: self._read_quorum]
        self._delay_ns = first[-1][2]
        return first, None

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """The newest entry that one of the replies has."""
        replies, number = choice
        if number is not None:
            replies = replies.first[number]
        for entry in reversed(log):
            plan = entry.plan
            for replica, there_ns, _ in replies:
                if plan[replica] <= now_ns + there_ns:
                    return entry.version, entry.version
        return before(log), before(log)

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """When each replica has it; which of them a read hears of is decided by the read's own messages."""
        return tuple((arrival, arrival) for arrival in entry.plan)

    def settles_ns(self, entry: Entry) -> int:
        """When the last replica has it."""
        return max(entry.plan)

    def partition(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """Cut a replica off from writes: what has not reached it by now is lost."""
        self._cut.add(replica)
        return self._lose(replica, logs, now_ns)

    def heal(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """End the partition: what the replica has not got is sent to it now."""
        self._cut.discard(replica)
        return self._send_again(replica, logs, now_ns)

    def crash(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """Take a replica down: it gets nothing, and answers nothing."""
        self._down.add(replica)
        return self._lose(replica, logs, now_ns)

    def restart(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """Bring it up again with what it had; the rest is sent to it now."""
        self._down.discard(replica)
        return self._send_again(replica, logs, now_ns)

    def slow(self, replica: int, delay: Delay | None) -> None:
        """Let this replica's answers take so much longer from now on, or, with None, no longer."""
        if delay is None:
            self._slow.pop(replica, None)
        else:
            self._slow[replica] = delay

    def _lose(self, replica: int, logs: Sequence[Log], now_ns: int) -> list[Entry]:
        self._watch_commits()
        moved = [entry for log in logs for entry in log if entry.plan[replica] > now_ns]
        for entry in moved:
            entry.plan = (*entry.plan[:replica], NEVER_NS, *entry.plan[replica + 1 :])
        return moved

    def _send_again(self, replica: int, logs: Sequence[Log], now_ns: int) -> list[Entry]:
        self._watch_commits()
        if replica in self._cut | self._down:
            return []
        moved: list[Entry] = []
        for log in logs:
            earlier_ns = now_ns
            for entry in log:
                if entry.plan[replica] == NEVER_NS:
                    write_ns, _ = next(self._writes)[replica]
                    earlier_ns = max(earlier_ns, now_ns + write_ns)
                    entry.plan = (*entry.plan[:replica], earlier_ns, *entry.plan[replica + 1 :])
                    moved.append(entry)
        return moved

    def _watch_commits(self) -> None:
        reachable = self.count - len(self._cut | self._down)
        too_few = reachable < self._write_quorum
        self.hooks = replace(self.hooks, before_commit=self._refuse_commit if too_few else None)

    def _refuse_commit(self) -> None:
        self._expect(self.count - len(self._cut | self._down), self._write_quorum, "a write")

    def _expect(self, left: int, needed: int, what: str) -> None:
        if left < needed:
            told = f"{what} waits for {needed} of {self.count} replicas, and {left} can be reached."
            raise ServiceError(Code.UNAVAILABLE, told)

    def _disturb(self, replies: Sequence[Reply]) -> list[Reply]:
        """Without those that are down, and in the order that the slow ones leave."""
        left = [(i, there, took + self._draw_slowness_ns(i)) for i, there, took in replies if i not in self._down]
        self._expect(len(left), self._read_quorum, "a read")
        return sorted(left, key=lambda reply: reply[2])

    def _draw_slowness_ns(self, replica: int) -> int:
        delay = self._slow.get(replica)
        return 0 if delay is None else delay.draw_ns(self._slowness)

    def _take_delay_ns(self) -> int:
        delay_ns, self._delay_ns = self._delay_ns, 0
        return delay_ns
