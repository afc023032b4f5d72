"""Several copies, each with its own milestones: what a read sees depends on where it goes.

    replica 0    |--A--B------------------->     a read that goes to 0 and then to 1 goes back in time:
    replica 1    |-----------A----B-------->     it saw the commit, and then it does not

A strong read sees the head of the log, and rolls its group forward at every replica that can be reached, unless
`roll_forward` is off. Routing says which replica an eventual read goes to: always the client's own (`sticky`: drawn at
its first read; `client`: its name's checksum, the same in every run), each in turn, or any.

A replica that is cut off from the log is asked as before, and answers as it was; one that is down is passed over. Both
catch up, with delays drawn anew, from the moment when they come back.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from zlib import crc32

from consistency.delays import Delay
from consistency.emulator.models.milestones import draw_plan, find_positions, pair_up, parse_delays
from consistency.emulator.models.policy import NEVER_NS, Choice, Entry, Hooks, Log, Metadata, name_client
from consistency.emulator.settings import Settings
from consistency.emulator.status import Code, ServiceError


class Replicas:
    """An entry's plan is (A, B) of each replica; a choice is a replica."""

    legacy = True
    by_chance = False

    def __init__(self, settings: Settings) -> None:
        self.count = settings.replicas
        self.rolls_forward = settings.roll_forward
        delays_a, delays_b = (parse_delays(text, self.count) for text in (settings.apply_a, settings.apply_b))
        self._delays = list(zip(delays_a, delays_b, strict=True))
        self._random = Random(settings.seed)
        self._routing = Random(f"{settings.seed}/routing")  # of its own: routing does not change what is planned
        self._route = ROUTINGS[settings.routing]
        self._homes: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._routes: list[tuple[str, int]] = []
        self._turn = -1
        self._cut: set[int] = set()
        self._down: set[int] = set()
        self._slow: dict[int, Delay] = {}
        self._delay_ns = 0
        own = settings.routing in {"sticky", "client"}
        self.hooks = Hooks(take_routes=self._take_routes if own else None, by_entity=settings.unit == "entity")

    def append(self, log: Log, entry: Entry, now_ns: int) -> Sequence[Entry]:
        """Draw a and b of each replica for the new last entry; what came before it is applied."""
        moved = self.apply(log[:-1], now_ns) if self.rolls_forward else ()
        earlier = log[-2].plan if len(log) > 1 else (now_ns,) * (2 * self.count)
        plan = list(draw_plan(self._delays, earlier, now_ns, self._random))
        for replica in self._cut | self._down:
            plan[2 * replica] = plan[2 * replica + 1] = NEVER_NS
        entry.plan = tuple(plan)
        return moved

    def apply(self, log: Log, now_ns: int) -> Sequence[Entry]:
        """Apply every entry now, at each replica that can be reached, that would have been applied later."""
        unreachable = self._cut | self._down
        moved: list[Entry] = []
        for entry in reversed(log):
            plan = tuple(
                instant if place // 2 in unreachable else min(instant, now_ns)
                for place, instant in enumerate(entry.plan)
            )
            if plan == entry.plan:  # and so it is with every earlier one
                break
            entry.plan = plan
            moved.append(entry)
        return moved[::-1]

    def choose(self, metadata: Metadata, now_ns: int) -> Choice:
        """A replica that is up; UNAVAILABLE where none is."""
        del now_ns
        if len(self._down) == self.count:
            raise ServiceError(Code.UNAVAILABLE, "no replica is up.")
        client = name_client(metadata)
        replica = self._route(self, client)
        while replica in self._down:
            replica = (replica + 1) % self.count
        if self._slow:
            self._delay_ns = self._slow[replica].draw_ns(self._routing) if replica in self._slow else 0
        if self.hooks.take_routes is not None and self._told.get(client) != replica:
            self._told[client] = replica
            self._routes.append((client, replica))
        return replica

    def positions(self, log: Log, choice: Choice, now_ns: int) -> tuple[int, int]:
        """Milestones A and B of the replica."""
        return find_positions(log, 2 * choice, now_ns)

    def instants(self, entry: Entry) -> Sequence[tuple[int, int]]:
        """Those of each replica."""
        return pair_up(entry.plan)

    def settles_ns(self, entry: Entry) -> int:
        """When the last replica has its rows."""
        return max(entry.plan[1::2])

    def partition(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """Cut a replica off: what it has not got by now it does not get; what it has it still brings into its rows."""
        self._cut.add(replica)
        return self._withhold(logs, lambda entry: entry.plan[2 * replica] > now_ns, 2 * replica)

    def heal(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """End the partition: from now on the replica catches up."""
        self._cut.discard(replica)
        return self._replan(replica, logs, now_ns)

    def crash(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """Take a replica down: it keeps what it had applied, and nobody is sent to it."""
        self._down.add(replica)
        moved = self._withhold(logs, lambda entry: entry.plan[2 * replica] > now_ns, 2 * replica)
        rows = self._withhold(logs, lambda entry: entry.plan[2 * replica + 1] > now_ns, 2 * replica + 1)
        return list({id(entry): entry for entry in (*moved, *rows)}.values())

    def restart(self, replica: int, logs: Sequence[Log], now_ns: int) -> Sequence[Entry]:
        """Bring it up again: it is asked at once, and catches up from now on."""
        self._down.discard(replica)
        return self._replan(replica, logs, now_ns)

    def slow(self, replica: int, delay: Delay | None) -> None:
        """Let what this replica serves take so much longer from now on, or, with None, no longer."""
        if delay is None:
            self._slow.pop(replica, None)
        else:
            self._slow[replica] = delay
        self.hooks = replace(self.hooks, take_delay_ns=self._take_delay_ns if self._slow else None)

    def _take_delay_ns(self) -> int:
        delay_ns, self._delay_ns = self._delay_ns, 0
        return delay_ns

    def _withhold(self, logs: Sequence[Log], missing: Callable[[Entry], bool], place: int) -> list[Entry]:
        """Forget what was planned at `place` and, within its replica, behind it."""
        moved = [entry for log in logs for entry in log if missing(entry)]
        for entry in moved:
            end = place + 2 - place % 2
            entry.plan = (*entry.plan[:place], *[NEVER_NS] * (end - place), *entry.plan[end:])
        return moved

    def _replan(self, replica: int, logs: Sequence[Log], now_ns: int) -> list[Entry]:
        if replica in self._cut or replica in self._down:
            return []
        moved: list[Entry] = []
        for log in logs:
            earlier = (now_ns, now_ns)
            for entry in log:
                planned_a_ns, planned_b_ns = entry.plan[2 * replica : 2 * replica + 2]
                if planned_b_ns == NEVER_NS:
                    drawn = draw_plan((self._delays[replica],), earlier, now_ns, self._random)
                    earlier = (min(planned_a_ns, drawn[0]), drawn[1])
                    entry.plan = (*entry.plan[: 2 * replica], *earlier, *entry.plan[2 * replica + 2 :])
                    moved.append(entry)
                else:
                    earlier = (planned_a_ns, planned_b_ns)
        return moved

    def _take_routes(self) -> Sequence[tuple[str, int]]:
        routes, self._routes = self._routes, []
        return routes

    def _draw_home(self, client: str) -> int:
        if client not in self._homes:
            self._homes[client] = self._routing.randrange(self.count)
        return self._homes[client]

    def _take_turn(self, client: str) -> int:
        del client
        self._turn = (self._turn + 1) % self.count
        return self._turn


ROUTINGS: dict[str, Callable[[Replicas, str], int]] = {
    "sticky": Replicas._draw_home,  # noqa: SLF001 - its own
    "round_robin": Replicas._take_turn,  # noqa: SLF001
    "random": lambda replicas, _: replicas._routing.randrange(replicas.count),  # noqa: SLF001
    "client": lambda replicas, client: crc32(client.encode()) % replicas.count,
}
