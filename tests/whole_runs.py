"""Whole runs for tests: small plans, on virtual time or over a store of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from consistency import clock, flow
from consistency.archive import Archive, create_run
from consistency.backends.opening import Opened, Order
from consistency.clock import Clock
from consistency.history import History
from consistency.plan import Plan
from consistency.run import run_together
from consistency.store import Store

PROBES = {"global_query": {"interval": "40ms"}, "key_get": {}, "ancestor_query": {}}


def plan_of(**chosen: Any) -> Plan:
    """A small plan on virtual time, with lags that differ from entity to entity."""
    settings: dict[str, Any] = {
        "entities": 12,
        "rate": "10/s",
        "deadline": "3s",
        "seed": 5,
        "virtual_time": True,
        "probes": PROBES,
        "target": {"lag": "lognormal:150ms,0.8"},
    }
    return Plan.model_validate(settings | chosen)


def run_plan(plan: Plan, out: Path, name: str | None = None) -> Archive:
    """The folder of a run of `plan` on its own backend."""
    order = flow.prepare(plan, "experiment", out, name)
    assert not flow.measure(order, "experiment", None).stopped
    return order.archive


def contents(archive: Archive) -> dict[str, bytes]:
    """The bytes of all histories, and of the truth."""
    return {path.name: path.read_bytes() for path in (*archive.histories(), archive.truth)}


def run_over(plan: Plan, out: Path, connect: Callable[[Clock], Store]) -> History:
    """The history of a run of `plan` on virtual time over a store of ours; the channel is the plan's."""
    run, archive = create_run(out, "experiment")
    order = Order(plan, plan.seed or 0, run, archive)
    work = run_together(order, Opened("", "a fake", lambda ticking, _: connect(ticking)), "experiment", None)
    assert clock.run(work, virtual=True) is False
    return History.load(archive.histories())
