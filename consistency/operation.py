"""The vocabulary: what was asked, what came back, and when.

Workers append Invocations and Completions to the history; judging pairs them into Operations. Times are integer
nanoseconds on the run clock. Both halves are on disk, not finished operations: if a process dies in the middle of a
write, the write may have happened, and a history without its invocation would make a later read look like a phantom.
"""

from enum import StrEnum

import msgspec


class Action(StrEnum):
    """What an operation does to the store. (Not «kind»: in Datastore a kind is a table.)"""

    WRITE = "write"
    UPDATE = "update"
    DELETE = "delete"
    TRANSACTION = "transaction"  # several steps at once: its Micros
    KEY_GET = "key_get"
    EVENTUAL_GET = "eventual_get"  # a get that may be answered by any replica
    READ_TIME_GET = "read_time_get"  # a get of the state at a given time
    ANCESTOR_QUERY = "ancestor_query"
    READ_ONLY_QUERY = "read_only_query"  # an ancestor query in a read-only transaction
    GLOBAL_QUERY = "global_query"
    KEYS_ONLY_QUERY = "keys_only_query"
    PROJECTION_QUERY = "projection_query"
    COUNT_QUERY = "count_query"
    GQL_QUERY = "gql_query"
    ORDERED_QUERY = "ordered_query"  # what was written last, the newest first


UNDER_ANCESTORS = frozenset({Action.ANCESTOR_QUERY, Action.READ_ONLY_QUERY})
MUTATIONS = frozenset({Action.WRITE, Action.UPDATE, Action.DELETE, Action.TRANSACTION})  # every other one is a read


class Verb(StrEnum):
    """What one step of a transaction does, in Elle's letters."""

    READ = "r"
    WRITE = "w"
    APPEND = "append"
    IF = "if"  # asks for `value`: an unanswered compare-and-set happened where it was, or nowhere
    OTHER = "other"  # found something else than `value`: a compare-and-set that did not fit


class Micro(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One step of a transaction. `value`: what is written or appended, or what a read returned (a list where the key
    holds one); None for a read that has not returned, and for an absent value."""

    verb: Verb
    key: str
    value: int | tuple[int, ...] | None = None


class Outcome(StrEnum):
    """ok: it happened. fail: it certainly did not. info: nobody can tell."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class Item(msgspec.Struct, frozen=True, order=True, gc=False):
    """One entity: its key name, and the name of the root of its entity group (itself, where it has no parent)."""

    group: str
    name: str


class Invocation(msgspec.Struct, frozen=True, gc=False, tag="invoke", tag_field="event", omit_defaults=True):
    """A call begins. `due_ns` is when the schedule wanted it: `at_ns - due_ns` is its lateness.

    `revision`: of a write the one that it makes, of a read the one that it asks for (by its value, where it queries).
    """

    op: int
    process: str
    action: Action
    item: Item
    due_ns: int
    at_ns: int
    revision: int = 0
    micros: tuple[Micro, ...] = ()


class Completion(msgspec.Struct, frozen=True, gc=False, tag="complete", tag_field="event", omit_defaults=True):
    """A call ends.

    `seen`: the revision that a read returned, 0 = absent. `server_ns`: the service's own stamp (update time of a
    write, read time of a read; epoch), None where it gave none. `code`: the status name of an error. `order`: of the
    results of an ordered query the values by which they were to be sorted, largest first, as they came.
    """

    op: int
    process: str
    at_ns: int
    outcome: Outcome
    seen: int = 0
    server_ns: int | None = None
    code: str = ""
    micros: tuple[Micro, ...] = ()
    order: tuple[int, ...] = ()


class FaultChange(msgspec.Struct, frozen=True, gc=False, tag="fault", tag_field="event"):
    """A scheduled fault begins (`active`) or ends. `fault`: its name in the plan, the same at both ends."""

    process: str
    at_ns: int
    fault: str
    active: bool


class Began(msgspec.Struct, frozen=True, gc=False, tag="begin", tag_field="event", omit_defaults=True):
    """A process begins, or goes on, in `region` ("": nobody said). `unannounced`: it is told of no write, and looks for
    what the plan has due. Where there is neither to tell, the event is left out."""

    process: str
    at_ns: int
    region: str
    unannounced: bool = False


class Sounding(msgspec.Struct, frozen=True, gc=False, tag="sounding", tag_field="event"):
    """A call that only asks what time it is: between `asked_ns` and `at_ns` of the process's clock the service's was
    `server_ns` (epoch)."""

    process: str
    asked_ns: int
    at_ns: int
    server_ns: int


class Ended(msgspec.Struct, frozen=True, gc=False, tag="end", tag_field="event"):
    """A process has done all that it had to do. Its absence means that the process was cut off."""

    process: str
    at_ns: int


Event = Invocation | Completion | FaultChange | Began | Sounding | Ended


class Operation(msgspec.Struct, frozen=True):
    """An invocation and its completion. No completion: `completed_ns` is None and the outcome is info."""

    op: int
    process: str
    action: Action
    item: Item
    revision: int
    due_ns: int
    invoked_ns: int
    completed_ns: int | None
    outcome: Outcome
    seen: int
    server_ns: int | None
    code: str


class Announcement(msgspec.Struct, frozen=True, gc=False, tag="announce", tag_field="line"):
    """A write that readers are to look for: number `index` of the entities of `stream`."""

    stream: str
    index: int
    item: Item
    revision: int
    acknowledged_ns: int
    outcome: Outcome
