"""The forecast of a plan: what it will do, take and cost, and what its number of entities can say.

A plan and prices come in, lines of text go out, and warnings about claims that its entities cannot decide. Nothing is
opened, asked or written: all of it follows from the plan.
"""

from dataclasses import asdict
from fractions import Fraction
from math import ceil
from typing import Any

from consistency.analysis.carrying import list_carried
from consistency.analysis.quantiles import needed_entities
from consistency.budget import Budget, draw_up_budget
from consistency.claim import Claim
from consistency.durations import NS_PER_S, format_duration
from consistency.errors import UsageError
from consistency.plan import Plan
from consistency.prices import Prices, reckon_cost
from consistency.target import Backend
from consistency.workers.expectation import require_readable


def forecast(plan: Plan, prices: Prices) -> list[str]:
    """The lines of it, with a table of the typical and the worst run."""
    live = plan.target.backend is Backend.LIVE
    budget = draw_up_budget(plan, cleaned=live)
    told = [*_describe_schedule(plan, budget), *_describe_hosts(plan)]
    return [*told, *_tabulate(budget, prices if live else None), *_describe_carried(plan)]


def number_forecast(plan: Plan, prices: Prices) -> dict[str, Any]:
    """The same as plain values, for programs: `dollars` is None where nothing is paid."""
    live = plan.target.backend is Backend.LIVE
    budget = draw_up_budget(plan, cleaned=live)
    ways = {
        name: {
            **asdict(way.calls),
            "duration_s": way.duration_s,
            "disk_bytes": way.disk_bytes,
            "dollars": reckon_cost(way.calls, prices).dollars if live else None,
        }
        for name, way in (("typical", budget.typical), ("worst", budget.worst))
    }
    carried = [] if plan.workload.is_transactional else list_carried(plan.entities)
    quantiles = {f"{float(each.quantile):g}": asdict(each) | {"quantile": float(each.quantile)} for each in carried}
    return {"target": plan.target.backend, "entities": budget.entities, **ways, "quantiles": quantiles}


def warn_too_fine(plan: Plan) -> list[str]:
    """One line for each claim about a quantile that the plan's entities cannot reach, whatever the store does."""
    claims = plan.parsed_claims
    needed = [(claim, claim.quantile, needed_entities(claim.quantile)) for claim in claims if claim.quantile]
    return [_warn(plan, claim, quantile, needs) for claim, quantile, needs in needed if needs > plan.entities]


def _warn(plan: Plan, claim: Claim, quantile: Fraction, needs: int) -> str:
    takes = format_duration(ceil(needs / plan.rate_per_s) * NS_PER_S)
    return (
        f"warning: {claim.subject}: p{float(100 * quantile):g} needs {needs:,} entities, the plan has "
        f'{plan.entities:,}: the verdict will be "cannot tell". --entities {needs} takes {takes}.'
    )


def _describe_schedule(plan: Plan, budget: Budget) -> list[str]:
    if plan.workload.is_transactional:
        written = (
            f"{plan.entities:,} transactions of each of {plan.writers} writers at {plan.rate}, over {plan.keys} keys"
        )
    else:
        probes = ", ".join(action.replace("_", " ") for action in plan.probes)
        written = f"{plan.entities:,} entities a stream at {plan.rate}, {budget.entities:,} in all; probes: {probes}"
    clock = " of simulated time" if plan.virtual_time else ""
    searched = f"each is searched for until it is seen, {format_duration(plan.deadline_ns)} at most"
    return [
        f"target    {plan.target.backend}",
        f"workload  {plan.workload}: {written}",
        f"schedule  writes for {format_duration(plan.writing_ns)}{clock}; {searched}",
    ]


def _describe_hosts(plan: Plan) -> list[str]:
    """How readers on other hosts join, where they can."""
    try:
        require_readable(plan)
    except UsageError:
        return []
    return ["hosts     readers on others need no channel: consistency write PLAN --start 60s prints what to type there"]


def _tabulate(budget: Budget, prices: Prices | None) -> list[str]:
    """Typical: every first attempt hits. Worst: nothing is ever seen. Money only where `prices` are paid."""
    ways = budget.typical, budget.worst
    rows: list[tuple[str, list[str]]] = [("", ["typical", "worst"])]
    rows += [
        (kind, [f"{getattr(way.calls, kind):,}" for way in ways])
        for kind in ("writes", "reads", "deletes")
        if any(getattr(way.calls, kind) for way in ways)
    ]
    rows.append(("duration", [format_duration(way.duration_s * NS_PER_S) for way in ways]))
    rows.append(("disk", [f"{way.disk_bytes / 1e6:,.1f} MB" for way in ways]))
    if prices is not None:
        rows.append(("cost", [f"${reckon_cost(way.calls, prices).dollars:.4f}" for way in ways]))
    lines = [f"{name:10}{typical:>14}{worst:>14}" for name, (typical, worst) in rows]
    return lines + ([f"          at prices of {prices.dated}"] if prices is not None else [])


def _describe_carried(plan: Plan) -> list[str]:
    """Nothing for transactions, which have no times until visible."""
    if plan.workload.is_transactional:
        return []
    told = [
        f"p{float(100 * each.quantile):g} {'yes' if each.carried else f'needs {each.needs:,}'}"
        for each in list_carried(plan.entities)
    ]
    return [f"quantiles {plan.entities:,} entities a probe can carry: {', '.join(told)}"]
