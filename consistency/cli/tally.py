"""Tally: what a run has come to so far, for those who look while it goes on: the live table and the metrics.

Events come in from the run's thread, questions from others. Its memory does not grow with the run: a search that must
be over is counted and forgotten, and quantiles are of the newest searches. Judging reads the histories and needs none
of this.
"""

import threading
from bisect import bisect_left
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from math import ceil, exp, lgamma, log, log1p

from consistency.clock import monotonic_ns
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.operation import MUTATIONS, Action, Completion, Event, Invocation, Item, Outcome
from consistency.plan import Plan
from consistency.workers.reader import is_hit

NEWEST = 1_000  # searches that quantiles are of
ERROR = 0.05  # at each end of a quantile's interval


@dataclass
class Search:
    """One entity that is looked for. Times count from the acknowledgement of its write, at `since_ns`."""

    since_ns: int
    begun_ns: int
    attempts: int = 0
    last_miss_ns: int = 0
    seen: bool = False


@dataclass
class Row:
    """One action so far. `open` are the searches that may go on, in the order in which they began."""

    in_flight: int = 0
    attempts: int = 0
    misses: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    searched: int = 0
    answered: int = 0
    seen: int = 0
    given_up: int = 0
    missed_first: int = 0
    tries: Counter[int] = field(default_factory=Counter)
    open: OrderedDict[Item, Search] = field(default_factory=OrderedDict)  # a dict's first key is slow to find again
    found: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=NEWEST))

    @property
    def median_tries(self) -> int:
        """Attempts until an entity was seen, at the median; 0 where none was."""
        before = accumulate(count for _, count in sorted(self.tries.items()))
        return next((tries for tries, n in zip(sorted(self.tries), before, strict=True) if 2 * n >= self.seen), 0)

    @property
    def waiting(self) -> int:
        """Entities that are looked for and were not seen yet."""
        return self.searched - self.seen - self.given_up

    def begin(self, call: Invocation) -> None:
        """An attempt begins."""
        self.in_flight += 1
        if call.action not in MUTATIONS and call.item not in self.open:
            self.open[call.item] = Search(call.due_ns, call.at_ns)
            self.searched += 1

    def end(self, call: Invocation, event: Completion, *, hit: bool) -> None:
        """It ends; what it told counts for its search, unless that was seen or forgotten."""
        self.in_flight -= 1
        self.attempts += 1
        if event.outcome is not Outcome.OK:
            self.errors[event.code or str(event.outcome)] += 1
            return
        if call.action in MUTATIONS:
            return
        self.misses += not hit
        search = self.open.get(call.item)
        if search is not None and not search.seen:
            search.attempts += 1
            self._learn(search, call, event, hit=hit)

    def _learn(self, search: Search, call: Invocation, event: Completion, *, hit: bool) -> None:
        self.answered += search.attempts == 1
        if hit:
            search.seen = True
            self.seen += 1
            self.tries[search.attempts] += 1
            self.found.append((search.last_miss_ns, event.at_ns - search.since_ns))
        else:
            search.last_miss_ns = call.at_ns - search.since_ns
            self.missed_first += search.attempts == 1

    def forget(self, before_ns: int) -> None:
        """Drop the searches that began before: none of them goes on."""
        while self.open:
            item, search = next(iter(self.open.items()))
            if search.begun_ns >= before_ns:
                return
            self.given_up += not search.seen
            del self.open[item]

    def bound_quantile(self, quantile: float) -> tuple[int, int | None] | None:
        """From where to where it lies (ns), with 95 % at each end; None where the entities are too few to say."""
        waiting = [(search.last_miss_ns, None) for search in self.open.values() if not search.seen]
        ends: list[tuple[int, int | None]] = [*self.found, *waiting][-NEWEST:]
        if len(ends) < count_needed(quantile):
            return None
        low, high = _find_ranks(len(ends), quantile)
        lower_ns = sorted(lower for lower, _ in ends)
        upper_ns = sorted(upper for _, upper in ends if upper is not None)
        return (lower_ns[low - 1] if low else 0), (upper_ns[high - 1] if high <= len(upper_ns) else None)


