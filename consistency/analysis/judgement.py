"""What judging says: the values that the analysis hands to the pages and to the command line.

Durations are integer nanoseconds. An interval is (lower, upper]; an upper end of None is open: the entity was not seen,
or n is too small for that end. Nothing here computes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from consistency.claim import Claim
from consistency.operation import Action, Item

if TYPE_CHECKING:  # a finding has a Verdict
    from consistency.analysis.findings import Finding
    from consistency.analysis.incidents import Incidents


class Verdict(StrEnum):
    """What can be said of a claim."""

    HOLDS = "holds"
    BROKEN = "broken"
    CANNOT_TELL = "cannot tell"


class Ending(StrEnum):
    """How a search ended; of several readers' searches for one entity the last of these counts."""

    SEEN = "seen"
    STOPPED = "stopped"  # not seen, and ended before the deadline: the run was stopped, or the reader killed
    UNANSWERED = "unanswered"  # not seen, and the last attempts got no answer: nobody could look
    MISSED = "missed"  # looked for until the deadline, and still missing


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a series: when it was due, began and ended, and what it told: "hit", "miss" or an error's code."""

    due_ns: int
    invoked_ns: int
    completed_ns: int | None
    told: str


@dataclass(frozen=True, slots=True)
class Visibility:
    """When one acknowledged write became visible to one action, counted from its acknowledgement: to one reader, or
    to every reader that looked (`analysis.entities` says how these become one).

    ack      miss    miss         hit    hit    miss   hit
     |        [=]     [=]         [=]    [=]    [=]    [=]      first-visible lies in (b, c], stable-visible in (e, g]
     0         a       b           c      d      e      g       b, e: invocations of misses; c, g: completions of hits
    """

    item: Item
    index: int  # place in its stream
    action: Action
    process: str  # the reader, or all of them
    written_ns: int  # run clock: invocation of the write, and the entity's own timestamp
    acknowledged_ns: int  # run clock
    probe_delay_ns: int  # from the acknowledgement to the first attempt
    lower_ns: int
    upper_ns: int | None  # None: right-censored at lower_ns
    stable_lower_ns: int
    stable_upper_ns: int | None
    retries: int  # attempts that told "miss" before the first hit
    flickers: int  # changes from hit to miss between attempts that do not overlap
    errors: int
    ending: Ending
    late: bool  # the first attempt came too late to say what an earlier one would have told
    attempts: Sequence[Attempt]


