"""Judgements made by hand: series of attempts in, the values that judging would hand on out.

The statistics here are the textbook's order-statistic ranks, so that pages show plausible figures without the analysis.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

from scipy.stats import beta, binom

from consistency.analysis.judgement import (
    ActionSummary,
    Attempt,
    Calibration,
    ClaimVerdict,
    DurationSummary,
    Ending,
    Judgement,
    Pacing,
    QuantileEstimate,
    Share,
    Verdict,
    Visibility,
)
from consistency.archive import Manifest
from consistency.claim import parse_claim
from consistency.operation import Action, Item
from consistency.plan import Plan
from consistency.report.material import Material

MS = 1_000_000
S = 1000 * MS
PROMPT_NS = 50 * MS
NEEDS = {"0.5": 5, "0.9": 29, "0.95": 59, "0.99": 299, "0.999": 2995}
START_NS = 2 * S
PHASES = {Action.GLOBAL_QUERY: Fraction(0), Action.KEY_GET: Fraction(1, 3), Action.ANCESTOR_QUERY: Fraction(2, 3)}


def make_series(
    action: Action,
    index: int,
    told: Sequence[tuple[float, str]],
    call_ms: float = 2.0,
    name: str = "",
    late_ms: float = 0.3,
) -> Visibility:
    """One entity of `action`: `told` lists (ms since the acknowledgement at which an attempt began, what it told)."""
    written_ns = START_NS + int((index + PHASES.get(action, Fraction(0))) * S) + int(late_ms * MS)
    acknowledged_ns = written_ns + 3 * MS
    attempts = tuple(
        Attempt(due, due, due + int(call_ms * MS), what)
        for at_ms, what in told
        for due in (acknowledged_ns + int(at_ms * MS),)
    )
    return _judge_series(action, index, name, written_ns, acknowledged_ns, attempts)


def _judge_series(
    action: Action, index: int, name: str, written_ns: int, acknowledged_ns: int, attempts: tuple[Attempt, ...]
) -> Visibility:
    hits = [place for place, attempt in enumerate(attempts) if attempt.told == "hit"]
    before = attempts[: hits[0]] if hits else attempts
    misses = [attempt for attempt in before if attempt.told == "miss"]
    lower_ns = misses[-1].invoked_ns - acknowledged_ns if misses else 0
    upper_ns = (attempts[hits[0]].completed_ns or 0) - acknowledged_ns if hits else None
    return Visibility(
        item=Item(name or f"entity-{index}", name or f"entity-{index}"),
        index=index,
        action=action,
        process="reader",
        written_ns=written_ns,
        acknowledged_ns=acknowledged_ns,
        probe_delay_ns=attempts[0].invoked_ns - acknowledged_ns if attempts else 0,
        lower_ns=lower_ns,
        upper_ns=upper_ns,
        stable_lower_ns=lower_ns,
        stable_upper_ns=upper_ns,
        retries=len(misses),
        flickers=0,
        errors=sum(1 for attempt in attempts if attempt.told not in ("hit", "miss")),
        ending=_ending(attempts),
        late=bool(attempts) and attempts[0].invoked_ns - acknowledged_ns > PROMPT_NS,
        attempts=attempts,
    )


def _ending(attempts: tuple[Attempt, ...]) -> Ending:
    told = [attempt.told for attempt in attempts]
    if "hit" in told:
        return Ending.SEEN
    return Ending.MISSED if told and told[-1] == "miss" else Ending.UNANSWERED


def make_lagged(action: Action, index: int, lag_ms: float, random: Random, poll_ms: float = 50) -> Visibility:
    """An entity that becomes visible after `lag_ms`, polled as a plan would, until 10 s; three attempts confirm."""
    at_ms, told = 0.4, []
    phase_ms = random.random() * poll_ms
    while at_ms < 10_000:
        hit = at_ms + 1 >= lag_ms
        told.append((at_ms, "hit" if hit else "miss"))
        if hit:
            break
        at_ms = phase_ms if at_ms == 0.4 else at_ms + poll_ms
    if told[-1][1] == "hit":
        told += [(told[-1][0] + 333 * place, "hit") for place in (1, 2, 3)]
    call_ms, late_ms = 1.5 + random.random(), random.expovariate(4)
    return make_series(action, index, told, call_ms=call_ms, late_ms=late_ms)


def summarise(action: Action, visibilities: Sequence[Visibility]) -> ActionSummary:
    """The summary of one probe's entities."""
    n = len(visibilities)
    errors = Counter(a.told for v in visibilities for a in v.attempts if a.told not in ("hit", "miss"))
    first = [v.attempts[0].told for v in visibilities if not v.late and v.attempts[0].told in ("hit", "miss")]
    endings = Counter(v.ending for v in visibilities)
    never, unknown = endings[Ending.MISSED], endings[Ending.UNANSWERED] + endings[Ending.STOPPED]
    quantiles = tuple(estimate(visibilities, Fraction(text)) for text in NEEDS) if n else ()
    return ActionSummary(
        action=action,
        n=n,
        never_seen=replace(share(never, n), upper=share(never + unknown, n).upper),
        unanswered=endings[Ending.UNANSWERED],
        stopped=endings[Ending.STOPPED],
        behind_deadline=0,
        missed_first=share(first.count("miss"), len(first)),
        late=sum(v.late for v in visibilities),
        prompt_ns=PROMPT_NS,
        retried=sum(v.retries > 0 for v in visibilities),
        retries=Counter(v.retries for v in visibilities if v.upper_ns is not None),
        flickered=0,
        errors=errors,
        quantiles=quantiles,
        stable_quantiles=quantiles,
        hit_times=_times(visibilities, "hit"),
        miss_times=_times(visibilities, "miss"),
        visibilities=tuple(visibilities),
        searches=tuple(visibilities),
        readers={},
    )


