"""entities.csv: one row per entity, probe and reader, with every failed attempt and when it succeeded.

Material comes in, CSV goes out. Durations are milliseconds since the acknowledgement (`_ms`), run-clock stamps integer
nanoseconds (`_ns`), instants ISO 8601 in UTC with microseconds; what did not happen is empty.
"""

from datetime import UTC, datetime, timedelta

import pandas as pd

from consistency.analysis.judgement import Attempt, Visibility
from consistency.analysis.words import NS_PER_MS
from consistency.report.material import Material

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_csv(material: Material) -> str:
    """entities.csv: one row per search; every failed attempt, and when it succeeded."""
    rows = [
        _entity_row(material, visibility)
        for summary in material.judgement.actions
        for visibility in sorted(summary.searches, key=lambda each: (each.index, each.process))
    ]
    return str(pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False, lineterminator="\n"))


COLUMNS = (
    "name",
    "action",
    "index",
    "entity_timestamp",  # the entity's own: when its write began
    "acknowledged",
    "acknowledged_ns",  # run clock, like every column in _ns
    "search_began",
    "search_began_ns",
    "failed_attempts_ms",  # since the acknowledgement: when each miss before the first hit began
    "succeeded",  # when the first hit ended
    "succeeded_ns",
    "retries",
    "lower_ms",
    "upper_ms",
    "stable_lower_ms",
    "stable_upper_ms",
    "flickers",
    "errors",
    "error_codes",
    "ending",  # seen, missed (to the deadline), unanswered or stopped
    "late",  # 1: the first attempt was not prompt
    "reader",
)


def _entity_row(material: Material, visibility: Visibility) -> tuple[object, ...]:
    began_ns = visibility.acknowledged_ns + visibility.probe_delay_ns
    succeeded_ns = None if visibility.upper_ns is None else visibility.acknowledged_ns + visibility.upper_ns
    codes = (attempt.told for attempt in visibility.attempts if attempt.told not in ("hit", "miss"))
    return (
        visibility.item.name,
        str(visibility.action),
        visibility.index,
        _instant(material, visibility.written_ns),
        _instant(material, visibility.acknowledged_ns),
        visibility.acknowledged_ns,
        _instant(material, began_ns),
        began_ns,
        ";".join(_ms(attempt.invoked_ns - visibility.acknowledged_ns) for attempt in _failed(visibility)),
        "" if succeeded_ns is None else _instant(material, succeeded_ns),
        "" if succeeded_ns is None else succeeded_ns,
        visibility.retries,
        _ms(visibility.lower_ns),
        _ms(visibility.upper_ns),
        _ms(visibility.stable_lower_ns),
        _ms(visibility.stable_upper_ns),
        visibility.flickers,
        visibility.errors,
        ";".join(codes),
        str(visibility.ending),
        int(visibility.late),
        visibility.process,
    )


def _failed(visibility: Visibility) -> list[Attempt]:
    """The misses up to and including the last one before the first hit."""
    misses = [attempt for attempt in visibility.attempts if attempt.told == "miss"]
    return misses[: visibility.retries]


def _instant(material: Material, run_ns: int) -> str:
    """An instant of the run clock on the wall."""
    instant = _EPOCH + timedelta(microseconds=(material.manifest.origin_wall_ns + run_ns) // 1000)
    return f"{instant:%Y-%m-%dT%H:%M:%S.%f}Z"


def _ms(duration_ns: int | None) -> str:
    return "" if duration_ns is None else f"{duration_ns / NS_PER_MS:.6f}".rstrip("0").rstrip(".")
