"""Arms: one history as two, where a run compares isolated probes with probes that share their entities.

A history comes in, the history of some of its processes goes out. The processes of an arm carry its name, so nothing
else is needed to tell what was probed how; no entity is in both.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from consistency.history import Column, History
from consistency.plan import Plan
from consistency.schedule import plan_arms

_COLUMNS = ("op", "process", "action", "item", "revision", "due_ns", "invoked_ns", "completed_ns", "outcome", "seen",
            "server_ns", "code")  # fmt: skip


def split_arms(plan: Plan, history: History) -> list[History]:
    """The history of each arm of the plan: the isolated one first. Without a comparison that is the whole."""
    arms = plan_arms(plan)
    if len(arms) == 1:
        return [history]
    of_arm = [_is_of(arm.name) for arm in arms]
    shared = {process for process in history.processes if any(holds(process) for holds in of_arm[1:])}
    isolated = set(history.processes) - shared
    return [_select(history, isolated), *(_select(history, set(filter(holds, shared))) for holds in of_arm[1:])]


def _is_of(arm: str) -> Callable[[str], bool]:
    return lambda process: arm in process.split("-")


def _select(history: History, processes: Collection[str]) -> History:
    """The operations of these processes; places in tables of names stay what they are."""
    places = [place for place, process in enumerate(history.processes) if process in processes]
    kept = np.isin(history.process, places)
    moved = np.cumsum(kept) - 1
    columns: dict[str, Column] = {name: getattr(history, name)[kept] for name in _COLUMNS}
    micros = {int(moved[row]): micros for row, micros in history.micros.items() if kept[row]}
    orders = {int(moved[row]): order for row, order in history.orders.items() if kept[row]}
    return replace(history, **columns, micros=micros, orders=orders)  # type: ignore[arg-type]  # the columns are of one type
