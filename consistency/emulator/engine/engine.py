"""The engine: appends commits to logs, rolls groups forward, forgets what nobody can need any more.

Time comes in by two functions: `now_ns`, on which the model's instants lie, and `wall_ns`, from which versions are
made. A version is a commit time in microseconds, strictly increasing over all commits and all read versions given
out, so that a read version lies strictly between the commits that it sees and those that it does not.

Settling is what keeps memory and scans small: an entry whose commit every eventual read sees, which no pinned snapshot
precedes and no read at a time may still ask for, is forgotten. It happens a little at a time, in the calls that come
anyway. Where reads at a time are served, an hour is kept, and less when that would take too much memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import count, takewhile
from typing import Any

from consistency.emulator.engine.log import Group, LogEntry
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import Eventual
from consistency.emulator.models.policy import Entry, Log, Metadata, Model
from consistency.emulator.truth import RouteRecord, Told, make_record
from consistency.emulator.values.keys import PartitionId, decode_path, describe_path

KEPT_US = 3_600_000_000  # how far back reads at a time may go
KEPT_BYTES = 32 << 20  # what that may cost, as LogEntry weighs it
_SETTLED_AT_ONCE = 64  # log entries: bounds the time that a call which adds none may spend tidying


class Engine:
    """All state of one emulator below the protocol."""

    def __init__(
        self,
        model: Model,
        now_ns: Callable[[], int],
        wall_ns: Callable[[], int],
        on_truth: Callable[[Told], None] | None = None,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self.now_ns = now_ns
        self._wall_ns = wall_ns
        self._on_truth = on_truth
        self._numbers = count(1)
        self._kept_bytes = kept_bytes
        self._clock = 0
        self.keep: Callable[[list[Any], int], None] | None = None  # called with the writes of each commit, before it
        self.clear(model)

    def clear(self, model: Model) -> None:
        """Begin empty, with this model. Running numbers and versions go on: none is ever given out twice."""
        self.model = model
        self._partitions: dict[PartitionId, Partition] = {}
        self._pins: dict[bytes, int] = {}
        self._pinned: list[tuple[int, bytes]] = []  # heap of them all, and of some that have been given up
        self._weight = 0
        self.forgotten = 0  # reads see all commits up to here as one: the place to which history has gone
        self.newest = 0  # the last commit's version
        self._due: list[tuple[int, int]] = []  # heap: when an entry settles, its number
        self._unsettled: dict[int, LogEntry] = {}

    def drop(self, contains: Callable[[PartitionId], bool]) -> None:
        """Empty the partitions that are meant, as if they had never been written."""
        for name in [name for name in self._partitions if contains(name)]:
            for group in self._partitions.pop(name).groups.values():
                for entry in group.log:
                    del self._unsettled[entry.number]
                    self._weight -= entry.weight
                group.log.clear()  # a model may hold it

    def adopt(self, open_model: Callable[[], Model]) -> None:
        """Go on with another model, at its beginning. What the old one had not applied yet is applied now."""
        self.model, now_ns = open_model(), self.now_ns()
        for log in self._logs():
            for count_so_far, entry in enumerate(log, 1):
                self.model.append(log[:count_so_far], entry, now_ns)
            self.model.apply(log, now_ns)
            self._follow(log)
        self.model = open_model()  # planning anew has drawn from the first one's chance

    def alter(self, change: Callable[[Sequence[Log], int], Sequence[Entry]]) -> None:
        """Let something outside the log (a fault, a script) change what is planned: it gets all logs and the time."""
        self._follow(change(self._logs(), self.now_ns()))

    def open_eventual(self, metadata: Metadata) -> Eventual:
        """How an eventual read that begins now sees everything; UNAVAILABLE where the model has nobody to ask."""
        now_ns, hooks = self.now_ns(), self.model.hooks
        if hooks.before_read is not None:
            self._follow(hooks.before_read(now_ns))
        view = Eventual(self.model, self.model.choose(metadata, now_ns), now_ns)
        if hooks.take_routes is not None and self._on_truth is not None:
            for client, replica in hooks.take_routes():
                self._on_truth(RouteRecord(client, replica))
        return view

    def begin_commit(self) -> None:
        """Nothing was appended yet; ServiceError where the model cannot take a commit now."""
        hook = self.model.hooks.before_commit
        if hook is not None:
            hook()

    def end_commit(self, metadata: Metadata) -> None:
        """What was appended last is this client's."""
        hook = self.model.hooks.on_commit
        if hook is not None:
            hook(self.now_ns(), metadata)

    def end_read(self) -> None:
        """A read of any kind has its answer: what it sets off comes now."""
        hook = self.model.hooks.after_read
        if hook is not None:
            self._follow(hook(self.now_ns()))
        self.settle()

    def find_partition(self, name: PartitionId) -> Partition:
        """The partition of this name, or an empty one that is not kept."""
        return self._partitions.get(name) or Partition(name)

    def list_partitions(self, project: str, database: str) -> list[Partition]:
        """The partitions of one database: one for each namespace that was ever written to."""
        return [each for name, each in self._partitions.items() if name[:2] == (project, database)]

    def open_partition(self, name: PartitionId) -> Partition:
        """The partition of this name, made at its first write."""
        partition = self._partitions.get(name)
        if partition is None:
            partition = self._partitions[name] = Partition(name)
        return partition

    def partitions(self) -> Iterable[Partition]:
        """All partitions that were ever written."""
        return self._partitions.values()

    def resume(self, version: int) -> None:
        """Go on behind a version that an earlier process gave out; history begins there."""
        self._clock = max(self._clock, version)
        self._numbers = count(version + 1)  # behind all that it gave out: versions grow faster
        self.forgotten = version

    def read_version(self) -> int:
        """The present as a version: behind every commit so far, before every later one."""
        self._clock = max(self._clock, self._wall_ns() // 1000)
        return self._clock

    def past_version(self, age_ns: int) -> int:
        """So long ago, as a version: rounded down, so that every later commit lies behind it."""
        return (self._wall_ns() - age_ns) // 1000 - 1

    def next_version(self) -> int:
        """A new commit's version."""
        self._clock = max(self._clock + 1, self._wall_ns() // 1000)
        return self._clock

    def pin(self, name: bytes, version: int) -> None:
        """Keep history so that reads at `version`, not older than `forgotten`, stay possible until `unpin`.

        With the version 0 nothing at all settles until then.
        """
        self._pins[name] = version
        heappush(self._pinned, (version, name))

    def unpin(self, name: bytes) -> None:
        """Give up a pinned snapshot, if it has not been cleared away."""
        self._pins.pop(name, None)

    def find_groups(self, partition: Partition, root: bytes) -> list[Group]:
        """What is unsettled of one entity group: itself, or each entity where they are applied apart (a walk)."""
        if self.model.hooks.by_entity:
            return [group for group in partition.groups.values() if group.root == root]
        return [partition.groups[root]] if root in partition.groups else []

    def roll_forward(self, partition: Partition, root: bytes) -> None:
        """Apply a group's whole log now, as a strong read of it does where the model has it so."""
        if self.model.rolls_forward:
            for group in self.find_groups(partition, root):
                self._follow(self.model.apply(group.log, self.now_ns()))

    def append(self, partition: Partition, root: bytes, unit: bytes, version: int, now_ns: int) -> LogEntry:
        """A new last entry in the log of a group, or of one entity of it (`unit`), planned by the model."""
        group = partition.groups.get(unit)
        if group is None:
            group = Group(partition.name, root, unit, partition.entities, partition.groups)
            partition.groups[unit] = group
        entry = LogEntry(next(self._numbers), version, now_ns, group)
        group.head = self.newest = version
        group.log.append(entry)
        self._follow(self.model.append(group.log, entry, now_ns))
        self._unsettled[entry.number] = entry
        heappush(self._due, (self.model.settles_ns(entry), entry.number))
        return entry

    def finish(self, entry: LogEntry) -> None:
        """The entry is complete: weigh it, and tell its truth."""
        entry.weigh()
        self._weight += entry.weight
        if self._on_truth is not None:
            self.tell_truth(entry)

    def entries_after(self, version: int) -> Iterator[LogEntry]:
        """The commits behind `version`, which must be pinned or the newest, latest first."""
        return takewhile(lambda entry: entry.version > version, reversed(self._unsettled.values()))

    def tell_truth(self, entry: LogEntry) -> None:
        """Emit the entry's instants as they are planned now, if it changed anything."""
        if self._on_truth is not None and entry.versions:
            names = tuple(str(decode_path(path)[-1][1]) for path, _ in entry.versions)
            group = describe_path(entry.group.root)
            settled_ns = self.model.settles_ns(entry) if self.model.by_chance else None
            instants = self.model.instants(entry)
            self._on_truth(make_record(entry.number, group, names, entry.committed_ns, instants, settled_ns))

    def settle(self, added: int = 0) -> None:
        """Forget the history of entries that are due: a bounded number, but twice as many as the caller has added."""
        if not self._due or self._due[0][0] > (now_ns := self.now_ns()):
            return
        needed, kept_from = self._oldest_pinned(), self._clock - KEPT_US
        for _ in range(_SETTLED_AT_ONCE + 2 * added):
            if not self._due or self._due[0][0] > now_ns:
                return
            entry = self._unsettled.get(self._due[0][1])
            if entry is not None and self.model.settles_ns(entry) <= now_ns:  # a fault may have put it off
                if entry.version > needed or (entry.version > kept_from and self._keeps()):
                    return
                self._settle_up_to(entry)
            heappop(self._due)

    def _oldest_pinned(self) -> int:
        while self._pinned and self._pins.get(self._pinned[0][1]) != self._pinned[0][0]:
            heappop(self._pinned)
        return self._pinned[0][0] if self._pinned else self._clock

    def _keeps(self) -> bool:
        """Whether history that only reads at a time need is kept: a legacy store has none, and memory has a bound."""
        return not self.model.legacy and self._weight <= self._kept_bytes

    def _settle_up_to(self, entry: LogEntry) -> None:
        """Settle the entry and those before it in its group: a later one never settles before an earlier one."""
        log = entry.group.log
        while entry.number in self._unsettled:
            oldest = log[0]
            del self._unsettled[oldest.number]
            self._weight -= oldest.weight
            self.forgotten = max(self.forgotten, oldest.version)
            oldest.settle()

    def _logs(self) -> list[list[LogEntry]]:
        """Of every group that has one, in the order of the oldest entry."""
        return [*{id(entry.group): entry.group.log for entry in self._unsettled.values()}.values()]

    def _follow(self, moved: Sequence[Entry]) -> None:
        """The plan of these entries has changed."""
        for entry in moved:
            assert isinstance(entry, LogEntry)
            heappush(self._due, (self.model.settles_ns(entry), entry.number))
            self.tell_truth(entry)
