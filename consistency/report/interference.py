"""What looking does to the store: isolated probes against probes that shared their entities, in a sentence each.

Material comes in, one paragraph goes out, or nothing where the plan compares nothing. A difference is told only where
the 95 % intervals of a quantile do not overlap; everything else cannot be told.
"""

from fractions import Fraction

from consistency.analysis.judgement import ActionSummary, QuantileEstimate
from consistency.analysis.words import write_list
from consistency.report.material import Material, find_quantile, name_action

COMPARED = Fraction(9, 10)


def say_interference(material: Material) -> str:
    """The probes that saw entities earlier, later, or neither for certain, where others looked at them too."""
    shared = {summary.action: summary for summary in material.judgement.shared if summary.n}
    lines = [_compare(material, each, shared[each.action]) for each in material.probed if each.action in shared]
    told = [line for line in lines if line]
    same = [name_action(each.action, 2) for each, line in zip(material.probed, lines, strict=False) if not line]
    if same and shared:
        told.append(f"For {write_list(same)} no difference can be told.")
    return " ".join(["Where all probes looked at the same entities:", *told]) if told else ""


def _compare(material: Material, alone: ActionSummary, shared: ActionSummary) -> str:
    one, other = (find_quantile(summary, COMPARED) for summary in (alone, shared))
    if one is None or other is None or not _are_apart(one, other):
        return ""
    earlier = (one.interval_lower_ns, other.interval_lower_ns)
    word = "earlier" if earlier[1] < earlier[0] else "later"
    times = [material.write_sure(summary.action, each) for summary, each in ((shared, other), (alone, one))]
    name = name_action(alone.action, 2)
    return f"**{name}** saw 90 % of them **{word}** ({times[0]}; {times[1]} where they looked alone)."


def _are_apart(one: QuantileEstimate, other: QuantileEstimate) -> bool:
    """Whether the 95 % intervals lie apart; an open end reaches over everything above it."""
    first, second = sorted((one, other), key=lambda each: each.interval_lower_ns)
    return first.interval_upper_ns is not None and first.interval_upper_ns < second.interval_lower_ns
