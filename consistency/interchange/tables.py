"""Tables: the history with one row for each operation, as CSV and as Parquet.

A History comes in, text or bytes go out. Both have the same columns; times are integer nanoseconds on the run clock,
and empty where there is none. The steps of a transaction are JSON.
"""

import csv
import io
from typing import Final

import msgspec

from consistency.history import History
from consistency.interchange.parquet import encode_table

NUMBERS: Final = ("op", "revision", "due_ns", "invoked_ns", "completed_ns", "seen", "server_ns")
COLUMNS: Final = (
    *("op", "process", "action", "entity_group", "item", "revision", "due_ns", "invoked_ns", "completed_ns"),
    *("outcome", "seen", "server_ns", "code", "steps"),
)
Cell = int | str | None


def list_rows(history: History) -> list[tuple[Cell, ...]]:
    """One row for each operation, in the order of COLUMNS."""
    rows: list[tuple[Cell, ...]] = []
    for number in range(len(history)):
        op = history[number]
        steps = history.micros.get(number)
        told = msgspec.json.encode(steps).decode() if steps else None
        rows.append(
            (
                *(op.op, op.process, str(op.action), op.item.group, op.item.name, op.revision, op.due_ns),
                *(op.invoked_ns, op.completed_ns, str(op.outcome), op.seen, op.server_ns, op.code or None, told),
            )
        )
    return rows


def write_csv(history: History) -> str:
    """A header and one line for each operation."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(list_rows(history))
    return text.getvalue()


def write_parquet(history: History) -> bytes:
    """One row group, uncompressed."""
    rows = list_rows(history)
    return encode_table({name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)}, set(NUMBERS))