def count_needed(quantile: float) -> int:
    """The smallest number of entities that bounds the quantile from above: 1 - quantile^n reaches 95 %."""
    return ceil(log(ERROR) / log(quantile))


@lru_cache(maxsize=2 * NEWEST)
def _find_ranks(n: int, quantile: float) -> tuple[int, int]:
    """The ranks, from 1, that bound the quantile of n values; 0 and n + 1 are open. By the binomial distribution of
    the values below it, as in `analysis.quantiles`, whose packages take too long to load beside a run."""
    logs = [lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) for k in range(n + 1)]
    shares = [exp(each + k * log(quantile) + (n - k) * log1p(-quantile)) for k, each in enumerate(logs)]
    below = list(accumulate(shares[:-1]))  # all n of them lie below with the rest, whatever the sum was rounded to
    return bisect_left(below, ERROR), bisect_left(below, 1 - ERROR) + 1


class Tally:
    """A run so far. `observe` takes events; all else is read within `held`."""

    def __init__(self, plan: Plan) -> None:
        confirm_ns = max((parse_duration_ns(probe.confirm_for) for probe in plan.probes.values()), default=0)
        self._plan = plan
        self._series_ns = plan.deadline_ns + confirm_ns + 2 * parse_duration_ns(plan.call_timeout)
        self._period_ns = NS_PER_S / plan.rate_per_s
        self._calls: dict[tuple[str, int], Invocation] = {}
        self._heard = (0, 0)  # run clock and monotonic clock at the last event
        self.held = threading.Lock()
        self.rows: dict[Action, Row] = {}
        self.writes: Counter[Outcome] = Counter()
        self.begun = self.late = self.lateness_ns = self.worst_late_ns = 0

    def observe(self, event: Event) -> None:
        """Take one event in."""
        with self.held:
            self._heard = event.at_ns, monotonic_ns()
            if isinstance(event, Invocation):
                self._begin(event)
            elif isinstance(event, Completion):
                self._end(self._calls.pop((event.process, event.op)), event)

    def recall(self, events: Iterable[Event]) -> None:
        """Take in what an earlier life of this process recorded, so that all of it is counted. Calls that it left open
        are over; its searches are forgotten when their time is."""
        for event in events:
            self.observe(event)
        with self.held:
            self._calls.clear()
            for row in self.rows.values():
                row.in_flight = 0

    @property
    def now_ns(self) -> int:
        """The run clock; 0 before the first event."""
        at_ns, heard_ns = self._heard
        return at_ns + monotonic_ns() - heard_ns if heard_ns else 0

    def probes(self) -> Iterator[tuple[Action, Row]]:
        """Of the probes that this process makes: a writer alone does not know what readers elsewhere have seen."""
        for action in self._plan.probes:
            if action in self.rows:
                self.rows[action].forget(self.now_ns - self._series_ns)
                yield action, self.rows[action]

    def _begin(self, call: Invocation) -> None:
        self._calls[call.process, call.op] = call
        row = self.rows.setdefault(call.action, Row())
        row.forget(call.at_ns - self._series_ns)
        row.begin(call)
        if call.action in MUTATIONS:
            late_ns = call.at_ns - call.due_ns
            self.begun += 1
            self.late += late_ns >= self._period_ns
            self.lateness_ns += late_ns
            self.worst_late_ns = max(self.worst_late_ns, late_ns)

    def _end(self, call: Invocation, event: Completion) -> None:
        hit = False
        if call.action in MUTATIONS:
            self.writes[event.outcome] += 1
        else:
            hit = is_hit(self._plan.wants_absence(call.action), call.revision, event.seen)
        self.rows[call.action].end(call, event, hit=hit)
