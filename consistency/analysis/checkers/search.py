"""Search: whether calls have one order that respects time and in which each is possible, by trying (Wing and Gong 1993,
with Lowe's memory of what was tried).

Calls and a model (an initial state and what each call does to a state) come in; the outcome goes out. The calls are
walked through in time, and an order is extended only when a call ends that it lacks, so an order is known by its state
and by those calls that are still open and stand in it already. The number of these is limited, never the time, so that
no verdict depends on the machine.

A read is put into an order as soon as its answer is the state: it changes nothing, so to wait would win nothing.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from consistency.history import NEVER

VISITED_MAX: Final = 10**7
State = Hashable
Configuration = tuple[State, int]  # the state, and one bit for each open call that stands in the order


class Kind(StrEnum):
    """What a step asks of a register or does to it."""

    IS = "is"
    SET = "set"
    IS_NOT = "is_not"


Step = tuple[Kind, int]


@dataclass(frozen=True, slots=True)
class Call:
    """An operation between its ends (any unit; NEVER: it has no answer, and may not have happened). `steps` happen at
    once; `rows` are its operations in the history."""

    start: int
    finish: int
    steps: tuple[Step, ...]
    rows: tuple[int, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return all(kind is not Kind.SET for kind, _ in self.steps)


Apply = Callable[[State, Call], State | None]  # None: the call is not possible in this state


@dataclass(frozen=True, slots=True)
class Trial:
    """`found`: there is an order; None: the limit came first. `stuck`: the call at whose end no order was left."""

    found: bool | None
    visited: int
    stuck: Call | None = None


def apply_steps(state: State, call: Call) -> State | None:
    """A register: its state is its value."""
    for kind, value in call.steps:
        if kind is Kind.SET:
            state = value
        elif (state == value) is not (kind is Kind.IS):
            return None
    return state


def search_order(
    calls: Iterable[Call], initial: State, apply: Apply = apply_steps, visited_max: int = VISITED_MAX
) -> Trial:
    """Whether `calls` have an order. Calls that touch (one ends when the other starts) are concurrent."""
    return _Walk(initial, apply, visited_max).run(sorted(calls, key=lambda call: (call.start, call.finish)))


class _Walk:
    """The orders that are still possible at one instant, while the instants go by."""

    def __init__(self, initial: State, apply: Apply, visited_max: int) -> None:
        self._apply, self._visited_max = apply, visited_max
        self._configurations: set[Configuration] = {(initial, 0)}
        self._open: dict[int, Call] = {}  # by bit
        self._readers: dict[int, Call] = {}  # those of them that change nothing
        self._free: list[int] = []
        self._visited = 0

    def run(self, calls: Sequence[Call]) -> Trial:
        """Walk through the starts and ends of `calls`; at one instant starts come first."""
        starts = [(call.start, 0, number) for number, call in enumerate(calls)]
        ends = [(call.finish, 1, number) for number, call in enumerate(calls) if call.finish != NEVER]
        bits: dict[int, int] = {}
        for _, is_end, number in sorted(starts + ends):
            if not is_end:
                bits[number] = self._begin(calls[number])
                continue
            if not self._end(bits.pop(number)):
                return Trial(found=False, visited=self._visited, stuck=calls[number])
            if self._visited > self._visited_max:
                return Trial(found=None, visited=self._visited)
        return Trial(found=True, visited=self._visited)

    def _begin(self, call: Call) -> int:
        bit = self._free.pop() if self._free else 1 << len(self._open)
        self._open[bit] = call
        if call.reads:
            self._readers[bit] = call
            self._configurations = {self._absorb(configuration) for configuration in self._configurations}
        return bit

    def _end(self, bit: int) -> bool:
        """Keep the orders that have the ending call, or can be extended until they do; whether any is left."""
        lacking = [configuration for configuration in self._configurations if not configuration[1] & bit]
        kept = self._configurations.difference(lacking)
        tried = set(lacking)
        while lacking and self._visited <= self._visited_max:
            for extended in self._extend(lacking.pop()):
                if extended[1] & bit:
                    kept.add(extended)
                elif extended not in tried:
                    tried.add(extended)
                    lacking.append(extended)
        call = self._open.pop(bit)
        if call.reads:
            del self._readers[bit]
        self._free.append(bit)
        self._configurations = {(state, mask & ~bit) for state, mask in kept}
        return bool(self._configurations) or self._visited > self._visited_max

    def _extend(self, configuration: Configuration) -> Iterable[Configuration]:
        state, mask = configuration
        for bit, call in self._open.items():
            if mask & bit or bit in self._readers:
                continue
            after = self._apply(state, call)
            if after is not None:
                self._visited += 1
                yield self._absorb((after, mask | bit))

    def _absorb(self, configuration: Configuration) -> Configuration:
        """With all open reads that return the state."""
        state, mask = configuration
        for bit, call in self._readers.items():
            if not mask & bit and self._apply(state, call) is not None:
                mask |= bit
        return state, mask