def estimate(visibilities: Sequence[Visibility], quantile: Fraction) -> QuantileEstimate:
    """Order statistics of the lower and of the upper ends."""
    n, q = len(visibilities), float(quantile)
    lower = sorted(v.lower_ns for v in visibilities)
    upper = sorted(v.upper_ns if v.upper_ns is not None else 10**18 for v in visibilities)

    def low(rank: float) -> int:
        return lower[min(int(rank), n) - 1] if rank >= 1 else 0

    def high(rank: float) -> int | None:
        return upper[int(rank) - 1] if rank <= n and upper[int(rank) - 1] < 10**18 else None

    rank = -(-n * quantile.numerator // quantile.denominator)
    return QuantileEstimate(
        quantile=quantile,
        n=n,
        needs=NEEDS[f"{q:g}"],
        lower_ns=low(rank),
        upper_ns=high(rank),
        interval_lower_ns=low(binom.ppf(0.025, n, q)),
        interval_upper_ns=high(binom.ppf(0.975, n, q) + 1),
        bound_lower_ns=low(binom.ppf(0.05, n, q)),
        bound_upper_ns=high(binom.ppf(0.95, n, q) + 1),
    )


def share(count: int, n: int) -> Share:
    """Clopper-Pearson, one-sided at the edges."""
    if n == 0:
        return Share(0, 0, 0.0, 1.0)
    tail = 0.05 if count in (0, n) else 0.025
    lower = 0.0 if count == 0 else float(beta.ppf(tail, count, n - count + 1))
    return Share(count, n, lower, 1.0 if count == n else float(beta.ppf(1 - tail, count + 1, n - count)))


def claim(
    action: Action, text: str, verdict: Verdict, reason: str = "as was found", more: int | None = None
) -> ClaimVerdict:
    """One judged claim."""
    return ClaimVerdict(parse_claim(action, text), verdict, reason, more)


def make_judgement(
    summaries: Sequence[ActionSummary],
    claims: Sequence[ClaimVerdict] = (),
    complete: bool = True,
    notes: tuple[str, ...] = (),
) -> Judgement:
    """A judgement whose verdict is the worst of its claims'."""
    found = {each.verdict for each in claims}
    worst = next((v for v in (Verdict.BROKEN, Verdict.CANNOT_TELL) if v in found), Verdict.HOLDS)
    n = sum(summary.n for summary in summaries)
    times = DurationSummary(n, 300_000, 1_900_000, 2_100_000) if n else None
    pacing = Pacing(times, 12_000, 0, 0, times, Counter({"ok": n}), Counter())
    return Judgement(tuple(summaries), tuple(claims), worst, pacing, complete, notes)


def make_plan(**changes: object) -> Plan:
    """The plan of first.toml."""
    plan: dict[str, object] = {
        "question": "How late are global queries on the built-in emulator?",
        "entities": 30,
        "deadline": "10s",
        "seed": 7,
        "target": {"lag": "lognormal:200ms,0.8"},
        "probes": {"global_query": {}, "key_get": {}, "ancestor_query": {}},
    }
    return Plan.model_validate(plan | changes)


def make_manifest(**changes: object) -> Manifest:
    """The manifest of a run of first.toml."""
    manifest: dict[str, object] = {
        "run": "first/2026-11-21T031204",
        "experiment": "first",
        "plan_hash": "0c1d2e3f",
        "seed": 7,
        "backend": "embedded",
        "target": "embedded emulator",
        "truth": "embedded emulator, planted lag lognormal:200ms,0.8, seed 7",
        "address": "127.0.0.1:40123",
        "channel": "memory",
        "client": "async",
        "virtual": False,
        "started_at": "2026-11-21T03:12:04Z",
        "origin_ns": 1_000_000_000,
        "origin_wall_ns": 1_795_230_724_000_000_000,
        "start_ns": START_NS,
        "boot_id": "boot",
        "clock_bound_ns": 0,
        "commit": "200524f",
        "versions": {"python": "3.11.2", "grpcio": "1.85.1"},
        "host": "Linux x86_64, 2 cores, cpython",
    }
    return Manifest(**(manifest | changes))  # type: ignore[arg-type]  # a mapping of checked literals


def make_material(judgement: Judgement, title: str = "How late are global queries?", **changes: object) -> Material:
    """A whole report's material; `changes` are the plan's."""
    return Material(make_plan(**changes), make_manifest(), judgement, (), title)


def make_calibration() -> tuple[Calibration, ...]:
    """A calibration in which one interval of 30 misses the truth."""
    return (Calibration(Action.GLOBAL_QUERY, 30, 29, 120_000.0, 80_000.0, 51 * MS),)


def make_summaries(entities: int, seed: int = 7, unseen: int = 0) -> list[ActionSummary]:
    """The founding result: global queries lag (lognormal 200 ms, 0.8), key gets and ancestor queries do not."""
    random = Random(seed)
    lags = [200 * random.lognormvariate(0, 0.8) for _ in range(entities)]
    lags[:unseen] = [1e9] * unseen
    late = [make_lagged(Action.GLOBAL_QUERY, index, lag, random) for index, lag in enumerate(lags)]
    prompt = {
        action: [make_lagged(action, index, 0, random) for index in range(entities)]
        for action in (Action.KEY_GET, Action.ANCESTOR_QUERY)
    }
    return [summarise(Action.GLOBAL_QUERY, late), *(summarise(action, each) for action, each in prompt.items())]


def _times(visibilities: Sequence[Visibility], told: str) -> DurationSummary | None:
    times = sorted((a.completed_ns or 0) - a.invoked_ns for v in visibilities for a in v.attempts if a.told == told)
    if not times:
        return None
    return DurationSummary(len(times), times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])
