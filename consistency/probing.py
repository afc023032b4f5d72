"""How actions are probed, as a plan asks for it, and which ways of asking which targets have.

A table of a plan comes in, a frozen Probe goes out. What cannot be asked is a sentence each, told before anything runs.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from consistency.operation import Action
from consistency.quantities import Duration, Part, PositiveDuration

_NOT_OLD = {Action.READ_TIME_GET: "reads at a time (it ignores the time)", Action.COUNT_QUERY: "aggregations"}
NOT_GOOGLES = {  # emulator: what it answers with an error, or wrongly
    "legacy": _NOT_OLD | {Action.READ_ONLY_QUERY: "read-only transactions"},
    "legacy_firestore": _NOT_OLD,
    "firestore": {Action.EVENTUAL_GET: "eventual reads (it refuses to be asked for one)"},
}
BY_NO_VALUE = frozenset({Action.KEY_GET, Action.EVENTUAL_GET, Action.READ_TIME_GET, Action.ORDERED_QUERY})


class Match(StrEnum):
    """Which value of an updated entity a query asks for."""

    NEW = "new"  # until it is found
    OLD = "old"  # until it is found no more


class Ancestor(StrEnum):
    """Which ancestor the ancestor query names; both are parents of every entity of its stream."""

    FATHER = "father"
    GRANDPA = "grandpa"


class Probe(Part):
    """How one action is repeated: at once, then each `interval` from a random phase (`dither`), backing off after
    `backoff_after` by the factor `backoff` up to `max_interval`; after the first hit `confirm` more attempts."""

    interval: PositiveDuration = "50ms"
    dither: bool = True
    backoff: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    backoff_after: Duration = "1s"
    max_interval: PositiveDuration = "1s"
    max_open: Annotated[int, Field(ge=1)] = 100
    confirm: Annotated[int, Field(ge=0)] = 3
    confirm_for: Duration = "1s"
    ancestor: Ancestor = Ancestor.FATHER
    match: Match = Match.NEW  # of queries, where entities are updated
    age: Duration = "0"  # of the state that a get at a read time asks for


def list_lacking(probes: Iterable[str], backend: object, emulator: object) -> dict[str, str]:
    """Those of `probes` that one of Google's emulators lacks, each with why; the legacy one is the default."""
    emulator = str(emulator or "legacy")
    lacking = NOT_GOOGLES.get(emulator, {}) if backend == "google" else {}
    named = f"Google's {emulator.replace('_', ' ')} emulator"
    return {name: f"{named} has no {why}" for name in probes for action, why in lacking.items() if name == action}


def find_unaskable(
    action: Action, backend: str, model: str | None, client: str, emulator: str | None = None
) -> Iterator[str]:
    """Why this target or client cannot ask in this way. `model`: of the embedded emulator."""
    if action is Action.GQL_QUERY and client == "library":
        yield "the library's client has no GQL: take client = async"
    if action is Action.ORDERED_QUERY and backend == "live":
        yield "each of its answers is billed as up to 20 reads, which the meter of costs does not know"
    yield from list_lacking([action], backend, emulator).values()
    if action is Action.READ_TIME_GET and backend == "embedded" and model != "strong":  # all others are legacy stores
        yield f"a store with model = {model} keeps no history to read from: take model = strong"
