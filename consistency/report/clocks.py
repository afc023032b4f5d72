"""Clocks over the run: each process's clock against the service's, beside the bound that verdicts allow for.

Material comes in, a frame and a caption go out.
"""

import pandas as pd

from consistency.analysis.judgement import ClockReading
from consistency.analysis.words import NS_PER_MS, write_at_most, write_duration
from consistency.durations import NS_PER_MINUTE
from consistency.report.material import Material

COLUMNS = ["process", "minute", "offset_least_ms", "offset_most_ms"]


def frame_clocks(material: Material) -> pd.DataFrame:
    """The offset of each process in each slice of the run, process by process."""
    start_ns = material.manifest.start_ns
    rows = [
        (each.process, (each.at_ns - start_ns) / NS_PER_MINUTE, each.lower_ns / NS_PER_MS, each.upper_ns / NS_PER_MS)
        for each in material.judgement.clocks
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def frame_clock_bound(material: Material) -> pd.DataFrame:
    """How far apart any two clocks may be, as the verdicts allow for."""
    return pd.DataFrame({"bound_ms": [material.manifest.clock_bound_ns / NS_PER_MS]})


def describe_clocks(material: Material) -> str:
    """From where to where each clock went, and whether any two were surely further apart than the bound."""
    readings, bound_ns = material.judgement.clocks, material.manifest.clock_bound_ns
    said = [_describe(process, readings) for process in dict.fromkeys(each.process for each in readings)]
    beyond = find_widest_ns(readings) > bound_ns
    fair = (
        "Two clocks were surely further apart than that: verdicts that compare their stamps cannot be relied on."
        if beyond
        else "No two clocks were surely further apart than that."
    )
    allowed = f"Verdicts allow for clocks {write_at_most(bound_ns)} apart."
    return f"Offsets from the service's stamps. {' '.join(said)} {allowed} {fair}"


def find_widest_ns(readings: tuple[ClockReading, ...]) -> int:
    """How far apart two clocks surely were in some slice: 0 where they may have agreed."""
    slices: dict[int, list[ClockReading]] = {}
    for each in readings:
        slices.setdefault(each.at_ns, []).append(each)
    apart = (max(each.lower_ns for each in some) - min(each.upper_ns for each in some) for some in slices.values())
    return max(0, *apart)


def _describe(process: str, readings: tuple[ClockReading, ...]) -> str:
    own = [each for each in readings if each.process == process]
    ends = min(each.lower_ns for each in own), max(each.upper_ns for each in own)
    least, most = (f"{'−' if end < 0 else '+'}{write_duration(abs(end))}" for end in ends)
    return f"{process}: {least} to {most}."
