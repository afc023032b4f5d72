"""The table of the first screen: one row for each probe, every figure with its interval or with what it lacks.

Material comes in, rows of cells go out, as text; a page and a Markdown file show the same rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from consistency.analysis.judgement import ActionSummary, QuantileEstimate, Share
from consistency.analysis.words import (
    write_count,
    write_interval,
    write_percent,
)
from consistency.report.material import Material, find_quantile, name_action, name_quantile, say_sure
from consistency.report.steps import Step, name_step, say_goal

USUAL = tuple(map(Fraction, ("0.5", "0.9", "0.99", "0.999")))  # a run's claims may be about others


@dataclass(frozen=True)
class Cell:
    """What a cell says, and how sure that is."""

    text: str
    detail: str = ""


def make_headings(material: Material) -> list[str]:
    """What each column holds, in which unit."""
    step = name_step(material)
    return [
        "probe (entities)",
        f"{step.missed} (% of entities)",
        f"attempts until {step.seen}: median (max)",
        *(f"{name_quantile(quantile)} (time until {step.done})" for quantile in list_quantiles(material)),
        f"never {step.seen} (entities)",
        "errors (attempts)",
    ]


def list_quantiles(material: Material) -> list[Fraction]:
    """The quantiles that have a column."""
    claimed = (judged.claim.quantile for judged in material.judgement.claims)
    return sorted({*USUAL, *(quantile for quantile in claimed if quantile is not None)})


def make_rows(material: Material) -> list[list[Cell]]:
    """One row per probe of the judgement, in its order; where several readers looked, one for each of them below."""
    rows = []
    for summary in material.judgement.actions:
        rows.append(_make_row(material, summary, name_action(summary.action)))
        rows += [
            _make_row(material, found, f"{name_action(summary.action)}, {reader} alone")
            for reader, found in summary.readers.items()
        ]
    rows += [
        _make_row(material, summary, f"{name_action(summary.action)}, all probes on the same entities")
        for summary in material.judgement.shared
    ]
    return rows


def _make_row(material: Material, summary: ActionSummary, name: str) -> list[Cell]:
    return [
        Cell(name, "; ".join(filter(None, (f"{summary.n:,}", say_goal(material, summary.action))))),
        _missed_cell(summary),
        Cell(_write_attempts(summary, name_step(material))),
        *(_quantile_cell(material, summary, quantile) for quantile in list_quantiles(material)),
        _never_seen_cell(summary),
        Cell(
            f"{sum(summary.errors.values()):,}",
            ", ".join(f"{code} {n:,}" for code, n in sorted(summary.errors.items())),
        ),
    ]


def _missed_cell(summary: ActionSummary) -> Cell:
    share, unanswered = summary.missed_first, summary.n - summary.missed_first.n - summary.late
    if not summary.n:
        return Cell("none was probed")
    text = write_percent(share.count / share.n) if share.n else "not known"
    parts = ((summary.late, "late"), (unanswered, "not answered"))
    return Cell(text, _write_share(share, parts))


def _never_seen_cell(summary: ActionSummary) -> Cell:
    if not summary.n:
        return Cell("none was probed")
    parts = (
        (summary.unanswered, "not answered to the end"),
        (summary.stopped, "stopped before the deadline"),
        (summary.behind_deadline, "looked for behind the deadline"),
    )
    return Cell(f"{summary.never_seen.count:,}", _write_share(summary.never_seen, parts))


def _write_share(share: Share, unknown: Iterable[tuple[int, str]]) -> str:
    """The share with its interval, and how many are not known to belong to it or not."""
    known = f"{share.count:,} of {share.n:,}: {say_sure(share)}" if share.n else ""
    return "; ".join(filter(None, (known, *(f"{count:,} {what}" for count, what in unknown if count))))


def _write_attempts(summary: ActionSummary, step: Step) -> str:
    """Of the entities that were seen: the median by nearest rank, and the most."""
    seen = sorted(summary.retries.elements())
    if not seen:
        return f"none was {step.seen}"
    return f"{seen[(len(seen) - 1) // 2] + 1:,} ({seen[-1] + 1:,})"


def _quantile_cell(material: Material, summary: ActionSummary, quantile: Fraction) -> Cell:
    estimate = find_quantile(summary, quantile)
    if estimate is None:
        return Cell("not judged")
    if summary.n < estimate.needs:
        return Cell(f"needs {write_count(estimate.needs, 'entity', 'entities')}")
    return _estimate_cell(material, summary, estimate)


def _estimate_cell(material: Material, summary: ActionSummary, estimate: QuantileEstimate) -> Cell:
    resolution_ns = material.resolution_ns(summary.action, estimate.lower_ns, estimate.upper_ns)
    text = write_interval(estimate.lower_ns, estimate.upper_ns, resolution_ns)
    return Cell(text, material.write_sure(summary.action, estimate))
