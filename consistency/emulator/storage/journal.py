"""The journal: every commit as one row of a SQLite file, appended before it is acknowledged.

    number   record
    41       checksum | version | what became of each entity that it wrote
    42       ...                                                                  numbers run on, whatever is emptied

What a commit made of its entities comes in, and goes out again on opening: the serialised entities are the record, and
indexes are built anew. SQLite writes ahead (WAL, synchronous NORMAL): a commit costs one write to the operating
system, and so survives the end of the process by any signal, though not the loss of power.

Rows of commits rather than of entities, because appending costs a third of keeping an index of keys up to date; the
price is that overwritten states pile up, and are thinned out when the file is opened.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import msgspec

from consistency.emulator.storage.write_ahead import check_log

_NAME = "datastore.sqlite"
_APPLICATION = 0x44534D55  # marks the file as one of ours
_FORMAT = 1
_CHUNK = 1_000  # entities in one row when the file is thinned out
_SPARED = 10_000  # superseded states that are not worth thinning out


class Kept(NamedTuple):
    """What a commit made of one entity: `version` and `created` as told in replies, no `body` when deleted."""

    project: str
    database: str
    namespace: str
    path: bytes
    version: int
    created: int
    body: bytes | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, list[Kept]]).decode


class StorageError(ValueError):
    """A folder that cannot be used: one sentence, and nothing in it was changed."""


class Journal:
    """One folder's file, open for as long as the emulator runs, and for nobody else."""

    def __init__(self, path: Path) -> None:
        """Open the file or begin it; `entities`, by place, are what it holds, for the caller to take away."""
        self.path = path
        self.number = self.version = self.ids = 0
        self.entities: dict[tuple[str, str, str, bytes], Kept] = {}
        self.reserved: list[tuple[str, str, str, bytes]] = []
        self._failed = False  # the last write, and what it left in the log is not to be taken for damage
        superseded = self._check() if path.exists() else 0
        self._file = _open_for_writing(path)
        if superseded > max(len(self.entities), _SPARED):
            self.rewrite(self.entities.values())

    def append(self, version: int, states: Sequence[Kept]) -> None:
        """Keep one commit, under the next number."""
        record = _encode((version, states))
        self._write("INSERT INTO commits VALUES (?, ?)", self.number + 1, crc32(record).to_bytes(4, "big") + record)
        self.number += 1
        self.version = version

    def rewrite(self, states: Iterable[Kept]) -> None:
        """Hold these entities and nothing else; the last number stays the last."""
        self._failed = True
        with _transaction(self._file):
            self._file.execute("DELETE FROM commits")
            held = list(states)
            chunks = [held[start : start + _CHUNK] for start in range(0, len(held), _CHUNK)] or [[]]
            self.number = max(self.number, len(chunks))
            for number, chunk in enumerate(chunks, self.number - len(chunks) + 1):
                record = _encode((self.version, chunk))
                checked = crc32(record).to_bytes(4, "big") + record
                self._file.execute("INSERT INTO commits VALUES (?, ?)", (number, checked))
        self._failed = False

    def reserve(self, project: str, database: str, namespace: str, path: bytes) -> None:
        """Keep a key that must never be allocated."""
        self._write("INSERT OR IGNORE INTO reserved VALUES (?, ?, ?, ?)", project, database, namespace, path)

    def grant(self, ids: int) -> None:
        """Keep up to which count ids may have been given out."""
        self._write("UPDATE ids SET granted = ?", ids)

    def forget_ids(self) -> None:
        """Keep no key reserved and no id given out."""
        self._write("DELETE FROM reserved")
        self.grant(0)
        self.ids = 0

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def _write(self, statement: str, *parameters: object) -> None:
        """One statement that is kept at once; what a failed one has left in the log goes first."""
        if self._failed:
            _empty_log(self._file)
        self._failed = True
        self._file.execute(statement, parameters)
        self._failed = False

    def _check(self) -> int:
        """Read all of the file without changing it; how many states in it are superseded."""
        beside = [self.path.with_name(_NAME + ending) for ending in ("-wal", "-shm")]
        made = [file for file in beside if not file.exists()]  # by reading, if at all
        try:
            if beside[0] not in made:
                check_log(beside[0])
            reader = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)
            try:
                return self._read(reader)
            finally:
                reader.close()
        except (OSError, sqlite3.Error, msgspec.DecodeError, ValueError) as error:
            for file in made:
                file.unlink(missing_ok=True)
            raise StorageError(f"{self.path} cannot be used and was left as it is: {error}") from error

    def _read(self, reader: sqlite3.Connection) -> int:
        marks = [reader.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        if marks != [_APPLICATION, _FORMAT]:
            raise ValueError("it is not a file of this emulator, or one of another version")
        total = 0
        for self.number, record in reader.execute("SELECT number, record FROM commits ORDER BY number"):
            if crc32(record[4:]) != int.from_bytes(record[:4], "big"):
                raise ValueError(f"the record of commit {self.number} is damaged")
            self.version, states = _decode(record[4:])
            total += len(states)
            for state in states:
                if state.body is None:
                    self.entities.pop(state[:4], None)
                else:
                    self.entities[state[:4]] = state
        self.reserved = list(reader.execute("SELECT project, db, namespace, path FROM reserved"))
        (self.ids,) = reader.execute("SELECT granted FROM ids").fetchone()
        return total - len(self.entities)


def open_journal(folder: Path) -> Journal:
    """The journal of a folder, which is made if need be; StorageError in one sentence when it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot hold data: {error.strerror}") from error
    return Journal(folder / _NAME)


def _open_for_writing(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, isolation_level=None, timeout=0.2, check_same_thread=False)
    try:
        for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
            file.execute(f"PRAGMA {setting}")
        with _transaction(file):  # whoever holds it keeps everybody else out
            for name, number in (("application_id", _APPLICATION), ("user_version", _FORMAT)):
                file.execute(f"PRAGMA {name} = {number}")
            file.execute("CREATE TABLE IF NOT EXISTS commits (number INTEGER PRIMARY KEY, record BLOB NOT NULL)")
            file.execute("CREATE TABLE IF NOT EXISTS reserved (project, db, namespace, path,"
                         " PRIMARY KEY (project, db, namespace, path)) WITHOUT ROWID")  # fmt: skip
            file.execute("CREATE TABLE IF NOT EXISTS ids (granted INTEGER NOT NULL)")
            file.execute("INSERT INTO ids SELECT 0 WHERE NOT EXISTS (SELECT * FROM ids)")
        _empty_log(file)
    except sqlite3.Error as error:
        file.close()
        raise StorageError(f"{path} cannot be used and was left as it is: {error}") from error
    return file


def _empty_log(file: sqlite3.Connection) -> None:
    """Move all commits from the write-ahead log to the file; what a write that did not end has left goes with it."""
    busy, *_ = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("its write-ahead log is in use")


@contextmanager
def _transaction(file: sqlite3.Connection) -> Iterator[None]:
    """All statements of the block or none."""
    file.execute("BEGIN EXCLUSIVE")
    try:
        yield
    except BaseException:
        file.execute("ROLLBACK")
        raise
    file.execute("COMMIT")
