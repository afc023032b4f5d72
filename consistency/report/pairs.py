"""Two runs as they are told: sentences, notes, the table of quantiles, and the same as plain values.

What comparing found comes in with both plans and manifests; text and values go out, for the page and the terminal.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from consistency.analysis.comparison import Comparison, QuantileChange
from consistency.analysis.judgement import QuantileEstimate
from consistency.analysis.two_runs import TwoRuns
from consistency.analysis.words import find_resolution_ns, write_list
from consistency.archive import Manifest
from consistency.durations import parse_duration_ns
from consistency.operation import Action
from consistency.plan import Plan
from consistency.report.change_words import (
    say_comparison,
    say_unbounded,
    write_change,
    write_difference,
    write_estimate,
)
from consistency.report.material import name_action, name_quantile

HEADINGS = ["probe", "quantile", "first run", "second run", "most likely difference (two-sided, 95 %)",
            "most likely change (two-sided, 95 %)", ""]  # fmt: skip
SCHEMA_VERSION = 1
NAMED = 6  # of the settings in which runs differ
_TOLD_ELSEWHERE = ("seed", "question", "claims", "probes", "deadline")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two runs as they are told."""

    plans: tuple[Plan, Plan]
    manifests: tuple[Manifest, Manifest]
    found: TwoRuns

    @property
    def title(self) -> str:
        """ "first/1 against first/2"."""
        return f"{self.manifests[1].run} against {self.manifests[0].run}"


def say_pair(pair: Pair) -> list[str]:
    """One sentence for each probe that both runs have."""
    found = [say_comparison(name_action(action).capitalize(), each) for action, each in pair.found.comparisons.items()]
    return found or ["The runs have no probe in common, so there is nothing to compare."]


def note_pair(pair: Pair) -> list[str]:
    """What a reader must know: doubts, probes of one run only, and whatever else differs than the store."""
    notes = list(pair.found.doubts)
    if pair.manifests[0].run == pair.manifests[1].run:
        notes.append("Both are the same run, so nothing can differ.")
    for which, actions in (("first", pair.found.only_first), ("second", pair.found.only_second)):
        notes += [f"Only the {which} run probed by {name_action(action)}." for action in actions]
    first, second = pair.plans
    for action in pair.found.comparisons:
        if first.probes.get(action) != second.probes.get(action):
            notes.append(f"{name_action(action).capitalize()}: the runs polled differently, which alone can look like "
                         "a difference.")  # fmt: skip
    if first.deadline != second.deadline:
        notes.append(f"The first run looked for {first.deadline}, the second for {second.deadline}.")
    notes += [f"Only the {which} run wrote in transactions, which nobody probes: of those consistency check tells."
              for which, plan in zip(("first", "second"), pair.plans, strict=True)
              if plan.workload.is_transactional and first.workload != second.workload]  # fmt: skip
    return [*notes, *_note_settings(pair)]


def _note_settings(pair: Pair) -> list[str]:
    """In what the runs differ besides what is told elsewhere, so that a difference is not taken for another cause."""
    one, other = (_list_settings(plan, manifest) for plan, manifest in zip(pair.plans, pair.manifests, strict=True))
    differ = [f"{name} ({one.get(name)} → {other.get(name)})" for name in sorted({*one, *other})
              if one.get(name) != other.get(name)]  # fmt: skip
    more = [f"{len(differ) - NAMED} more"] if len(differ) > NAMED else []
    return [f"The runs differ in {write_list([*differ[:NAMED], *more])}."] if differ else []


def _list_settings(plan: Plan, manifest: Manifest) -> dict[str, object]:
    """Every setting that bears on the numbers, by its name in a plan."""
    found = {name: value for name, value in plan.model_dump(mode="json").items() if name not in _TOLD_ELSEWHERE}
    target = {f"target.{name}": value for name, value in found.pop("target", {}).items()}
    faults = {"faults": "; ".join(fault.describe() for fault in plan.faults) or None}
    settings = {**found, **target, **faults, "client": manifest.client, "virtual_time": manifest.virtual}
    return {name: "none" if value is None else value for name, value in settings.items()}


def make_rows(pair: Pair) -> list[list[str]]:
    """The table: a row for each probe and quantile, as HEADINGS name them."""
    return [
        _make_row(pair, action, comparison, change)
        for action, comparison in pair.found.comparisons.items()
        for change in comparison.changes
    ]


def _make_row(pair: Pair, action: Action, comparison: Comparison, change: QuantileChange) -> list[str]:
    both, resolutions_ns = (change.first, change.second), []
    for plan, estimate in zip(pair.plans, both, strict=True):
        interval_ns = parse_duration_ns(plan.probes[action].interval)
        resolutions_ns.append(find_resolution_ns(estimate.lower_ns, estimate.upper_ns, interval_ns))
    points = [write_estimate(*each) for each in zip(both, resolutions_ns, strict=True)]
    changes = (write_difference(change.difference_ns, max(resolutions_ns)), write_change(change.change))
    return [name_action(action), name_quantile(change.quantile), *points, *changes, say_unbounded(change, comparison)]


def summarize_pair(pair: Pair) -> dict[str, Any]:
    """The same as plain values: nanoseconds, shares, null where something is not bounded or not seen."""
    return {
        "schema_version": SCHEMA_VERSION,
        "first": pair.manifests[0].run,
        "second": pair.manifests[1].run,
        "verdict": None if pair.found.verdict is None else str(pair.found.verdict),
        "limits": [
            {"limit": each.limit.text, "verdict": str(each.verdict), "reason": each.reason}
            for each in pair.found.limits
        ],
        "notes": note_pair(pair),
        "actions": {str(action): _summarize(each) for action, each in pair.found.comparisons.items()},
    }


def _summarize(comparison: Comparison) -> dict[str, Any]:
    return {
        "n": [comparison.first.n, comparison.second.n],
        "p_value": comparison.test.p_value,
        "later": comparison.later,
        "quantiles": {
            name_quantile(change.quantile): {
                "first_ns": _list_ends(change.first),
                "second_ns": _list_ends(change.second),
                "difference_ns": msgspec.to_builtins(change.difference_ns),
                "change": msgspec.to_builtins(change.change),
            }
            for change in comparison.changes
        },
    }


def _list_ends(estimate: QuantileEstimate) -> list[int | None] | None:
    """As the run's own summary has them; None of too few entities."""
    return None if estimate.n < estimate.needs else [estimate.lower_ns, estimate.upper_ns]
