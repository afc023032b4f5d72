"""What each chart says, in words and with its numbers.

Material and frames come in, one short paragraph goes out, which stands below the chart's title and inside its SVG.
"""

from consistency.analysis.judgement import ActionSummary, Calibration, DurationSummary
from consistency.analysis.words import (
    write_at_most,
    write_count,
    write_duration,
    write_interval,
    write_list,
    write_percent_at_most,
)
from consistency.report.drifts import say_drift
from consistency.report.errors import total_errors
from consistency.report.incidents import choose_incidents
from consistency.report.material import Material, is_untold, longest_wait, name_action
from consistency.report.moments import say_moments
from consistency.report.sentences import say_retries
from consistency.report.steps import name_step
from consistency.report.stories import choose_stories

DISTURBED_SHARE = 0.01  # of the slots: above it the schedule was not kept


def describe_latency(material: Material) -> str:
    """When each probe had surely seen all of its entities."""
    return " ".join(_describe_line(material, summary) for summary in material.probed)


def _describe_line(material: Material, summary: ActionSummary) -> str:
    seen = [each for each in summary.visibilities if each.upper_ns is not None]
    if len(seen) < summary.n:
        entities = write_count(summary.n, "entity", "entities")
        return f"{_title(summary)}: {len(seen):,} of {entities} surely {_seen(material)}."
    last = max(seen, key=lambda each: each.upper_ns or 0)
    upper_ns = last.upper_ns or 0
    resolution_ns = material.resolution_ns(summary.action, last.lower_ns, upper_ns)
    within = write_at_most(upper_ns, resolution_ns)
    return f"{_title(summary)}: all {summary.n:,} surely {_seen(material)} within {within}."


def describe_tail(material: Material) -> str:
    """How far down each line can be trusted."""
    lines = [_describe_end(summary) for summary in material.probed]
    done = name_step(material).done
    return (
        f"The same curves from above: what is not yet {done}, so that p99.9 and beyond can be read. "
        f"{' '.join(lines)} The numbers are shares {done}, as in the first chart."
    )


def _describe_end(summary: ActionSummary) -> str:
    """With n entities, a share that none of them shows is not excluded below 1 - 0.05^(1/n)."""
    least = write_percent_at_most(1 - 0.05 ** (1 / summary.n))
    entities = write_count(summary.n, "entity", "entities")
    return f"{_title(summary)}: {entities} exclude no share below {least}, where its line ends."


def describe_retries(material: Material) -> str:
    """The founding result."""
    return _unmarked(say_retries(material))


def describe_stories(material: Material) -> str:
    """How many of how many are shown."""
    total = sum(summary.n for summary in material.probed)
    shown = len(choose_stories(material))
    if shown == total:
        return f"Showing all {total:,} (entity and probe), the longest wait first."
    return (
        f"Showing {shown:,} of {total:,} (entity and probe): the longest waits, then others chosen at random (seeded)."
    )


def describe_witnesses(material: Material) -> str:
    """How many incidents there are, and which are shown."""
    total, shown = len(material.incidents), len(choose_incidents(material))
    if shown == total:
        return f"The calls that prove each of {write_count(total, 'incident')}." if total else ""
    return f"The calls that prove {shown:,} of {total:,} incidents: the longest of each kind."


def describe_over_run(material: Material) -> str:
    """The longest wait of each probe."""
    lines = []
    for summary in material.probed:
        longest = longest_wait(summary)
        if longest is not None:
            resolution_ns = material.resolution_ns(summary.action, longest.lower_ns, longest.upper_ns)
            wait = write_interval(longest.lower_ns, longest.upper_ns, resolution_ns)
            lines.append(f"{_title(summary)}: longest wait {wait} (entity {longest.index}).")
    unseen = any(each.upper_ns is None for summary in material.probed for each in summary.visibilities)
    lines += [f"Triangles: never {_seen(material)}, drawn at their last miss."] if unseen else []
    if any(is_untold(each) for summary in material.probed for each in summary.visibilities):
        lines.append(
            "Empty points: nobody looked earlier, or got an answer, so their wait is anything from 0 to there."
        )
    return " ".join(filter(None, (*lines, *say_drift(material), say_moments(material))))


