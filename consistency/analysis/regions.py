"""Regions: visibility from each writer's region to each reader's.

The entities of every action come in, with the history that says where its processes ran; quantiles for each pair of
regions go out. Nothing goes out where all searches are of one pair: then the summary of the action says the same.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

import numpy as np

from consistency.analysis.entities import EntityColumns
from consistency.analysis.judgement import RegionPair
from consistency.analysis.quantiles import estimate_quantiles
from consistency.history import History

QUANTILES: Final = (Fraction(1, 2), Fraction(99, 100))
UNSAID: Final = "not said"


def compare_regions(history: History, measured: Iterable[EntityColumns]) -> tuple[RegionPair, ...]:
    """Each action's pairs, by the names of their regions; none where no process said where it ran."""
    if not history.regions:
        return ()
    found = tuple(pair for entities in measured for pair in _compare(entities))
    return found if len({(pair.reader, pair.writer) for pair in found}) > 1 else ()


def _compare(entities: EntityColumns) -> Iterable[RegionPair]:
    searches = entities.searches
    series, history = searches.series, searches.series.history
    named = np.array([history.regions.get(process, UNSAID) for process in history.processes])
    readers = named[history.process[series.rows[series.begins]]]
    writers = named[history.process[series.write_rows]]
    for reader, writer in sorted(set(zip(readers.tolist(), writers.tolist(), strict=True))):
        own = (readers == reader) & (writers == writer)
        estimates = estimate_quantiles(searches.lower_ns[own], searches.upper_ns[own], QUANTILES)
        yield RegionPair(series.action, reader, writer, int(own.sum()), estimates)
