"""A client of raw messages in one namespace: what a test says to a Datastore in one readable line."""

from collections.abc import Callable, Sequence
from typing import Any

from consistency.emulator.values import messages
from consistency.emulator.values.messages import Message

Call = Callable[[str, Message], Message]
Filter = tuple[str, str, object]

PROJECT = "p"
OPERATORS = {"<": 1, "<=": 2, ">": 3, ">=": 4, "=": 5, "IN": 6, "!=": 9, "HAS_ANCESTOR": 11, "NOT_IN": 13}
REPLIES = {
    "Lookup": messages.LookupResponse,
    "RunQuery": messages.RunQueryResponse,
    "RunAggregationQuery": messages.RunAggregationQueryResponse,
    "Commit": messages.CommitResponse,
    "BeginTransaction": messages.BeginTransactionResponse,
    "Rollback": messages.RollbackResponse,
    "AllocateIds": messages.AllocateIdsResponse,
    "ReserveIds": messages.ReserveIdsResponse,
}
NOT_FINISHED, AFTER_LIMIT, NO_MORE, AFTER_CURSOR = 1, 2, 3, 4
STRONG, EVENTUAL = 1, 2


class Talk:
    """Requests of one project and namespace over some `call`."""

    def __init__(self, call: Call, namespace: str = "") -> None:
        self.call = call
        self.namespace = namespace

    def key(self, *path: str | int | None) -> Message:
        """A key from kind, name or id, kind, name or id ...; a missing or None last part leaves it incomplete."""
        key = messages.Key()
        key.partition_id.project_id, key.partition_id.namespace_id = PROJECT, self.namespace
        for kind, name in zip(path[::2], [*path[1::2], None], strict=False):
            element = key.path.add(kind=kind)
            if isinstance(name, int):
                element.id = name
            elif name is not None:
                element.name = name
        return key

    def commit(self, *mutations: Message, transaction: bytes = b"", single_use: bool = False) -> Message:
        request = messages.CommitRequest(project_id=PROJECT, mode=1 if transaction or single_use else 2)
        if transaction:
            request.transaction = transaction
        if single_use:
            request.single_use_transaction.read_write.SetInParent()
        request.mutations.extend(mutations)
        return self.call("Commit", request)

    def put(self, *path: str | int | None, **properties: object) -> Message:
        """Upsert one entity outside a transaction."""
        return self.commit(upsert(self.key(*path), **properties))

    def lookup(
        self,
        *keys: Message,
        eventual: bool = False,
        transaction: bytes = b"",
        at: Message | None = None,
        mask: Sequence[str] | None = None,
    ) -> Message:
        """`at` is a read_time, `mask` the paths of a property mask."""
        request = messages.LookupRequest(project_id=PROJECT)
        request.keys.extend(keys)
        _set_options(request.read_options, transaction, at, EVENTUAL if eventual else 0)
        if mask is not None:
            request.property_mask.paths.extend(mask)
            request.property_mask.SetInParent()
        return self.call("Lookup", request)

    def get(self, *path: str | int, **options: Any) -> dict[str, object] | None:
        """The properties of one entity, None when it is missing."""
        found = self.lookup(self.key(*path), **options).found
        return properties_of(found[0]) if found else None

    def query(self, kind: str | None = None, *filters: Filter, **options: Any) -> Message:
        """The batch of one RunQuery."""
        return self.call("RunQuery", self.query_request(kind, *filters, **options)).batch

    def query_request(
        self,
        kind: str | None = None,
        *filters: Filter,
        ancestor: Message | None = None,
        orders: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
        start: bytes = b"",
        end: bytes = b"",
        keys_only: bool = False,
        project: Sequence[str] = (),
        distinct: Sequence[str] = (),
        where: Message | None = None,
        consistency: int = 0,
        transaction: bytes = b"",
        at: Message | None = None,
    ) -> Message:
        """`orders` are property names, with a leading minus for descending; `where` is a Filter beside the filters.

        `at` is a read_time.
        """
        request = messages.RunQueryRequest(project_id=PROJECT)
        request.partition_id.project_id, request.partition_id.namespace_id = PROJECT, self.namespace
        query = request.query
        if kind is not None:
            query.kind.add(name=kind)
        _fill_filter(query, filters, ancestor, where)
        for name in orders:
            query.order.add(direction=2 if name.startswith("-") else 1).property.name = name.lstrip("-")
        if limit is not None:
            query.limit.value = limit
        query.offset, query.start_cursor, query.end_cursor = offset, start, end
        for name in ["__key__"] if keys_only else project:
            query.projection.add().property.name = name
        for name in distinct:
            query.distinct_on.add().name = name
        _set_options(request.read_options, transaction, at, consistency)
        return request

    def aggregate(self, *aggregations: tuple[str, ...], kind: str = "Kind", **options: Any) -> dict[str, object]:
        """The numbers of (operator, property or bound, alias) over a query; the last two may be left out."""
        request = self.aggregation_request(*aggregations, kind=kind, **options)
        (result,) = self.call("RunAggregationQuery", request).batch.aggregation_results
        return {alias: _plain(value) for alias, value in result.aggregate_properties.items()}

    def aggregation_request(self, *aggregations: tuple[str, ...], kind: str = "Kind", **options: Any) -> Message:
        query = self.query_request(kind, **options)
        request = messages.RunAggregationQueryRequest(project_id=PROJECT, partition_id=query.partition_id)
        request.read_options.CopyFrom(query.read_options)
        request.aggregation_query.nested_query.CopyFrom(query.query)
        for operator, argument, alias in ((*each, "", "")[:3] for each in aggregations):
            part = request.aggregation_query.aggregations.add(alias=alias)
            getattr(part, operator).SetInParent()
            if operator != "count":
                getattr(part, operator).property.name = argument
            elif argument:
                part.count.up_to.value = int(argument)
        return request

    def begin(self, *, read_only: bool = False, at: Message | None = None) -> bytes:
        """`at` is the read_time of a read-only transaction."""
        request = messages.BeginTransactionRequest(project_id=PROJECT)
        if read_only:
            request.transaction_options.read_only.SetInParent()
        if at is not None:
            request.transaction_options.read_only.read_time.CopyFrom(at)
        transaction: bytes = self.call("BeginTransaction", request).transaction
        return transaction

    def rollback(self, transaction: bytes) -> None:
        self.call("Rollback", messages.RollbackRequest(project_id=PROJECT, transaction=transaction))

    def reserve(self, *keys: Message) -> None:
        request = messages.ReserveIdsRequest(project_id=PROJECT)
        request.keys.extend(keys)
        self.call("ReserveIds", request)

    def allocate(self, *keys: Message) -> Message:
        request = messages.AllocateIdsRequest(project_id=PROJECT)
        request.keys.extend(keys)
        return self.call("AllocateIds", request)


