"""The page of several runs side by side: for each probe one table, with one row for each run.

Judged runs come in; side-by-side.html is written into the last one's folder. It shows figures and no differences: who
wants to know whether two stores differ compares those two, with an interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from consistency.errors import ConsistencyError
from consistency.operation import Action
from consistency.report.documents import render
from consistency.report.material import Material, name_action
from consistency.report.probe_table import Cell, make_headings, make_rows
from consistency.report.sentences import SIGNS
from consistency.whole_file import write_whole

NAME = "side-by-side.html"


@dataclass(frozen=True)
class Row:
    """One run under one probe: its cells, or why it has none."""

    run: str
    cells: list[Cell]
    lacks: str = ""


def write_side_by_side(materials: Sequence[Material], folder: Path) -> Path:
    """Write the page into `folder`; its path. ConsistencyError where that fails."""
    path = folder / NAME
    try:
        write_whole(path, make_page(materials).encode())
    except OSError as error:
        raise ConsistencyError(f"The page cannot be written: {path}: {error.strerror}.") from error
    return path


def make_page(materials: Sequence[Material]) -> str:
    """The page's HTML."""
    return render(
        "side_by_side.html.j2",
        title=f"{len(materials)} runs side by side",
        runs=[(SIGNS[each.judgement.verdict], each.judgement, each.manifest) for each in materials],
        headings=["run (entities)", *make_headings(_without_claims(materials[0]))[1:]],
        probes=[(name_action(action), rows) for action, rows in make_tables(materials).items()],
    )


def make_tables(materials: Sequence[Material]) -> dict[Action, list[Row]]:
    """For each probe that some run's plan asks for, what each run has of it, in the order of the runs."""
    actions = {action: None for each in materials for action in (*each.plan.probes, *each.plan.unsupported)}
    return {action: [_make_row(each, action) for each in materials] for action in actions}


def _make_row(material: Material, action: Action) -> Row:
    run, judgement = material.manifest.run, material.judgement
    if why := material.plan.unsupported.get(action):
        return Row(run, [], f"not supported: {why}")
    alone = replace(
        judgement, actions=tuple(replace(s, readers={}) for s in judgement.actions if s.action is action), shared=()
    )
    rows = make_rows(_without_claims(replace(material, judgement=alone)))
    if not rows:
        return Row(run, [], "this run did not ask in this way")
    first, *rest = rows[0]
    return Row(run, [Cell(run, first.detail), *rest])


def _without_claims(material: Material) -> Material:
    """Of all runs the same quantiles are shown, whatever each of them claims."""
    return replace(material, judgement=replace(material.judgement, claims=()))


def say_rows(materials: Sequence[Material]) -> list[str]:
    """The same for a terminal: a line for each probe and run."""
    return [
        f"{name_action(action)}, {row.run}: {row.lacks or _say_cells(headings, row.cells)}"
        for headings in [make_headings(_without_claims(materials[0]))]
        for action, rows in make_tables(materials).items()
        for row in rows
    ]


def _say_cells(headings: Sequence[str], cells: Sequence[Cell]) -> str:
    told = zip(headings[1:5], cells[1:5], strict=True)
    return "; ".join(f"{heading.partition(' (')[0].partition(':')[0]} {cell.text}" for heading, cell in told)
