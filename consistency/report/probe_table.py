"""The table of the first screen: one row for each probe, every figure with its interval or with what it lacks.

Material comes in, rows of cells go out, as text; a page and a Markdown file show the same rows.
"""

from dataclasses import dataclass
from fractions import Fraction

from consistency.analysis.judgement import ActionSummary, QuantileEstimate, Share
from consistency.report.material import Material, find_quantile, name_action, name_quantile
from consistency.report.words import (
    write_confidence,
    write_count,
    write_interval,
    write_percent,
    write_percent_at_most,
    write_percent_interval,
)

QUANTILES = (Fraction(1, 2), Fraction(9, 10), Fraction(99, 100))
HEADINGS = (
    "probe (entities)",
    "missed first attempt (% of entities)",
    "attempts until seen: median (max)",
    *(f"{name_quantile(quantile)} (time until visible)" for quantile in QUANTILES),
    "never seen (entities)",
    "errors (attempts)",
)


@dataclass(frozen=True)
class Cell:
    """What a cell says, and how sure that is."""

    text: str
    detail: str = ""


def make_rows(material: Material) -> list[list[Cell]]:
    """One row per probe of the judgement, in its order."""
    return [_make_row(material, summary) for summary in material.judgement.actions]


def _make_row(material: Material, summary: ActionSummary) -> list[Cell]:
    return [
        Cell(name_action(summary.action), f"{summary.n:,}"),
        _share_cell(summary.missed_first, in_percent=True),
        Cell(_write_attempts(summary)),
        *(_quantile_cell(material, summary, quantile) for quantile in QUANTILES),
        _share_cell(summary.never_seen, in_percent=False),
        Cell(
            f"{sum(summary.errors.values()):,}",
            ", ".join(f"{code} {n:,}" for code, n in sorted(summary.errors.items())),
        ),
    ]


def _share_cell(share: Share, in_percent: bool) -> Cell:
    if not share.n:
        return Cell("none was probed")
    text = write_percent(share.count / share.n) if in_percent else f"{share.count:,}"
    if not share.count:
        return Cell(text, f"0 of {share.n:,}: at most {write_percent_at_most(share.upper)}")
    return Cell(text, f"{share.count:,} of {share.n:,}: {write_percent_interval(share.lower, share.upper)}")


def _write_attempts(summary: ActionSummary) -> str:
    """Of the entities that were seen: the median by nearest rank, and the most."""
    seen = sorted(summary.retries.elements())
    if not seen:
        return "none was seen"
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
    return Cell(
        text, f"95 %: {write_confidence(estimate.interval_lower_ns, estimate.interval_upper_ns, resolution_ns)}"
    )
