"""Frame of the errors: calls per minute that failed, by code, over the run.

Material comes in, a frame goes out: for each code a stair over all slices of the run, also those without errors, since
a gap that ends is what one looks for. Codes beyond the six most frequent are one line.
"""

from collections import Counter

import pandas as pd

from consistency.analysis.judgement import ErrorCount
from consistency.durations import NS_PER_MINUTE
from consistency.report.material import Material

LINES = 6
OTHERS = "other codes"
COLUMNS = ["code", "minute", "errors_per_minute"]


def frame_errors(material: Material) -> pd.DataFrame:
    """The errors_per_minute of each code in the slice that begins at `minute`."""
    counts = material.judgement.errors
    if not counts:
        return pd.DataFrame(columns=COLUMNS)
    width_ns, start_ns = counts[0].width_ns, material.manifest.start_ns
    named = [code for code, _ in total_errors(counts).most_common(LINES)]
    found: Counter[tuple[str, int]] = Counter()
    for each in counts:
        found[each.code if each.code in named else OTHERS, (each.begins_ns - start_ns) // width_ns] += each.count
    numbers = range(min(0, *(number for _, number in found)), _last_slice(material, width_ns) + 1)
    rows = [
        (code, number * width_ns / NS_PER_MINUTE, found[code, number] * NS_PER_MINUTE / width_ns)
        for code in dict.fromkeys((*named, *(code for code, _ in found)))
        for number in numbers
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def total_errors(counts: tuple[ErrorCount, ...]) -> Counter[str]:
    """All failed calls of the run by code."""
    total: Counter[str] = Counter()
    for each in counts:
        total[each.code] += each.count
    return total


def _last_slice(material: Material, width_ns: int) -> int:
    """The slice of the last error, or of the last entity's acknowledgement where that is later."""
    ends_ns = [each.begins_ns for each in material.judgement.errors]
    ends_ns += [each.acknowledged_ns for summary in material.probed for each in summary.visibilities]
    return (max(ends_ns) - material.manifest.start_ns) // width_ns
