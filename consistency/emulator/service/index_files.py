"""The catalogue of composite indexes and its index.yaml: read at the start, and written as queries need more.

index_file only             its indexes are there, and every index that a query lacks is added to the file
index_file, required        its indexes are there, and a query that lacks one is refused
required only               no composite index is there but those that CreateIndex makes
"""

from pathlib import Path

from consistency.emulator.indexes.catalog import Catalog
from consistency.emulator.indexes.definitions import IndexDefinition, read_definitions, write_definitions
from consistency.emulator.settings import Settings


def open_catalog(settings: Settings) -> Catalog:
    """The catalogue that the settings mean; ValueError in one sentence where their file cannot be read."""
    file = settings.index_file
    if file is None:
        return Catalog(enforced=settings.require_indexes)
    held = _read(file) if file.exists() else []
    if settings.require_indexes:
        return Catalog(held, enforced=True)

    def add(definition: IndexDefinition) -> None:
        held.append(definition)
        file.write_text(write_definitions(held), encoding="utf-8")

    return Catalog(held, on_need=add)


def _read(file: Path) -> list[IndexDefinition]:
    try:
        return read_definitions(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"the index file {file} cannot be read: {error.strerror}") from error
