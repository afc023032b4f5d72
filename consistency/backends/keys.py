"""The keys and properties of the entities that are written, as raw protobuf messages.

An entity is Kind01 with `myid` (its key name) and `timestamp`; it is a root, or lies under Kind00:<group> /
Kind00:'father', neither of which exists as an entity. Where a plan's workload changes entities, each also has
`revision`, and `value`, by which a query asks for one revision: old and new are told apart by index rows.
"""

from typing import Any

from google.cloud.datastore_v1.types import entity, query

from consistency.operation import Item
from consistency.probing import Ancestor

KIND = "Kind01"
ANCESTOR_KIND = "Kind00"
PropertyFilter = query.PropertyFilter.pb()
PropertyOrder = query.PropertyOrder.pb()
PartitionId = entity.PartitionId.pb()
NS_PER_US, NS_PER_S = 1_000, 1_000_000_000


def name_value(item: Item, revision: int) -> str:
    """The value of the property `value`, by which a query finds exactly this revision."""
    return f"{item.name}#{revision}"


def fill_key(key: Any, partition: dict[str, str], *, below: bool) -> None:
    """Make `key` the pattern of a root's key, or of one below the ancestors, whose names are still to be set."""
    key.partition_id.CopyFrom(PartitionId(**partition))
    if below:
        add_ancestors(key, Ancestor.FATHER, "")
    key.path.add(kind=KIND)


def name_key(key: Any, item: Item) -> None:
    """Put the item's names into a pattern."""
    path = key.path
    path[-1].name = item.name
    if len(path) > 1:
        path[0].name = item.group


def add_ancestors(key: Any, last: str, group: str) -> None:
    """Add the path elements down to the ancestor that `last` names."""
    key.path.add(kind=ANCESTOR_KIND, name=group)
    if last == Ancestor.FATHER:
        key.path.add(kind=ANCESTOR_KIND, name=Ancestor.FATHER)


def fill_entity(written: Any, item: Item, wall_ns: int, revision: int, *, revisioned: bool) -> None:
    """Set key names and properties."""
    name_key(written.key, item)
    properties = written.properties
    properties["myid"].string_value = item.name
    fill_stamp(properties["timestamp"].timestamp_value, wall_ns)
    if revisioned:
        properties["revision"].integer_value = revision
        properties["value"].string_value = name_value(item, revision)


def fill_stamp(stamp: Any, wall_ns: int) -> None:
    """Set a Timestamp to ns of the epoch, cut to the microseconds that the service keeps."""
    stamp.seconds, nanos = divmod(wall_ns, NS_PER_S)
    stamp.nanos = nanos // NS_PER_US * NS_PER_US


def read_revision(found: Any) -> int:
    """Which revision an entity is; those that never change have the first."""
    properties = found.properties
    return properties["revision"].integer_value if "revision" in properties else 1
