"""Room: whether the disk has space for what a run will write to it.

A plan and the folder of all runs come in; a refusal goes out where not even the typical run fits, or a warning where
the worst one would not.
"""

import shutil
from pathlib import Path

from consistency.budget import draw_up_budget
from consistency.errors import ConsistencyError
from consistency.plan import Plan


def require_room(plan: Plan, out: Path) -> str:
    """A warning, or "" where there is room; ConsistencyError where the typical run does not fit."""
    folder = find_folder(out)
    free, budget = shutil.disk_usage(folder).free, draw_up_budget(plan)
    typical, worst = budget.typical.disk_bytes, budget.worst.disk_bytes
    has = f"{folder} has {_say(free)} free, and this run may take"
    if free < typical:
        raise ConsistencyError(
            f"Disk nearly full: {has} {_say(typical)} to {_say(worst)} (1 KiB an attempt). Nothing was written. "
            "Free space, choose another --out, or fewer --entities."
        )
    return f"warning: {has} {_say(worst)} at worst (typically {_say(typical)})." if free < worst else ""


def find_folder(out: Path) -> Path:
    """The nearest folder that is there already, at `out` or above it."""
    return next(path for path in (out.resolve(), *out.resolve().parents) if path.is_dir())


def _say(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
