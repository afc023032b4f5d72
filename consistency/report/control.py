"""What was to be expected of the live service, and whether the instrument would have seen anything else.

Material comes in, one paragraph goes out, or nothing where a run is neither of the live service nor has a control. The
control is a probe that must miss, on any store: it asks for the state of some time ago, so it finds no entity before
that time has passed. A zero of the other probes says something only where the control saw its misses.

    ack                                     ack + age
     |  control: miss   miss   miss   miss  |  hit        what the instrument sees of a store that is late by `age`
     |  key get: hit                                      0 of n missed, so the store was not
"""

from fractions import Fraction

from consistency.analysis.judgement import ActionSummary
from consistency.analysis.words import (
    capitalize,
    write_exactly,
    write_interval,
)
from consistency.durations import parse_duration_ns
from consistency.operation import Action
from consistency.report.material import Material, find_quantile, name_action, say_sure
from consistency.target import Backend

EXPECTED = "Expected of today's service (Datastore mode): every read is strong, unless it asks for less."
NONE = (
    "**There was no control**, so nothing here shows that a miss would have been seen: "
    'add read_time_get = { age = "2s" } to the probes, as experiments/live.toml has it.'
)
MEDIAN = Fraction(1, 2)
_WEAK = {Action.EVENTUAL_GET, Action.READ_TIME_GET}


def say_control(material: Material) -> str:
    """What was expected of the live service and how often it was otherwise; and what the control saw."""
    live, control = material.manifest.backend == Backend.LIVE, _find_control(material)
    if material.judgement.doubt or not (live or control):
        return ""
    strong = [each for each in material.probed if each.action not in _WEAK and each.missed_first.n]
    told = [EXPECTED, *map(_say_misses, strong)] if live else []
    if control is not None:
        told.append(_say_control(material, control))
    elif late := [each for each in material.probed if each.action is Action.EVENTUAL_GET and each.missed_first.count]:
        told.append(_say_eventual(late[0]))
    else:
        told.append(NONE)
    return " ".join(told)


def _find_control(material: Material) -> ActionSummary | None:
    aged = {action for action, probe in material.plan.probes.items() if parse_duration_ns(probe.age)}
    return next((each for each in material.probed if each.action in aged & {Action.READ_TIME_GET}), None)


def _say_misses(summary: ActionSummary) -> str:
    share = summary.missed_first
    bound = f"{say_sure(share)}{', which was not expected' if share.count else ''}"
    return f"{name_action(summary.action, 2).capitalize()}: **{share.count:,} of {share.n:,}** missed, {bound}."


def _say_control(material: Material, control: ActionSummary) -> str:
    age_ns = parse_duration_ns(material.plan.probes[control.action].age)
    asked = f"The control asked for the state of {write_exactly(age_ns)} ago, so it had to miss at first"
    share = control.missed_first
    if not share.n:
        return f"{asked}; no first attempt of it was prompt and answered, so **it shows nothing**."
    seen = f"it missed **{share.count:,} of {share.n:,}**{_say_median(material, control)}"
    if share.count < share.n:
        return f"{asked}; {seen}: **it cannot have seen the rest**: a clock is wrong, and zeros prove nothing."
    return f"{asked}; {seen}: the instrument would have seen such a miss."


def _say_median(material: Material, control: ActionSummary) -> str:
    estimate = find_quantile(control, MEDIAN)
    if estimate is None or estimate.upper_ns is None:
        return " and found too few of them later"
    resolution_ns = material.resolution_ns(control.action, estimate.lower_ns, estimate.upper_ns)
    return f" and found them after {write_interval(estimate.lower_ns, estimate.upper_ns, resolution_ns)} (median)"


def _say_eventual(summary: ActionSummary) -> str:
    share, name = summary.missed_first, name_action(summary.action, 2)
    late = f"{capitalize(name)}, which asked for less, missed **{share.count:,} of {share.n:,}**"
    return f"{late}: the instrument would have seen such a miss."
