"""Frames of the stories: single entities, attempt by attempt.

The longest waits are chosen because they matter most, as many others at random (by the run's seed) because the longest
alone mislead. A long series is thinned, but the attempts that bound its interval are always shown.

     ack   ○      ○      ○ last miss (its invocation)     ● first hit (its completion)    ●   ●  confirming
      0                  lower                            upper
"""

from random import Random

import pandas as pd

from consistency.analysis.judgement import Attempt, Visibility
from consistency.analysis.words import NS_PER_MS
from consistency.report.calls import mark_of
from consistency.report.material import Material, order_wait
from consistency.report.thinning import pick_evenly

LONGEST = 20
RANDOM = 20
ATTEMPTS = 30  # shown of one series


def choose_stories(material: Material) -> list[tuple[str, Visibility]]:
    """The longest waits, then some others at random: why each was chosen, and the entity as one probe saw it."""
    everything = sorted(
        (visibility for summary in material.probed for visibility in summary.visibilities),
        key=lambda visibility: (*order_wait(visibility), visibility.action),
        reverse=True,
    )
    rest = everything[LONGEST:]
    chosen = Random(material.manifest.seed).sample(rest, min(RANDOM, len(rest)))
    chosen.sort(key=lambda visibility: (*order_wait(visibility), visibility.action), reverse=True)
    return [("longest", each) for each in everything[:LONGEST]] + [("random", each) for each in chosen]


def _laned(material: Material) -> list[tuple[int, str, Visibility]]:
    """The stories with their lanes; above each of the two groups one lane is left for its heading."""
    stories = choose_stories(material)
    return [(place + 1 + (chosen == "random"), chosen, story) for place, (chosen, story) in enumerate(stories)]


def frame_lanes(material: Material) -> pd.DataFrame:
    """One row per story: what it is and the interval in which its entity became visible."""
    rows = [
        (
            lane,
            choice,
            str(story.action),
            story.index,
            story.lower_ns / NS_PER_MS,
            None if story.upper_ns is None else story.upper_ns / NS_PER_MS,
            story.retries,
            len(story.attempts),
        )
        for lane, choice, story in _laned(material)
    ]
    columns = ["lane", "chosen", "action", "entity", "lower_ms", "upper_ms", "retries", "attempts"]
    return pd.DataFrame(rows, columns=columns).astype({"upper_ms": float})


def frame_stories(material: Material) -> pd.DataFrame:
    """One row per attempt that is shown: its lane, when (ms since the acknowledgement), and what it told."""
    rows = [
        (lane, str(story.action), place_ns(attempt, story) / NS_PER_MS, mark_of(attempt.told))
        for lane, _, story in _laned(material)
        for attempt in _thin_series(story)
    ]
    return pd.DataFrame(rows, columns=["lane", "action", "time_ms", "told"])


def place_ns(attempt: Attempt, story: Visibility) -> int:
    """Where an attempt is drawn, since the acknowledgement: a hit at its completion, any other at its invocation."""
    at_ns = attempt.invoked_ns
    if attempt.told == "hit" and attempt.completed_ns is not None:
        at_ns = attempt.completed_ns
    return max(at_ns - story.acknowledged_ns, 0)


def _thin_series(story: Visibility) -> list[Attempt]:
    attempts = story.attempts
    bounds = [place for place, attempt in enumerate(attempts) if place_ns(attempt, story) in
              (story.lower_ns, story.upper_ns, story.stable_upper_ns)]  # fmt: skip
    kept = sorted({*bounds, *pick_evenly(len(attempts), ATTEMPTS).tolist()})
    return [attempts[place] for place in kept]
