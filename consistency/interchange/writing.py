"""Writing: a run's history into files for other tools.

A history, its judgement and a folder come in; the files' paths go out. What each format holds is said in HISTORY.md.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from consistency.analysis.judgement import Judgement
from consistency.errors import ConsistencyError, UsageError
from consistency.history import ACTIONS, NEVER, History
from consistency.interchange.exporting import choose_model, export_history, write_watca
from consistency.interchange.importing import Model
from consistency.interchange.jepsen import write_edn, write_json
from consistency.interchange.percentiles import write_percentiles
from consistency.interchange.tables import write_csv, write_parquet
from consistency.whole_file import write_whole

Files = Iterator[tuple[str, bytes]]


def write_exports(
    history: History, judgement: Judgement, folder: Path, formats: Sequence[str], model: Model | None = None
) -> list[Path]:
    """The paths of all files of `formats`; UsageError for a format that is none, or a model that does not fit."""
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f'--to {",".join(formats)}: "{name}" is not one of {", ".join(FORMATS)}')
    chosen = model or choose_model(history)
    files = [file for name in formats for file in FORMATS[name](history, judgement, chosen)]
    try:
        for name, content in files:
            write_whole(folder / name, content)
    except OSError as error:
        raise ConsistencyError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
    return [folder / name for name, _ in files]


def _as_edn(history: History, _: Judgement, model: Model) -> Files:
    yield f"{model}.edn", write_edn(export_history(history, model)).encode()


def _as_json(history: History, _: Judgement, model: Model) -> Files:
    yield f"{model}.json", write_json(export_history(history, model)).encode()


def _as_watca(history: History, _: Judgement, __: Model) -> Files:
    yield "watca.tsv", write_watca(history).encode()


def _as_csv(history: History, _: Judgement, __: Model) -> Files:
    yield "operations.csv", write_csv(history).encode()


def _as_parquet(history: History, _: Judgement, __: Model) -> Files:
    yield "operations.parquet", write_parquet(history)


def _as_percentiles(history: History, judgement: Judgement, _: Model) -> Files:
    """Durations of calls, and both ends of the intervals of visibility: never one number for an interval."""
    for code in sorted(set(history.action.tolist())):
        rows = np.flatnonzero(history.action == code)
        ended, begun = history.completed_ns[rows].tolist(), history.invoked_ns[rows].tolist()
        calls = [None if end == NEVER else end - begin for end, begin in zip(ended, begun, strict=True)]
        yield f"calls-{ACTIONS[code]}.hgrm", write_percentiles(calls).encode()
    for summary in judgement.actions:
        seen = summary.visibilities
        yield f"visible-{summary.action}-lower.hgrm", write_percentiles([each.lower_ns for each in seen]).encode()
        yield f"visible-{summary.action}-upper.hgrm", write_percentiles([each.upper_ns for each in seen]).encode()


FORMATS: Final[dict[str, Callable[[History, Judgement, Model], Files]]] = {
    "csv": _as_csv,
    "parquet": _as_parquet,
    "edn": _as_edn,
    "json": _as_json,
    "watca": _as_watca,
    "hgrm": _as_percentiles,
}
