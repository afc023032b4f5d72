"""What outlives the process: commits, reserved keys and how many ids were given out, where the settings name a folder.

opening     journal -> entities -> engine, index rows anew
commit      writes -> journal, and only then -> engine, reply
reset       journal holds what the engine still holds
"""

import sqlite3

from consistency.emulator.engine.engine import Engine
from consistency.emulator.indexes.loading import Loaded, load_entities
from consistency.emulator.indexes.writes import Write
from consistency.emulator.service.ids import Ids
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.storage.journal import Journal, Kept
from consistency.emulator.values.keys import PartitionId


def restore(journal: Journal, engine: Engine) -> None:
    """Fill the empty engine with what the journal holds, and keep every commit from now on."""
    engine.resume(journal.version)
    states = journal.entities.values()
    load_entities(engine, (Loaded(PartitionId(*state[:3]), *state[3:6], state.body or b"") for state in states))
    journal.entities = {}

    def keep(writes: list[Write], version: int) -> None:
        states = [_kept(write, version) for write in writes if _changes(write)]
        if states:
            try:
                journal.append(version, states)
            except sqlite3.Error as error:
                raise ServiceError(Code.UNAVAILABLE, f"The commit cannot be kept on disk: {error}.") from error

    engine.keep = keep


def restore_ids(journal: Journal) -> Ids:
    """The allocator that gives out nothing that was given out or reserved before."""
    ids = Ids(journal.ids, journal.grant, lambda name, path: journal.reserve(*name, path))
    for *name, path in journal.reserved:
        ids.reserved.add((PartitionId(*name), path))
    journal.reserved = []
    return ids


def keep_only(journal: Journal, engine: Engine) -> None:
    """Let the journal hold what the engine holds, after parts of it were emptied."""
    journal.rewrite(
        Kept(*partition.name, path, version.number, version.created, version.body)
        for partition in engine.partitions()
        for path, version in partition.entities.items()
        if version.body is not None
    )


def _changes(write: Write) -> bool:
    stored = write.partition.entities.get(write.key.path)
    return write.body != (stored.body if stored is not None else None)


def _kept(write: Write, version: int) -> Kept:
    stored = write.partition.entities.get(write.key.path)
    created = stored.created if stored is not None and stored.body is not None else version
    return Kept(*write.partition.name, write.key.path, version, created, write.body)