def describe_operation_times(material: Material) -> str:
    """Median and p99 of hits and misses."""
    lines = []
    for summary in material.probed:
        times = (("hits", summary.hit_times), ("misses", summary.miss_times))
        told = [
            f"{name} {_describe_times(duration)}" for name, duration in times if duration is not None and duration.n
        ]
        lines.append(f"{_title(summary)}: {write_list(told) or 'no answered call'}.")
    return " ".join((*lines, "Percentiles are those of these calls themselves, and claim nothing of others."))


def _describe_times(times: DurationSummary) -> str:
    median, p99 = write_duration(times.p50_ns), write_duration(times.p99_ns)
    return f"p50 {median}, p99 {p99}, at most {write_at_most(times.max_ns)} ({times.n:,})"


def describe_pacing(material: Material) -> str:
    """How late writes began, and how many slots were late or missed."""
    pacing = material.judgement.pacing
    late = f"{write_count(pacing.late_slots, 'slot')} late by a whole period or more"
    slots = f"{late}, {pacing.missing_slots:,} never begun."
    if pacing.lateness is None or not pacing.lateness.n:
        return f"No write began. {slots}"
    drift = f"Drift over the run: {_describe_drift(pacing.drift_ns)}."
    return f"{_describe_lateness(pacing.lateness)}; {slots} {drift} {say_moments(material)}".rstrip()


def describe_errors(material: Material) -> str:
    """How many calls failed, by code."""
    total = total_errors(material.judgement.errors)
    codes = write_list([f"{code} {count:,}" for code, count in total.most_common()])
    failed = f"{write_count(total.total(), 'call')} failed or got no answer: {codes}."
    return f"{failed} {say_moments(material)}".rstrip()


def _describe_lateness(lateness: DurationSummary) -> str:
    if not lateness.max_ns:
        return f"Each of {write_count(lateness.n, 'write')} began exactly when it was due"
    return f"How late writes began: {_describe_times(lateness)}"


def _describe_drift(drift_ns: int) -> str:
    sign = "−" if drift_ns < 0 else "+"
    return f"{sign}{write_duration(abs(drift_ns))}" if drift_ns else "none"


def warn_of_pacing(material: Material) -> list[str]:
    """A note where more than 1 % of the writes that began did so late; that some never began is another note."""
    pacing = material.judgement.pacing
    begun = pacing.lateness.n if pacing.lateness else 0
    if pacing.late_slots <= DISTURBED_SHARE * begun:
        return []
    return [f"The schedule was not kept: {pacing.late_slots:,} of {begun:,} writes were late by a whole period."]


def describe_calibration(material: Material) -> list[str]:
    """One sentence per probe: whether the intervals contain the truth."""
    return [_describe_comparison(each) for each in material.calibration]


def _describe_comparison(found: Calibration) -> str:
    name, out = name_action(found.action).capitalize(), _tell_left_out(found)
    if not found.n:
        return f"{name}: {out or 'the truth of no entity is known'}."
    contained = f"{found.contained:,} of {write_count(found.n, 'interval')} {'contains' if found.n == 1 else 'contain'}"
    width = f"their median width (the resolution) is {write_duration(found.median_width_ns)}"
    if found.contained < found.n:
        bias = f"{'−' if found.bias_ns < 0 else '+'}{write_duration(abs(round(found.bias_ns)))}"
        width = f"it lies {write_duration(round(found.mean_distance_ns))} outside on average (bias {bias}); {width}"
    return "; ".join(filter(None, (f"{name}: {contained} the truth", width, out))) + "."


def _tell_left_out(found: Calibration) -> str:
    if not found.left_out:
        return ""
    out = f"{write_count(found.left_out, 'interval')} left out"
    return f"{out}, because no one instant is the truth of such reads here"


def _seen(material: Material) -> str:
    return name_step(material).seen


def _title(summary: ActionSummary) -> str:
    return name_action(summary.action).capitalize()


def _unmarked(sentence: str) -> str:
    return sentence.replace("**", "")
