"""Drift in a sentence for each probe: whether visibility changed over the run, and from hour to hour.

Material comes in, sentences go out. The test says how surely, the medians of the two halves by how much; that no drift
was found does not show that there is none.
"""

import numpy as np

from consistency.analysis.drift import compare_hours, measure_drift
from consistency.analysis.judgement import ActionSummary
from consistency.analysis.two_runs import find_ends
from consistency.report.change_words import REJECTED, write_difference, write_p_value
from consistency.report.material import Material, name_action

_NS_PER_HOUR = 3_600_000_000_000


def say_drift(material: Material) -> list[str]:
    """One sentence for each probe with enough entities; a second where its hours differ."""
    return [sentence for summary in material.probed for sentence in _describe(material, summary)]


def _describe(material: Material, summary: ActionSummary) -> list[str]:
    written_ns, ends = np.array([each.written_ns for each in summary.visibilities], np.int64), find_ends(summary)
    drift = measure_drift(written_ns, *ends, material.manifest.seed)
    if drift is None:
        return []
    name, test = name_action(summary.action).capitalize(), write_p_value(drift.test.p_value)
    if drift.test.p_value > REJECTED:
        told = [f"{name}: no drift was found ({test})."]
    else:
        difference = write_difference(drift.median.difference_ns, material.poll_ns(summary.action))
        told = [f"{name}: drifted ({test}); its median in the last half minus that in the first is {difference}."]
    hours = compare_hours((written_ns - material.manifest.start_ns) // _NS_PER_HOUR, *ends)
    if hours is not None and hours.test.p_value <= REJECTED:
        told.append(f"{name}: its hours differ ({write_p_value(hours.test.p_value)}).")
    return told
