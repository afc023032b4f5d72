"""An export's folder, as Google's tools lay it out.

    NAME.overall_export_metadata                                    records: "3", and an OverallExport
    all_namespaces/kind_Song/all_namespaces_kind_Song.export_metadata       an Export: which files
    all_namespaces/kind_Song/output-0                                       records: entities of the old API

Sets of entities come in and go out: all of them, or those of a namespace, of a kind, or of both. The overall file is
written last, so that an export that was cut short is never taken for a whole one.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from google.protobuf.message import DecodeError

from consistency.emulator.exports.protos import EntityProto, Export, Message, OverallExport
from consistency.emulator.exports.records import RecordFile, read_records

_ONE_KIND, _ALL_KINDS = 1, 2
_DEFAULT_NAMESPACE, _ONE_NAMESPACE, _ALL_NAMESPACES = 1, 2, 3
_VERSION = b"3"
_OVERALL, _ONE, _OUTPUT = ".overall_export_metadata", ".export_metadata", "output-0"


class EntitySet(NamedTuple):
    """Which entities: of one kind or, None, of all; in one namespace (empty: the default one) or in all."""

    kind: str | None = None
    namespace: str | None = None

    @property
    def folders(self) -> tuple[str, str]:
        """The names of its folders."""
        if self.namespace:
            outer = f"namespace_{self.namespace}"
        else:
            outer = "all_namespaces" if self.namespace is None else "default_namespace"
        return outer, "all_kinds" if self.kind is None else f"kind_{quote(self.kind, safe=' ')}"


class Written(NamedTuple):
    """One set of entities that was written."""

    entities: EntitySet
    file: str
    entity_count: int
    byte_count: int


def open_set(folder: Path, entities: EntitySet) -> RecordFile:
    """The file of one set's entities in the export's folder; `describe_set` follows when all are in it."""
    place = folder.joinpath(*entities.folders)
    place.mkdir(parents=True)
    return RecordFile(place / _OUTPUT)


def describe_set(folder: Path, entities: EntitySet, file: RecordFile, start_us: int, end_us: int) -> Written:
    """Write beside the finished file of a set which entities it has."""
    described = Export()
    information = described.information
    information.name, information.start_us, information.end_us = folder.name, start_us, end_us
    described.files.add(kind=entities.kind or "", file=[_OUTPUT])
    name = folder.joinpath(*entities.folders) / f"{'_'.join(entities.folders)}{_ONE}"
    name.write_bytes(described.SerializeToString())
    return Written(entities, name.relative_to(folder).as_posix(), file.count, file.size_bytes)


def write_overall(folder: Path, sets: Iterable[Written]) -> Path:
    """Write the file that makes the folder a whole export; its path is what an import is given."""
    overall = OverallExport()
    for (kind, namespace), file, entity_count, byte_count in sets:
        pointer = overall.pointers.add(file=file, entity_count=entity_count, byte_count=byte_count)
        pointer.entities.kinds, pointer.entities.kind = (_ALL_KINDS if kind is None else _ONE_KIND), kind or ""
        if namespace:
            pointer.entities.namespaces = _ONE_NAMESPACE
        else:
            pointer.entities.namespaces = _ALL_NAMESPACES if namespace is None else _DEFAULT_NAMESPACE
        pointer.entities.namespace = namespace or ""
    path = folder / f"{folder.name}{_OVERALL}"
    with RecordFile(path) as records:
        records.add(_VERSION)
        records.add(overall.SerializeToString())
    return path


def read_export(overall: Path) -> Iterator[Message]:
    """The EntityProto of each exported entity; ValueError in one sentence, OSError, where a file cannot be read."""
    for pointer in _parse(OverallExport, overall, list(read_records(overall))[1:]).pointers:
        described = overall.parent / pointer.file
        for files in _parse(Export, described, [described.read_bytes()]).files:
            for file in files.file:
                yield from _read_entities(described.parent / file)


def _read_entities(path: Path) -> Iterator[Message]:
    for record in read_records(path):
        yield _parse(EntityProto, path, [record])


def _parse(kind: Message, path: Path, records: list[bytes]) -> Message:
    try:
        (content,) = records
        return kind.FromString(content)
    except (DecodeError, ValueError) as error:
        raise ValueError(f"{path} is not what an export holds there") from error
