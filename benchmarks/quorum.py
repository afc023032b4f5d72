"""quorum: the published table of t-visibility and latencies (PBS, Bailis et al. 2012) beside what the model draws.

The trials' t* (`trials`) and the latencies (`arrivals`) come in; a line for each latency model and (R, W) goes out,
with the verdict of the acceptance rule (measurement reference, 8.4): P(fresh at t) within 0.5 points, latencies within
2 % of the printed ones, t within 1 % of the true one.

A 99.9th percentile that was counted from a million operations, as the printed ones were, is itself off by up to 6 %
(three standard errors, a write to disks): what is printed of one and the same write differs by more than the rule. A
figure outside it is therefore called "noise" where the other's count explains it, and MISSED only beyond that.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.arrivals import Arrivals
from benchmarks.published import FRESH, PAIRS, PRINTED_MS, PRINTED_TRIALS, TRUE_MS, TRUE_TRIALS, Pair
from benchmarks.rounds import Size
from benchmarks.tables import Table
from benchmarks.trials import MS, Trials, draw_trials
from consistency.wars import FAR_NS, LATENCIES

POOL, ROUNDS = 200_000, 20
SHARE = 0.999
LATENCY_RULE, VISIBILITY_RULE, SHARE_RULE = 0.02, 0.01, 0.005
ERRORS = 3  # standard errors that a count is given
HEADINGS = ("R, W", "read ms", "printed", "write ms", "printed", "t ms", "true", "printed", "")
VERDICTS = ("met", "noise", "MISSED")


class Figures(NamedTuple):
    """What the delays of one latency model give: when replies are there, and the waits after which reads are fresh."""

    reads: Arrivals
    writes: Arrivals
    trials: Trials


def draw_figures(name: str, pool: int, rounds: int) -> Figures:
    """Those of the published latencies of this name; `rounds` times `pool` trials."""
    (write, other), far_ms = LATENCIES[name], FAR_NS.get(name, 0) / MS
    return Figures(Arrivals(other, other, far_ms), Arrivals(write, other, far_ms), draw_trials(name, pool, rounds))


def measure(size: Size) -> Table:
    """The table of four latency models and six quorums."""
    return tabulate(size.of(ROUNDS))


def tabulate(rounds: int) -> Table:
    """The same from so many rounds of trials; the last column of each line with figures is one of VERDICTS."""
    lines: list[tuple[str, ...]] = []
    for name in LATENCIES:
        figures = draw_figures(name, POOL, rounds)
        lines.append((name, *[""] * (len(HEADINGS) - 1)))
        lines += [compare(name, pair, figures) for pair in PAIRS]
        lines += [compare_share(t_ms, share, figures.trials) for (known, t_ms), share in FRESH.items() if known == name]
    counts = f"{PRINTED_TRIALS:,} operations (latencies) or {TRUE_TRIALS:,} (t)"
    notes = (
        f"Three replicas; 99.9th percentiles: t of {rounds * POOL:,} writes, each with three reads, latencies exactly.",
        "Goals: latencies within 2 % of the printed ones, t within 1 % of the true one, P(t) within 0.5 points;",
        f"~ noise: outside, but within {ERRORS} standard errors of what it is held to, a count of {counts}.",
    )
    return Table("quorum: t-visibility and latencies beside the published ones", HEADINGS, tuple(lines), notes)


def compare(name: str, pair: Pair, figures: Figures) -> tuple[str, ...]:
    """One line of the published table beside ours."""
    printed_read, printed_write, printed_t = PRINTED_MS[name][PAIRS.index(pair)]
    low, high = TRUE_MS.get((name, pair), (0.0, 0.0))
    read, read_verdict = judge_latency(figures.reads, pair[0], printed_read)
    write, write_verdict = judge_latency(figures.writes, pair[1], printed_write)
    fresh = figures.trials.fresh[pair]
    t_ms, t_verdict = judge(lambda share: float(np.quantile(fresh, share)), low, high, VISIBILITY_RULE, TRUE_TRIALS)
    true = f"{low:g}" if low == high else f"{low:g} - {high:g}"
    words = (read, f"{printed_read:g}", write, f"{printed_write:g}", t_ms, true, f"{printed_t:g}")
    return (f"  {pair[0]}, {pair[1]}", *words, max(read_verdict, write_verdict, t_verdict, key=VERDICTS.index))


def judge_latency(arrivals: Arrivals, needed: int, printed: float) -> tuple[str, str]:
    """When so many replies are there, and whether it is what was printed."""
    return judge(lambda share: arrivals.find_ms(needed, share), printed, printed, LATENCY_RULE, PRINTED_TRIALS)


def compare_share(t_ms: float, known: float, trials: Trials) -> tuple[str, ...]:
    """One line: the share of fresh reads with R = W = 1."""
    share = float((trials.fresh[1, 1] <= t_ms).mean())
    verdict = VERDICTS[0 if abs(share - known) <= SHARE_RULE else 2]
    return (f"  P({t_ms:g} ms)", "", "", "", "", f"{100 * share:.3f} %", f"{100 * known:g} %", "", verdict)


def judge(find_ms: Callable[[float], float], low: float, high: float, rule: float, counted: int) -> tuple[str, str]:
    """The 99.9 % quantile in ms, and whether it is what was found, `low` to `high`: by the rule, or but for noise.

    `find_ms` gives the quantile of a share. A count of n trials finds that of a share which is a few standard errors
    away. No wait is below 0.
    """
    own, low, high = max(0.0, find_ms(SHARE)), low * (1 - rule), high * (1 + rule)
    if low <= own <= high:
        return f"{own:.4g}", VERDICTS[0]
    error = ERRORS * (SHARE * (1 - SHARE) / counted) ** 0.5
    within = max(0.0, find_ms(SHARE - error)) <= high and low <= find_ms(SHARE + error)
    return (f"~ {own:.4g}", VERDICTS[1]) if within else (f"{own:.4g}", VERDICTS[2])
