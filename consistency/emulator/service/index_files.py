"""The catalogue of composite indexes and its index.yaml: read at the start, and added to as queries need more.

index_file only             its indexes are there, and every index that a query lacks is added to the file
index_file, required        its indexes are there, and a query that lacks one is refused
required only               no composite index is there but those that CreateIndex makes

What people wrote in the file stays as it is, with their comments. It is read again, under a lock, before each addition:
the workers of a parallel test run add to one file.
"""

import os
from pathlib import Path

from filelock import FileLock

from consistency.emulator.indexes.catalog import Catalog
from consistency.emulator.indexes.definitions import IndexDefinition, append_definition, read_definitions
from consistency.emulator.settings import Settings
from consistency.emulator.status import Code, ServiceError

_PATIENCE_S = 5.0  # others hold the file for the time of one write


def open_catalog(settings: Settings) -> Catalog:
    """The catalogue that the settings mean; ValueError in one sentence where their file cannot be used."""
    file = settings.index_file
    if file is None:
        return Catalog(enforced=settings.require_indexes)
    if settings.require_indexes:
        return Catalog(_read(file), enforced=True)
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ValueError(f"the index file {file} cannot be written, and indexes that queries need are added to it")
    return Catalog(_read(file) if file.exists() else (), on_need=lambda definition: _add(file, definition))


def _read(file: Path) -> list[IndexDefinition]:
    try:
        return read_definitions(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError(f"the index file {file} is not text") from None
    except OSError as error:
        raise ValueError(f"the index file {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _add(file: Path, definition: IndexDefinition) -> None:
    """Put the definition into the file unless somebody has; what is there is kept to the letter."""
    try:
        with FileLock(file.with_name(f".{file.name}.lock"), timeout=_PATIENCE_S):
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            if definition not in read_definitions(text):
                file.write_text(append_definition(text, definition), encoding="utf-8")
    except (OSError, ValueError) as error:
        told = f"The index file {file} cannot be added to: {error}."
        raise ServiceError(Code.FAILED_PRECONDITION, told) from error
