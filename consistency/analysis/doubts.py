"""Doubts: why nothing of a whole run can be trusted, or be told at all.

A history and the entities of each action come in, one sentence goes out, or "". A doubt makes every verdict «cannot
tell», whatever the numbers look like: an entity that was there before it was written makes all sightings worthless, and
a run without a single answer has not tried any claim, so it cannot uphold one either, nor one whose readers looked for
a part of what was written.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from consistency.analysis.deciding import is_too_many
from consistency.analysis.entities import EntityColumns
from consistency.analysis.series import Series, count_unprobed
from consistency.history import ACTIONS, OUTCOMES, Column, History
from consistency.operation import Action, Outcome

POLLUTION = "ALREADY_EXISTS"
_NOTHING = "so nothing can be said about visibility."


def find_doubt(history: History, measured: Iterable[EntityColumns]) -> str:
    """The first doubt that applies, "" where none does."""
    polluted = _find_polluted(history)
    if len(polluted):
        name = history.items[history.item[polluted[0]]].name
        return (
            f"The store was polluted: entity {name} existed before this run wrote it ({POLLUTION}), "
            "so no sighting of this run can be trusted."
        )
    acknowledged = history.action[history.outcome == OUTCOMES.index(Outcome.OK)]
    if ACTIONS.index(Action.TRANSACTION) in acknowledged:  # nobody looks for these: their own reads are judged
        return ""
    if ACTIONS.index(Action.WRITE) not in acknowledged:
        return f"No write was acknowledged, {_NOTHING}"
    return _find_unread(history, [entities.searches.series for entities in measured])


def _find_unread(history: History, series: Sequence[Series]) -> str:
    if not any(map(len, series)):
        return f"No acknowledged write was looked for, {_NOTHING}"
    if not any((each.hit | each.miss).any() for each in series):
        return f"No attempt was answered, {_NOTHING}"
    unprobed, acknowledged = count_unprobed(history)
    if is_too_many(unprobed, acknowledged):
        return (
            f"{unprobed:,} of {acknowledged:,} acknowledged writes were never probed: the others cannot speak for them."
        )
    return ""


def _find_polluted(history: History) -> Column:
    """The rows of the inserts whose entity existed already."""
    if POLLUTION not in history.codes:
        return np.array([], np.int64)
    refused = history.code == history.codes.index(POLLUTION)
    return np.flatnonzero(refused & (history.action == ACTIONS.index(Action.WRITE)))
