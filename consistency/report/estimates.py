"""What the run's entities say of the store's own curve: the NPMLE and its simultaneous band, as a frame.

Material comes in, a frame goes out; the resampling is seeded by the run's manifest, so the same run gives the same
band. Of more than 10,000 entities no band is drawn: it would be as thin as the line, and take seconds.
"""

import numpy as np
import pandas as pd

from consistency.analysis.bands import Band, draw_band
from consistency.analysis.judgement import ActionSummary
from consistency.analysis.resampling import RESAMPLES
from consistency.analysis.two_runs import find_ends
from consistency.analysis.words import NS_PER_MS
from consistency.report.material import Material
from consistency.report.thinning import LINE_POINTS, pick_evenly

BANDED_MOST = 10_000
_FULL_MOST = 5_000
COLUMNS = ["action", "time_ms", "share_pct", "lower_pct", "upper_pct"]


def frame_estimates(material: Material) -> pd.DataFrame:
    """For each probe the most likely share_pct of all entities visible at time_ms, and the ends of the simultaneous
    95 % band there (not a number where none is drawn)."""
    waits_ns = [each.upper_ns or each.lower_ns for summary in material.probed for each in summary.visibilities]
    end_ms = max(waits_ns, default=0) / NS_PER_MS
    parts = [_frame_estimate(summary, material.manifest.seed, end_ms) for summary in material.probed]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _frame_estimate(summary: ActionSummary, seed: int, end_ms: float) -> pd.DataFrame:
    """Up to `end_ms`, the longest that any entity was waited for."""
    band = draw_band(*find_ends(summary), seed, _choose_resamples(summary.n))
    places = pick_evenly(len(band.times_ns), LINE_POINTS - 1)
    times_ms = band.times_ns[places] / NS_PER_MS
    if times_ms[-1] < end_ms:
        places, times_ms = np.append(places, places[-1]), np.append(times_ms, end_ms)
    columns = (times_ms, *(column[places] for column in (100 * band.share, *_bound_pct(band))))
    frame = pd.DataFrame(dict(zip(COLUMNS[1:], columns, strict=True)))
    return frame.assign(action=str(summary.action))[COLUMNS]


def _bound_pct(band: Band) -> tuple[np.ndarray, np.ndarray]:
    if band.n > BANDED_MOST:
        return np.full(len(band.share), np.nan), np.full(len(band.share), np.nan)
    return 100 * band.lower, 100 * band.upper


def _choose_resamples(n: int) -> int:
    """Fewer for many entities, whose band is smooth anyway, and one where none is drawn."""
    return 1 if n > BANDED_MOST else RESAMPLES // 2 if n > _FULL_MOST else RESAMPLES
