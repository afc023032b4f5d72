"""Steering a model by hand: what a script, a fault schedule or a person at `/control` lets happen, and when.

A verb and its words come in, an answer goes out; STEERING has one line for each verb. Three models can be steered:
`manual` (apply, catch_up, freeze, snapshot_indexes, restore_indexes), and `replicas` and `quorum` (partition, heal,
crash, restart, slow). The calls of every model can have faults (inject, relieve): INJECTING.

Words are plain JSON, so that Python, HTTP and a plan say the same thing in the same way.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TypeVar

from consistency.delays import parse_delay
from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.log import LogEntry
from consistency.emulator.models.manual import Manual
from consistency.emulator.models.policy import Entry, Log
from consistency.emulator.models.quorum import Quorum
from consistency.emulator.models.replicas import Replicas
from consistency.emulator.service.faults import INJECTING, Faults
from consistency.emulator.status import Code, ServiceError, invalid
from consistency.emulator.values.keys import KeyPath, read_key
from consistency.emulator.values.messages import Key

Words = Mapping[str, object]
Acted = TypeVar("Acted", Engine, Faults)


def steer(engine: Engine, faults: Faults, verb: str, words: Words) -> dict[str, object]:
    """Do it now; ServiceError where the verb, a word or the model does not fit."""
    verbs = _bind(STEERING, engine) | _bind(INJECTING, faults)
    if verb not in verbs:
        near = get_close_matches(verb, verbs, 1)
        raise invalid(
            f"/control does not know {verb}: it knows {', '.join(verbs)}"
            + (f"; did you mean {near[0]}?" if near else ".")
        )
    act, known = verbs[verb]
    for word in words:
        if word not in known:
            raise invalid(f"{verb} does not know {word}" + (f": it knows {', '.join(known)}." if known else "."))
    return act(words)


def _bind(
    verbs: Mapping[str, tuple[Callable[[Acted, Words], dict[str, object]], tuple[str, ...]]], on: Acted
) -> dict[str, tuple[Callable[[Words], dict[str, object]], tuple[str, ...]]]:
    return {verb: (partial(act, on), known) for verb, (act, known) in verbs.items()}


def _expect_manual(engine: Engine) -> Manual:
    if not isinstance(engine.model, Manual):
        raise _refuse("model manual")
    return engine.model


def _expect_replicas(engine: Engine) -> Replicas | Quorum:
    if not isinstance(engine.model, Replicas | Quorum):
        raise _refuse("models replicas and quorum")
    return engine.model


def _refuse(who: str) -> ServiceError:
    return ServiceError(Code.FAILED_PRECONDITION, f"only the {who} can do that: PATCH /v1/config chooses the model.")


def _apply(engine: Engine, words: Words) -> dict[str, object]:
    """`milestone`: "A", or "B" and A with it (B). `key`: up to its last commit (all); `group`: the key's group."""
    manual, milestone = _expect_manual(engine), words.get("milestone", "B")
    if milestone not in {"A", "B"}:
        raise invalid(f"milestone must be A or B, not {milestone}.")
    path, whole = _read_key(words.get("key", None)), bool(words.get("group", False))
    if whole and path is None:
        raise invalid("group needs a key, which says of which group.")
    engine.alter(lambda logs, now_ns: manual.advance(_choose_logs(logs, path, whole=whole), str(milestone), now_ns))
    return {}


def _choose_logs(logs: Sequence[Log], path: KeyPath | None, *, whole: bool) -> Sequence[Log]:
    """All logs, the key's group's, or that up to the last commit that wrote the key."""
    if path is None:
        return logs
    own = next((log for log in logs if log[0].place == (path.partition, path.root)), ())
    if whole:
        return (own,)
    wrote = [number for number, entry in enumerate(own, 1) if _writes(entry, path.path)]
    return (own[: wrote[-1]],) if wrote else ()


def _writes(entry: Entry, path: bytes) -> bool:
    assert isinstance(entry, LogEntry)
    return any(written == path for written, _ in entry.versions)


def _read_key(word: object) -> KeyPath | None:
    if word is None:
        return None
    if not isinstance(word, dict):
        raise invalid("key is not a Key as JSON has it.")
    from google.protobuf import json_format  # noqa: PLC0415  # late: a start without steering needs none of it

    try:
        key = json_format.ParseDict(word, Key())
    except json_format.ParseError as error:
        raise invalid(f"key is not a Key as JSON has it: {error}.") from error
    if not key.partition_id.project_id:  # no request is around it whose project it could have
        raise invalid("key names no project: partitionId.projectId says in whose data it lies.")
    return read_key(key, key.partition_id.project_id, key.partition_id.database_id)


def _catch_up(engine: Engine, words: Words) -> dict[str, object]:
    del words
    engine.alter(_expect_manual(engine).catch_up)
    return {}


def _freeze(engine: Engine, words: Words) -> dict[str, object]:
    del words
    _expect_manual(engine).freeze()
    return {}


def _snapshot_indexes(engine: Engine, words: Words) -> dict[str, object]:
    """`name`, under which they can be restored ("1")."""
    manual, name = _expect_manual(engine), str(words.get("name", "1"))
    engine.alter(lambda logs, now_ns: manual.snapshot(name, logs, now_ns))
    return {"name": name}


def _restore_indexes(engine: Engine, words: Words) -> dict[str, object]:
    """`name` of a snapshot ("1")."""
    manual, name = _expect_manual(engine), str(words.get("name", "1"))
    if name not in manual.snapshots:
        raise invalid(f"there is no snapshot {name}: there are {', '.join(manual.snapshots) or 'none'}.")
    engine.alter(lambda logs, _: manual.restore(name, logs))
    return {}


def _fault(name: str, engine: Engine, words: Words) -> dict[str, object]:
    """`replica`: its number, from 0."""
    replicas = _expect_replicas(engine)
    engine.alter(partial(getattr(replicas, name), _read_replica(engine, words)))
    return {}


def _slow(engine: Engine, words: Words) -> dict[str, object]:
    """`replica`: its number, from 0. `delay`: by how much its replies come later; without one it ends."""
    replicas, replica = _expect_replicas(engine), _read_replica(engine, words)
    try:
        delay = parse_delay(str(words["delay"])) if "delay" in words else None
    except ValueError as error:
        raise invalid(f"delay: {error}.") from error
    replicas.slow(replica, delay)
    return {}


def _read_replica(engine: Engine, words: Words) -> int:
    replicas, replica = _expect_replicas(engine), words.get("replica", None)
    if type(replica) is not int or not 0 <= replica < replicas.count:
        raise invalid(f"replica must be a whole number from 0 to {replicas.count - 1}.")
    return replica


STEERING: dict[str, tuple[Callable[[Engine, Words], dict[str, object]], tuple[str, ...]]] = {  # and the words it knows
    "apply": (_apply, ("milestone", "key", "group")),
    "catch_up": (_catch_up, ()),
    "freeze": (_freeze, ()),
    "snapshot_indexes": (_snapshot_indexes, ("name",)),
    "restore_indexes": (_restore_indexes, ("name",)),
    "partition": (partial(_fault, "partition"), ("replica",)),
    "heal": (partial(_fault, "heal"), ("replica",)),
    "crash": (partial(_fault, "crash"), ("replica",)),
    "restart": (partial(_fault, "restart"), ("replica",)),
    "slow": (_slow, ("replica", "delay")),
}
