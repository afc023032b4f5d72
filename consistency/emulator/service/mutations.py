"""A mutation becomes what it writes: judged against the entity as it is, or as the mutations before it have left it.

A Mutation message comes in with its place in the reply; a Write goes out, or nothing where a conflict was detected
and the stored entity stays. Nothing is applied here, so a refusal leaves no trace.

The order of the steps is the service's: existence, conflict, the operation under its property mask, the transforms
whatever the mask says, and only then the rules for what is stored.
"""

from dataclasses import dataclass, field
from typing import Literal

from consistency.emulator.engine.log import Version
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.indexes.entries import IndexEntries, list_entries
from consistency.emulator.indexes.sizes import measure_rows
from consistency.emulator.indexes.writes import Write
from consistency.emulator.service.conflicts import detect_conflict
from consistency.emulator.service.state import State
from consistency.emulator.status import Code, ServiceError, invalid
from consistency.emulator.values.keys import KeyPath, PartitionId, describe_key, fill_partition, read_key
from consistency.emulator.values.limits import too_much
from consistency.emulator.values.masks import merge_properties, read_mask
from consistency.emulator.values.messages import Entity, Message
from consistency.emulator.values.transforms import apply_transforms, count_transforms
from consistency.emulator.values.validation import check_element, check_properties, check_written_key

Operation = Literal["insert", "update", "upsert", "delete"]
Place = tuple[PartitionId, bytes]


@dataclass(slots=True)
class Judging:
    """One commit under judgement: what it will write so far, what each place was expected to hold, its time."""

    state: State
    project: str
    database: str
    writes: dict[Place, Write] = field(default_factory=dict)
    expected: dict[Place, tuple[str, int]] = field(default_factory=dict)
    transforms: dict[Place, int] = field(default_factory=dict)
    time_us: int = 0


def judge_mutation(judging: Judging, mutation: Message, result: Message) -> tuple[Place, bool]:
    """Add the mutation's Write to the commit; its place, and whether it takes effect. ServiceError to refuse all."""
    operation: Operation | None = mutation.WhichOneof("operation")
    if operation is None:
        raise invalid("A mutation has no operation.")
    written = getattr(mutation, operation)
    key = written if operation == "delete" else written.key
    path = _read_written_key(judging, key, operation, result)
    place = (path.partition, path.path)
    earlier = judging.writes.get(place)
    partition = judging.state.engine.open_partition(path.partition) if earlier is None else earlier.partition
    stored = partition.entities.get(path.path)
    if detect_conflict(judging.state, mutation, operation, place, stored, judging.expected, result):
        return place, False
    current = stored if earlier is None else earlier
    exists = current is not None and current.body is not None
    if earlier is not None and not judging.state.engine.model.legacy:
        _check_sequence(operation, key, exists=exists)
    _check_existence(operation, key, exists=exists)
    if operation == "delete":
        if mutation.property_transforms:
            raise invalid("A delete cannot have property_transforms.")
        judging.writes[place] = Write(partition, path, None, {})
        return place, True
    if mutation.property_transforms or mutation.HasField("property_mask"):
        written = _change(judging, mutation, written, place, current, result)
    judging.writes[place] = _store_entity(judging, partition, path, written)
    return place, True


def _read_written_key(judging: Judging, key: Message, operation: Operation, result: Message) -> KeyPath:
    """The path of a mutation's key, completed with an id where insert and upsert allow it; its message in full form."""
    if not key.path:
        raise invalid(f"The {operation} has no key.")
    path = read_key(key, judging.project, judging.database)
    check_written_key(key, judging.state.limits)
    fill_partition(key, path.partition)
    if not path.complete:
        if operation in {"update", "delete"}:
            raise invalid(f"Key path is incomplete: [{describe_key(key)}]")
        partition = judging.state.engine.find_partition(path.partition)
        path = judging.state.ids.complete(key, partition, judging.project, judging.database)
        result.key.CopyFrom(key)
    return path


def _check_existence(operation: Operation, key: Message, *, exists: bool) -> None:
    if operation == "insert" and exists:
        raise ServiceError(Code.ALREADY_EXISTS, f"entity already exists: [{describe_key(key)}]")
    if operation == "update" and not exists:
        raise ServiceError(Code.NOT_FOUND, f"no entity to update: [{describe_key(key)}]")


def _check_sequence(operation: Operation, key: Message, *, exists: bool) -> None:
    """What cannot follow the mutations before it; the old service judges them one by one instead."""
    if operation == ("insert" if exists else "update"):
        before = "writing" if exists else "deleting"
        raise invalid(f"One commit cannot {operation} an entity after {before} it: [{describe_key(key)}].")


def _change(
    judging: Judging,
    mutation: Message,
    written: Message,
    place: Place,
    current: Version | Write | None,
    result: Message,
) -> Message:
    """The entity after the mutation's property mask and transforms, whose results go into the reply."""
    if mutation.HasField("property_mask"):
        stored = Entity.FromString(current.body) if current is not None and current.body is not None else Entity()
        written = merge_properties(written, stored, read_mask(mutation.property_mask))
    if mutation.property_transforms:
        _check_transforms(judging, mutation, place)
        if not judging.time_us:
            judging.time_us = judging.state.engine.read_version()
        result.transform_results.extend(apply_transforms(written, mutation.property_transforms, judging.time_us))
    return written


def _check_transforms(judging: Judging, mutation: Message, place: Place) -> None:
    limits = judging.state.limits
    judging.transforms[place] = judging.transforms.get(place, 0) + count_transforms(mutation.property_transforms)
    if judging.transforms[place] > limits.transforms:
        raise invalid(f"The property_transforms of an entity are more than {limits.transforms} in one commit.")
    for transform in mutation.property_transforms:
        for elements in (transform.append_missing_elements.values, transform.remove_all_from_array.values):
            for element in elements:
                check_element(transform.property, element, judging.project, limits)


def _check_entries(state: State, path: KeyPath, entries: IndexEntries, key: Message) -> None:
    """Indexed values and the rows of composite indexes that are there, in number and, the latter, in bytes."""
    count, size_bytes, limits = len(entries), 0, state.limits
    for definition in state.catalog.find_kind(path.kind):
        rows = measure_rows(definition, entries, path.path)
        count, size_bytes = count + rows.number, size_bytes + rows.size_bytes
    if count > limits.index_entries:
        raise too_much("The list of index entries", limits.index_entries, "rows", f": [{describe_key(key)}]")
    if size_bytes > limits.composite_bytes:
        raise too_much(
            "The sum of composite index entries", limits.composite_bytes, "bytes", f": [{describe_key(key)}]"
        )


def _store_entity(judging: Judging, partition: Partition, path: KeyPath, entity: Message) -> Write:
    """The bytes that are stored of an entity, the same for equal entities, and its index entries."""
    limits = judging.state.limits
    check_properties(entity, judging.project, limits)
    body: bytes = entity.SerializePartialToString(deterministic=True)
    if len(body) > limits.entity_bytes:
        raise too_much("The entity", limits.entity_bytes, "bytes", f": [{describe_key(entity.key)}]")
    entries = list_entries(entity)
    _check_entries(judging.state, path, entries, entity.key)
    return Write(partition, path, body, entries)
