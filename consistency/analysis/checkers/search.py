"""Search: whether calls have one order that respects time and in which each is possible, by trying (Wing and Gong 1993,
with Lowe's memory of what was tried).

Calls and a model (an initial state and what each call does to a state) come in; the outcome goes out. The calls are
walked through in time, and an order is extended only when a call ends that it lacks, so an order is known by its state
and by those calls that are still open and stand in it already. The number of these is limited, never the time, so that
no verdict depends on the machine; each is one number, so that as many as the limit allows fit into memory.

Three things are never tried, because nothing could be won by them. A read is put into an order as soon as its answer is
the state. Of calls without an answer that do the same, the one that began first is taken first. And an order is given
up where another with the same state and the same answered calls has fewer of those without an answer: what those do,
the other can still do, or never.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from consistency.history import NEVER

VISITED_MAX: Final = 10**7
OPEN_MAX: Final = 1_000  # calls at once, above which each state is itself too large
State = Hashable
STATE_BITS: Final = 32
_STATE: Final = (1 << STATE_BITS) - 1
Configuration = (
    int  # the number of a state in the low bits; above them a bit for each open call that stands in the order
)
Move = tuple[int, int, Configuration]  # a call's bit, that of its twin before it, and the state after it with its reads


class Kind(StrEnum):
    """What a step asks of a register or does to it."""

    IS = "is"
    SET = "set"
    IS_NOT = "is_not"


Step = tuple[Kind, int]


@dataclass(frozen=True, slots=True)
class Call:
    """An operation between its ends (any unit; NEVER: it has no answer, and may not have happened). `steps` happen at
    once; `rows` are its operations in the history. An `optional` one may not have happened, though it has ended."""

    start: int
    finish: int
    steps: tuple[Step, ...]
    rows: tuple[int, ...] = ()
    optional: bool = False

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
        self._states: list[State] = [initial]
        self._numbers: dict[State, int] = {initial: 0}
        self._configurations: set[Configuration] = {0}
        self._open: dict[int, Call] = {}  # by bit
        self._endless = 0  # the bits of those without an answer
        self._alike: dict[tuple[Step, ...], int] = {}  # by what they do the bit of the last of these
        self._twins: dict[int, int] = {}  # for some of these the bit of the last one before that does the same
        self._free: list[int] = []
        self._moves: dict[int, list[Move]] = {}  # by state, while the same calls are open
        self._answers: dict[int, int] = {}  # by state the open reads that return it
        self._visited = 0

    def run(self, calls: Sequence[Call]) -> Trial:
        """Walk through the starts and ends of `calls`; at one instant starts come first."""
        starts = [(call.start, 0, number) for number, call in enumerate(calls)]
        ends = [(call.finish, 1, number) for number, call in enumerate(calls) if call.finish != NEVER]
        bits: dict[int, int] = {}
        for _, is_end, number in sorted(starts + ends):
            if not is_end:
                bits[number] = self._begin(calls[number])
                if len(self._open) > OPEN_MAX:
                    return Trial(found=None, visited=self._visited)
                continue
            if not self._end(bits.pop(number)):
                return Trial(found=False, visited=self._visited, stuck=calls[number])
            if self._visited > self._visited_max:
                return Trial(found=None, visited=self._visited)
        return Trial(found=True, visited=self._visited)

    def _begin(self, call: Call) -> int:
        bit = self._free.pop() if self._free else 1 << (STATE_BITS + len(self._open))
        if call.finish == NEVER:
            if call.steps in self._alike:
                self._twins[bit] = self._alike[call.steps]
            self._alike[call.steps] = bit
            self._endless |= bit
        self._open[bit] = call
        self._forget()
        if call.reads:
            self._configurations = {each | self._find_answers(each & _STATE) for each in self._configurations}
        return bit

    def _end(self, bit: int) -> bool:
        """Keep the orders that have the ending call, or can be extended until they do; whether any is left."""
        front = _Front(self._endless)
        lacking = [each for each in sorted(self._configurations, key=self._count_endless) if front.admit(each)]
        kept = {each for each in lacking if each & bit}
        queue = deque(each for each in lacking if not each & bit)
        while queue and self._visited <= self._visited_max:
            for extended in filter(front.admit, self._extend(queue.popleft())):
                if extended & bit:
                    kept.add(extended)
                else:
                    queue.append(extended)
        if self._open.pop(bit).optional:
            kept |= self._configurations
        self._free.append(bit)
        self._forget()
        self._configurations = {each & ~bit for each in kept}
        return bool(self._configurations) or self._visited > self._visited_max

    def _count_endless(self, configuration: Configuration) -> int:
        return (configuration & self._endless).bit_count()

    def _extend(self, configuration: Configuration) -> Iterable[Configuration]:
        """With one more call each, and with all open reads that return what it leaves."""
        for bit, needed, after in self._find_moves(configuration & _STATE):
            if configuration & bit or needed & ~configuration:
                continue
            self._visited += 1
            yield configuration & ~_STATE | bit | after

    def _find_moves(self, number: int) -> list[Move]:
        moves = self._moves.get(number)
        if moves is None:
            moves = self._moves[number] = [
                (bit, self._twins.get(bit, 0), self._number(after) | self._find_answers(self._number(after)))
                for bit, call in self._open.items()
                if not call.reads and (after := self._apply(self._states[number], call)) is not None
            ]
        return moves

    def _find_answers(self, number: int) -> int:
        answers = self._answers.get(number)
        if answers is None:
            state = self._states[number]
            fitting = (bit for bit, call in self._open.items() if call.reads and self._apply(state, call) is not None)
            answers = self._answers[number] = sum(fitting)
        return answers

    def _number(self, state: State) -> int:
        number = self._numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number

    def _forget(self) -> None:
        self._moves.clear()
        self._answers.clear()


class _Front:
    """Which orders are worth their while: for each state and each set of answered calls those of which no other has
    fewer of the calls without an answer (`endless`)."""

    def __init__(self, endless: int) -> None:
        self._endless = endless
        self._without: set[Configuration] = set()  # those that have none of these calls, which nothing can excel
        self._fewest: dict[Configuration, tuple[int, ...]] = {}

    def admit(self, configuration: Configuration) -> bool:
        """Whether it is worth its while; it is, for once."""
        unanswered = configuration & self._endless
        answered = configuration ^ unanswered
        if answered in self._without:
            return False
        if not unanswered:
            self._without.add(answered)
            self._fewest.pop(answered, None)
            return True
        known = self._fewest.get(answered, ())
        if any(each & unanswered == each for each in known):
            return False
        self._fewest[answered] = (*(each for each in known if unanswered & each != unanswered), unanswered)
        return True