@dataclass(frozen=True, slots=True)
class QuantileEstimate:
    """A quantile of visibility latency. The estimate is itself an interval (the same rank of the lower and of the
    upper ends); `interval_*` is the two-sided 95 % one, `bound_*` are the one-sided 95 % bounds that claims use.
    An upper end of None is not bounded; `needs` is the smallest n with a finite one-sided upper bound."""

    quantile: Fraction
    n: int
    needs: int
    lower_ns: int
    upper_ns: int | None
    interval_lower_ns: int
    interval_upper_ns: int | None
    bound_lower_ns: int
    bound_upper_ns: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n` with its exact 95 % interval (Clopper-Pearson; one-sided where the count is 0 or n)."""

    count: int
    n: int
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class DurationSummary:
    """Quantiles of these durations themselves, by nearest rank: p50, p99, max; n of them."""

    n: int
    p50_ns: int
    p99_ns: int
    max_ns: int


@dataclass(frozen=True, slots=True)
class ActionSummary:
    """One probe of the run over all its entities (those whose write was acknowledged). Every count and every n is of
    entities, however many readers looked for each."""

    action: Action
    n: int
    never_seen: Share  # Ending.MISSED; its bounds allow for the entities that nobody looked for at the deadline
    unanswered: int
    stopped: int
    behind_deadline: int  # seen, but only looked for behind the deadline
    missed_first: Share  # of those whose first attempts were prompt and answered
    late: int  # their first attempt, or that of some reader, was not prompt
    prompt_ns: int  # a first attempt is prompt if it began so soon after the acknowledgement
    retried: int  # missed at least once before they were seen, or never seen after a miss
    retries: Counter[int]  # of the entities that were seen: retries -> entities
    flickered: int
    errors: Counter[str]  # status code -> attempts, those for writes that were not acknowledged among them
    quantiles: tuple[QuantileEstimate, ...]  # first-visible: p50, p90, p95, p99, p99.9, and those of claims
    stable_quantiles: tuple[QuantileEstimate, ...]
    hit_times: DurationSummary | None
    miss_times: DurationSummary | None
    visibilities: tuple[Visibility, ...]  # one for each entity
    searches: tuple[Visibility, ...]  # one for each entity and reader; the same where there is one reader
    readers: Mapping[str, "ActionSummary"]  # what each of several readers found by itself; else empty


@dataclass(frozen=True, slots=True)
class Pacing:
    """How well the writer kept its schedule. `late_slots`: writes that began a whole period or more after they were
    due; `missing_slots`: writes of the plan that were never begun. Drift: mean lateness of the last tenth minus that of
    the first tenth."""

    lateness: DurationSummary | None
    drift_ns: int
    late_slots: int
    missing_slots: int
    write_times: DurationSummary | None
    writes: Counter[str]  # outcome -> writes
    write_errors: Counter[str]
    response_times: DurationSummary | None = None  # of acknowledged writes, from when they were due


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """One claim judged: the verdict, why in one sentence, and how many more entities would decide (None: unknown).
    `left_out`: entities that it says nothing of, because nobody knows of them what the claim is about."""

    claim: Claim
    verdict: Verdict
    reason: str
    more_entities: int | None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Against the emulator's truth: how many intervals contain it, and by how much the others miss (ns)."""

    action: Action
    n: int
    contained: int
    mean_distance_ns: float  # of the truth from the nearer end of its interval; 0 inside
    bias_ns: float  # signed: positive where the interval lies later than the truth
    median_width_ns: int
    left_out: int = 0  # entities without a truth: no one instant from which every such read sees them


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """From when to when (run clock; None: to the end) a fault was active; `text` says what it was."""

    name: str
    text: str
    begins_ns: int
    ends_ns: int | None


@dataclass(frozen=True, slots=True)
class GapSpan:
    """From when to when (run clock) nothing ran, and how many writes were never begun because of that."""

    begins_ns: int
    ends_ns: int
    missed: int


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """How many calls with one status code failed among those begun from `begins_ns` on (run clock) for `width_ns`."""

    code: str
    begins_ns: int
    width_ns: int
    count: int


@dataclass(frozen=True, slots=True)
class RegionPair:
    """What readers of one region saw of writes of another: p50 and p99 of `n` searches."""

    action: Action
    reader: str
    writer: str
    n: int
    quantiles: tuple[QuantileEstimate, ...]


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A process's clock minus the service's lay within (ns), in the slice of the run that begins at `at_ns`."""

    process: str
    at_ns: int
    lower_ns: int
    upper_ns: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that is said of one run. `verdict` is the worst of the claims': broken over cannot tell over holds. Where
    there is a `doubt`, it is cannot tell, and so is every claim's. `shared` is a second arm, whose probes looked at the
    same entities: what looking does to the store; nothing else here is of that arm. A finding enters the verdict only
    through a claim about it."""

    actions: tuple[ActionSummary, ...]
    claims: tuple[ClaimVerdict, ...]
    verdict: Verdict
    pacing: Pacing
    complete: bool  # every process that began has ended by itself
    notes: tuple[str, ...]  # sentences that a reader must know: torn lines, unfinished processes, late readers
    findings: tuple["Finding", ...] = ()  # in the order of CHECKERS; none where there is a doubt
    incidents: "Incidents | None" = None  # the findings' anomalies, each counted once; None where there are none
    doubt: str = ""  # one sentence: why nothing of this run can be trusted, or be told at all
    shared: tuple[ActionSummary, ...] = ()
    faults: tuple[FaultSpan, ...] = ()
    errors: tuple[ErrorCount, ...] = ()  # of all calls, writes among them
    regions: Mapping[str, str] = field(default_factory=dict)  # process -> region, of those that said where they ran
    region_pairs: tuple[RegionPair, ...] = ()
    clocks: tuple[ClockReading, ...] = ()  # where clocks may be apart
    gaps: tuple[GapSpan, ...] = ()  # of a run that was killed and resumed
