"""Entities of the old API and of v1, each from the other.

The bytes of a stored v1 Entity come in, those of an EntityProto go out, and back. Properties that are not indexed stand
in a list of their own there, so an array whose elements are indexed in part comes back with the indexed ones first:
that is what the format can say, and what Google's tools do too.

A vector is an array of unindexed doubles, each with the vector's meaning: the old API had none, and what the service
writes is not known.
"""

from consistency.emulator.exports.keys import Move, read_reference, write_path, write_reference
from consistency.emulator.exports.protos import EntityProto, Message
from consistency.emulator.exports.values import ENTITY, is_user, read_value, write_user, write_value
from consistency.emulator.values.messages import Entity

_EMPTY_LIST, _VECTOR = 24, 31


def write_entity(body: bytes) -> bytes:
    """The EntityProto of a stored entity."""
    content: bytes = _convert(Entity.FromString(body)).SerializeToString()
    return content


def read_entity(record: Message, project: str, database: str) -> Message:
    """The v1 Entity of an EntityProto, as one of this project and database."""
    return _revert(record, Move(record.key.app, project, database))


def _convert(entity: Message) -> Message:
    record = EntityProto()
    record.key.path.SetInParent()
    record.entity_group.SetInParent()
    write_reference(entity.key, record.key, record.key.path.element)
    write_path(entity.key, record.entity_group.element, 1)
    for name in sorted(entity.properties):
        value = entity.properties[name]
        if value.WhichOneof("value_type") != "array_value":
            _add(record, name, value, multiple=False)
        elif not value.array_value.values:
            _begin(record, name, excluded=value.exclude_from_indexes, multiple=False).meaning = _EMPTY_LIST
        else:
            _add_elements(record, name, value)
    return record


def _add_elements(record: Message, name: str, array: Message) -> None:
    for element in array.array_value.values:
        if array.meaning == _VECTOR:
            element.meaning, element.exclude_from_indexes = _VECTOR, True
        _add(record, name, element, multiple=True)


def _add(record: Message, name: str, value: Message, *, multiple: bool) -> None:
    held = _begin(record, name, excluded=value.exclude_from_indexes, multiple=multiple)
    if is_user(value):
        write_user(value, held)
    elif value.WhichOneof("value_type") == "entity_value":
        held.meaning, held.value.string = ENTITY, _convert(value.entity_value).SerializeToString()
    else:
        write_value(value, held)


def _begin(record: Message, name: str, *, excluded: bool, multiple: bool) -> Message:
    held = (record.raw_property if excluded else record.property).add(name=name, multiple=multiple)
    held.value.SetInParent()
    return held


def _revert(record: Message, move: Move) -> Message:
    entity = Entity()
    if record.key.path.element:
        read_reference(record.key, record.key.path.element, entity.key, move)
    for held in record.property:
        _revert_property(held, entity.properties[held.name], move, excluded=False)
    for held in record.raw_property:
        _revert_property(held, entity.properties[held.name], move, excluded=True)
    return entity


def _revert_property(held: Message, value: Message, move: Move, *, excluded: bool) -> None:
    if held.meaning == _EMPTY_LIST:
        value.array_value.SetInParent()
        return
    if held.multiple and held.meaning == _VECTOR:
        value.meaning, value.exclude_from_indexes = _VECTOR, True
        value.array_value.values.add(double_value=held.value.double)
        return
    if held.multiple:
        value = value.array_value.values.add()
    value.exclude_from_indexes = excluded
    if held.meaning == ENTITY:
        inner = EntityProto.FromString(held.value.string)
        value.entity_value.CopyFrom(_revert(inner, move))
    else:
        read_value(held, value, move)