def _set_options(options: Message, transaction: bytes, at: Message | None, consistency: int) -> None:
    if transaction:
        options.transaction = transaction
    elif at is not None:
        options.read_time.CopyFrom(at)
    elif consistency:
        options.read_consistency = consistency


def insert(key: Message, **properties: object) -> Message:
    return _mutation("insert", key, properties)


def update(key: Message, **properties: object) -> Message:
    return _mutation("update", key, properties)


def upsert(key: Message, **properties: object) -> Message:
    return _mutation("upsert", key, properties)


def delete(key: Message) -> Message:
    mutation = messages.CommitRequest().mutations.add()
    mutation.delete.CopyFrom(key)
    return mutation


def entity_of(key: Message, properties: dict[str, object]) -> Message:
    entity = messages.Entity(key=key)
    for name, value in properties.items():
        set_value(entity.properties[name], value)
    return entity


def set_value(message: Message, value: object) -> None:
    """A Value from a Python value; a Value or Key message is taken as it is."""
    match value:
        case None:
            message.null_value = 0
        case bool():
            message.boolean_value = value
        case int():
            message.integer_value = value
        case float():
            message.double_value = value
        case str():
            message.string_value = value
        case bytes():
            message.blob_value = value
        case list():
            message.array_value.SetInParent()
            for element in value:
                set_value(message.array_value.values.add(), element)
        case messages.Key():
            message.key_value.CopyFrom(value)
        case _:
            message.CopyFrom(value)


def unindexed(value: object) -> Message:
    message = messages.Value(exclude_from_indexes=True)
    set_value(message, value)
    return message


def properties_of(result: Message) -> dict[str, object]:
    """The properties of an EntityResult as Python values, where they are plain."""
    return {name: _plain(value) for name, value in result.entity.properties.items()}


def names_of(results: Sequence[Message]) -> list[str | int]:
    """Name or id of the last key element of each EntityResult."""
    return [result.entity.key.path[-1].name or result.entity.key.path[-1].id for result in results]


def found_names(batch: Message) -> list[str | int]:
    return names_of(batch.entity_results)


def time_us(stamp: Message) -> int:
    """A Timestamp in microseconds since the epoch."""
    return int(stamp.seconds * 1_000_000 + stamp.nanos // 1000)


def _plain(value: Message) -> object:
    kind = value.WhichOneof("value_type")
    if kind == "array_value":
        return [_plain(element) for element in value.array_value.values]
    return None if kind == "null_value" else getattr(value, kind)


def _mutation(operation: str, key: Message, properties: dict[str, object]) -> Message:
    mutation = messages.CommitRequest().mutations.add()
    getattr(mutation, operation).CopyFrom(entity_of(key, properties))
    return mutation


def _fill_filter(query: Message, filters: Sequence[Filter], ancestor: Message | None, where: Message | None) -> None:
    above = [("__key__", "HAS_ANCESTOR", ancestor)] if ancestor is not None else []
    parts = [*map(leaf, [*filters, *above]), *([where] if where is not None else [])]
    if parts:
        query.filter.CopyFrom(where if [where] == parts else every(*parts))


def leaf(condition: Filter) -> Message:
    """A Filter message of one property."""
    name, operator, value = condition
    message = _FILTER()
    message.property_filter.property.name, message.property_filter.op = name, OPERATORS[operator]
    set_value(message.property_filter.value, value)
    return message


def every(*parts: Message) -> Message:
    """The composite filter AND."""
    return _composite(1, parts)


def either(*parts: Message) -> Message:
    """The composite filter OR."""
    return _composite(2, parts)


def _composite(operator: int, parts: Sequence[Message]) -> Message:
    message = _FILTER()
    message.composite_filter.op = operator
    message.composite_filter.filters.extend(parts)
    return message


_FILTER: Message = type(messages.RunQueryRequest().query.filter)
