"""Keys of the old API: an application's id in place of the project, the path either apart or within a value.

An application's id may begin with its region's letter ("s~project"), which is no part of the project's name. On import
keys of the exported application become keys of the project that imports, those within values too; others stay.
"""

from typing import NamedTuple

from consistency.emulator.exports.protos import Message


class Move(NamedTuple):
    """From the application whose entities are imported to the project and database that they come to."""

    app: str
    project: str
    database: str


def write_reference(key: Message, reference: Message, elements: Message) -> None:
    """Put a key into a Reference or ReferenceValue, its path into that one's `elements`."""
    place = key.partition_id
    reference.app = place.project_id
    if place.namespace_id:
        reference.name_space = place.namespace_id
    if place.database_id:
        reference.database_id = place.database_id
    write_path(key, elements)


def write_path(key: Message, elements: Message, count: int | None = None) -> None:
    """Put the first `count` elements of a key's path, or all of them, into elements of the old form."""
    for element in key.path[:count]:
        added = elements.add(type=element.kind)
        id_type = element.WhichOneof("id_type")
        if id_type is not None:
            setattr(added, id_type, getattr(element, id_type))


def read_reference(reference: Message, elements: Message, key: Message, move: Move) -> None:
    """Put a Reference or ReferenceValue, whose path is `elements`, into a key where it comes to."""
    place, own = key.partition_id, reference.app == move.app
    place.project_id = move.project if own else project_of(reference.app)
    place.database_id = move.database if own else reference.database_id
    place.namespace_id = reference.name_space
    for element in elements:
        added = key.path.add(kind=element.type)
        if element.HasField("name"):
            added.name = element.name
        elif element.id:
            added.id = element.id


def project_of(app: str) -> str:
    """The project of an application's id."""
    return app.rpartition("~")[2]
