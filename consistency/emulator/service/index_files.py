"""The catalogue of composite indexes and its index.yaml: read at the start, added to as queries need more.

index_file only             its indexes are there, and every index that a query lacks is added to the file
index_file, required        its indexes are there, and a query that lacks one is refused
required only               no composite index is there but those that CreateIndex makes
data_dir, no index_file     the file is index.yaml in the data folder, begun when there is something to keep

CreateIndex and DeleteIndex change the file in all cases. What people wrote in it stays as it is, with their comments.
It is read again, under a lock, before each change: the workers of a parallel test run add to one file.
"""

import os
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from consistency.emulator.indexes.catalog import Catalog
from consistency.emulator.indexes.definitions import (
    IndexDefinition,
    append_definition,
    read_definitions,
    remove_definition,
)
from consistency.emulator.settings import Settings
from consistency.emulator.status import Code, ServiceError

_NAME = "index.yaml"  # as in the data folder of Google's emulator
_PATIENCE_S = 5.0  # others hold the file for the time of one write


class IndexFile:
    """The Keeper of a catalogue's definitions."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, definition: IndexDefinition) -> None:
        """Put the definition into the file unless somebody has."""

        def change(text: str) -> str:
            return text if definition in read_definitions(text) else append_definition(text, definition)

        self._rewrite(change)

    def remove(self, definition: IndexDefinition) -> None:
        """Take the definition out of the file."""
        self._rewrite(lambda text: remove_definition(text, definition))

    def _rewrite(self, change: Callable[[str], str]) -> None:
        try:
            with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_PATIENCE_S):
                text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
                if (changed := change(text)) != text:
                    self.path.write_text(changed, encoding="utf-8")
        except (OSError, ValueError) as error:
            told = f"The index file {self.path} cannot be changed: {error}."
            raise ServiceError(Code.FAILED_PRECONDITION, told) from error


def open_catalog(settings: Settings) -> Catalog:
    """The catalogue that the settings mean; ValueError in one sentence where their file cannot be used."""
    file, required = settings.index_file, settings.require_indexes
    if file is not None and not required and not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ValueError(f"the index file {file} cannot be written, and indexes that queries need are added to it")
    if file is None and settings.data_dir is not None:
        file = settings.data_dir / _NAME
    elif file is None:
        return Catalog(enforced=required)
    begun = file.exists() or (required and file == settings.index_file)
    return Catalog(_read(file) if begun else (), enforced=required, keeper=IndexFile(file))


def _read(file: Path) -> list[IndexDefinition]:
    try:
        return read_definitions(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError(f"the index file {file} is not text") from None
    except OSError as error:
        raise ValueError(f"the index file {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
