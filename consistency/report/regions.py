"""From region to region: how late readers of one region see what is written in another.

Material comes in, a frame and a caption go out. Cells are text, because what is asked of them is a number and how sure
it is, or how many entities it lacks.
"""

import pandas as pd

from consistency.analysis.judgement import QuantileEstimate, RegionPair
from consistency.analysis.words import NS_PER_MS, write_at_most, write_count, write_interval
from consistency.report.material import Material, name_action

COLUMNS = ["action", "writer", "reader", "entities", "p50", "p99", "p50_ms"]


def frame_regions(material: Material) -> pd.DataFrame:
    """One row per action and pair: its quantiles in words, and the upper end of p50 in ms, for the shade."""
    rows = [_list_row(material, pair) for pair in material.judgement.region_pairs]
    return pd.DataFrame(rows, columns=COLUMNS)


def _list_row(material: Material, pair: RegionPair) -> tuple[object, ...]:
    median, tail = pair.quantiles
    shade_ms = float("nan") if median.upper_ns is None else median.upper_ns / NS_PER_MS
    cells = (_write(material, pair, each) for each in (median, tail))
    return (str(pair.action), pair.writer, pair.reader, pair.n, *cells, shade_ms)


def _write(material: Material, pair: RegionPair, estimate: QuantileEstimate) -> str:
    if pair.n < estimate.needs:
        return f"needs {estimate.needs:,} entities"
    resolution_ns = material.resolution_ns(pair.action, estimate.lower_ns, estimate.upper_ns)
    return write_interval(estimate.lower_ns, estimate.upper_ns, resolution_ns)


def describe_regions(material: Material) -> str:
    """The pair with the largest median of each action, and whether clocks matter here."""
    said = []
    for action in dict.fromkeys(pair.action for pair in material.judgement.region_pairs):
        pairs = [pair for pair in material.judgement.region_pairs if pair.action == action]
        slowest = max(pairs, key=lambda pair: (pair.quantiles[0].upper_ns is None, pair.quantiles[0].upper_ns or 0))
        median = _write(material, slowest, slowest.quantiles[0])
        said.append(
            f"{name_action(action).capitalize()}: p50 is largest from {slowest.writer} to {slowest.reader}, {median} "
            f"({write_count(slowest.n, 'entity', 'entities')})."
        )
    bound_ns = material.manifest.clock_bound_ns
    bound = f" Each time allows for clocks {write_at_most(bound_ns)} apart." if bound_ns else ""
    return f"{' '.join(said)} The stronger the colour, the later.{bound}"
