"""Registers: what reads and writes of numbers tell of the order of versions. That is less than lists tell.

A ledger comes in, dependencies go out. «Nothing» comes before all that was written. Who read u and wrote v in one
transaction put v behind u: otherwise the two would each depend on the other, which is worse than all that follows here
from it. Each such ww stands beside a wr, so a G0 of registers could also be called a G1c. Real time may add more: u is
behind v if v had been written before the writing of u began.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from consistency.analysis.checkers.transactions.edges import Edge, Kind, pair_up
from consistency.analysis.checkers.transactions.gathering import Value
from consistency.analysis.checkers.transactions.ledger import Ledger
from consistency.history import NEVER

Written = tuple[int, int]  # a transaction's number, and the last value that it wrote


@dataclass(frozen=True)
class Versions:
    """Of one register: who read each value, who overwrote it having read it, and who wrote without telling over what
    (`blind`)."""

    readers: Mapping[Value, Sequence[int]]
    children: Mapping[Value, Sequence[Written]]
    blind: Sequence[Written]

    @property
    def chained(self) -> bool:
        """Whether its versions are one row."""
        return not self.blind and all(len(children) == 1 for children in self.children.values())


def order_registers(ledger: Ledger) -> Mapping[str, Versions]:
    """What is known of the versions of all registers."""
    readers: dict[str, dict[Value, list[int]]] = defaultdict(lambda: defaultdict(list))
    children: dict[str, dict[Value, list[Written]]] = defaultdict(lambda: defaultdict(list))
    blind: dict[str, list[Written]] = defaultdict(list)
    keys = set()
    for number in ledger.happened:
        reads = dict(ledger.reads_of(number))
        for key, value in reads.items():
            readers[key][value].append(number)
        for key, last in _last_writes(ledger, number):
            keys.add(key)
            value = reads.get(key)
            told = key in reads and (value is None or ledger.find_writer(key, value) is not None)
            (children[key][value] if told else blind[key]).append((number, last))
    return {
        key: Versions(readers[key], children[key], blind[key]) for key in sorted(keys | readers.keys() - ledger.lists)
    }


def _last_writes(ledger: Ledger, number: int) -> Iterator[tuple[str, int]]:
    """What a transaction left in registers, where that names it."""
    for key, values in ledger.transactions[number].writes.items():
        last = values[-1]
        if key not in ledger.lists and isinstance(last, int) and ledger.find_writer(key, last) == number:
            yield key, last


def link_registers(ledger: Ledger, versions: Mapping[str, Versions]) -> Iterator[Edge]:
    """The dependencies that registers show."""
    for key, known in versions.items():
        for value, readers in known.readers.items():
            writer = None if value is None else ledger.find_writer(key, value)
            after = [*known.children.get(value, ()), *(known.blind if value is None else ())]
            if writer is not None and ledger.transactions[writer].writes[key][-1] == value:
                yield from (Edge(writer, reader, Kind.WR, key, None, value) for reader in readers)
                yield from (Edge(writer, later, Kind.WW, key, value, written) for later, written in after)
            for reader, (later, written) in pair_up(readers, after):
                yield Edge(reader, later, Kind.RW, key, value, written)


def link_by_time(ledger: Ledger, versions: Mapping[str, Versions], bound_ns: int) -> Iterator[Edge]:
    """The dependencies that hold besides if versions follow real time, as strict serializability wants it."""
    for key, known in versions.items():
        written = [*known.blind, *(each for children in known.children.values() for each in children)]
        written.sort(key=lambda each: ledger.transactions[each[0]].start_ns)
        starts = [ledger.transactions[number].start_ns for number, _ in written]
        for number, value in written:
            finish_ns = ledger.transactions[number].finish_ns
            first = bisect_right(starts, finish_ns + bound_ns) if finish_ns != NEVER else len(starts)
            for later, after in _first_behind(ledger, written, first):
                yield Edge(number, later, Kind.WW, key, value, after)
                yield from (Edge(reader, later, Kind.RW, key, value, after) for reader in known.readers.get(value, ()))


def _first_behind(ledger: Ledger, written: Sequence[Written], first: int) -> Iterator[Written]:
    """Of the writes from `first` on those that no other of them precedes in time."""
    earliest_ns = NEVER
    for number, value in written[first:]:
        if ledger.transactions[number].start_ns > earliest_ns:
            return
        earliest_ns = min(earliest_ns, ledger.transactions[number].finish_ns)
        yield number, value
