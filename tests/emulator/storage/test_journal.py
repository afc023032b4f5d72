"""What outlives the process: kill -9, reopening, damaged files."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from consistency.emulator.status import Code, ServiceError
from consistency.emulator.storage.journal import StorageError
from consistency.emulator.values import messages
from consistency.emulator.values.scope import Scope
from tests.emulator.embedded import Embedded
from tests.emulator.talk import delete, found_names, insert, update, upsert

CHILD = """
import sys
from pathlib import Path
from tests.emulator.embedded import Embedded

talk = Embedded(data_dir=Path(sys.argv[1])).talk()
for number in range(1_000_000):
    talk.put("Kind", number + 1, n=number)
    print(number + 1, flush=True)  # acknowledged
"""


def reopened(embedded: Embedded, folder: Path) -> Embedded:
    """The same folder in another emulator, as much later as the first one ran."""
    embedded.service.close()
    return Embedded(data_dir=folder)


class TestReopening:
    """What was committed is there again."""

    def test_entities_versions_and_index_rows(self, tmp_path: Path) -> None:
        """As they were, and deleted ones are not."""
        embedded = Embedded(data_dir=tmp_path)
        talk = embedded.talk("ns")
        talk.commit(insert(talk.key("Kind", "a"), x=1), insert(talk.key("Kind", "b", "Child", 7), x=[1, 2]))
        talk.commit(update(talk.key("Kind", "a"), x=5), single_use=True)
        talk.put("Kind", "gone")
        talk.commit(delete(talk.key("Kind", "gone")))
        before = talk.lookup(talk.key("Kind", "a"), talk.key("Kind", "b", "Child", 7)).found
        again = reopened(embedded, tmp_path)
        assert again.service.last_commit == 4
        talk = again.talk("ns")
        assert talk.lookup(talk.key("Kind", "a"), talk.key("Kind", "b", "Child", 7)).found == before
        assert talk.get("Kind", "gone") is None
        assert found_names(talk.query("Kind", ("x", "=", 5))) == ["a"]
        assert found_names(talk.query("Child", ("x", ">", 1))) == [7]
        assert found_names(talk.query("Kind")) == ["a"]

    def test_versions_go_on(self, tmp_path: Path) -> None:
        """Even when the clock of the new process stands behind that of the old one."""
        embedded = Embedded(data_dir=tmp_path)
        embedded.now_ns = 10**12
        before = embedded.talk().put("Kind", "a", x=1).mutation_results[0].version
        assert reopened(embedded, tmp_path).talk().put("Kind", "a", x=2).mutation_results[0].version > before

    def test_ids_are_not_given_out_again(self, tmp_path: Path) -> None:
        """Neither those that nobody used nor those that were reserved."""
        embedded = Embedded(data_dir=tmp_path)
        talk = embedded.talk()
        given = {key.path[0].id for key in talk.allocate(*[talk.key("Kind")] * 20).keys}
        foreseen = Embedded().talk().allocate(*[talk.key("Kind")] * 1500).keys[1100]
        talk.reserve(foreseen)
        talk = reopened(embedded, tmp_path).talk()
        later = {key.path[0].id for key in talk.allocate(*[talk.key("Kind")] * 500).keys}
        assert not given & later
        assert foreseen.path[0].id not in later

    def test_a_refused_or_idle_commit_is_not_numbered(self, tmp_path: Path) -> None:
        """Numbers count what changed something."""
        embedded = Embedded(data_dir=tmp_path)
        talk = embedded.talk()
        talk.put("Kind", "a", x=1)
        talk.put("Kind", "a", x=1)
        with pytest.raises(ServiceError):
            talk.commit(insert(talk.key("Kind", "a")))
        assert embedded.service.last_commit == 1

    def test_a_reset_is_kept_too(self, tmp_path: Path) -> None:
        """In part or as a whole, and numbers go on."""
        embedded = Embedded(data_dir=tmp_path)
        for namespace in ("one", "two"):
            embedded.talk(namespace).put("Kind", "a", x=1)
        embedded.service.reset(Scope(namespace="one"))
        embedded = reopened(embedded, tmp_path)
        assert embedded.talk("one").get("Kind", "a") is None
        assert embedded.talk("two").get("Kind", "a") == {"x": 1}
        embedded.service.reset()
        embedded = reopened(embedded, tmp_path)
        assert embedded.talk("two").get("Kind", "a") is None
        assert embedded.service.last_commit == 2

    def test_what_piled_up_is_thinned_out(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The file holds each entity once again, with the same content and the same last number."""
        monkeypatch.setattr("consistency.emulator.storage.journal._SPARED", 10)
        embedded = Embedded(data_dir=tmp_path)
        for number in range(30):
            embedded.talk().put("Kind", "a", x=number)
        embedded = reopened(embedded, tmp_path)
        assert embedded.talk().get("Kind", "a") == {"x": 29}
        embedded.service.close()
        with sqlite3.connect(tmp_path / "datastore.sqlite") as file:
            assert [number for (number,) in file.execute("SELECT number FROM commits")] == [30]
        file.close()
        assert reopened(embedded, tmp_path).talk().get("Kind", "a") == {"x": 29}


@pytest.mark.slow
class TestKill:
    """A process that ends without having a say in it."""

    def test_what_was_acknowledged_survives(self, tmp_path: Path) -> None:
        """kill -9 in the middle of writing; nothing that the child has announced is missing."""
        with subprocess.Popen([sys.executable, "-c", CHILD, tmp_path], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            acknowledged = [int(child.stdout.readline()) for _ in range(300)]
            os.kill(child.pid, signal.SIGKILL)
            acknowledged += [int(line) for line in child.stdout.read().splitlines() if line]
        again = Embedded(data_dir=tmp_path)
        assert again.service.last_commit in {len(acknowledged), len(acknowledged) + 1}
        talk = again.talk()
        for start in range(0, len(acknowledged), 500):
            keys = [talk.key("Kind", number) for number in acknowledged[start : start + 500]]
            assert len(talk.lookup(*keys).found) == len(keys)


class TestRefusals:
    """A file that cannot be trusted is refused in one sentence, and left as it is."""

    @staticmethod
    def filled(folder: Path) -> Path:
        embedded = Embedded(data_dir=folder)
        blob = messages.Value(exclude_from_indexes=True, blob_value=b"marker" * 1000)
        for number in range(50):
            embedded.talk().put("Kind", number + 1, blob=blob)
        embedded.service.close()
        return folder / "datastore.sqlite"

    @staticmethod
    def refuse(path: Path) -> None:
        before = {file: file.read_bytes() for file in path.parent.iterdir()}
        with pytest.raises(StorageError, match="left as it is") as refusal:
            Embedded(data_dir=path.parent)
        assert "\n" not in str(refusal.value)
        assert {file: file.read_bytes() for file in path.parent.iterdir()} == before

    def test_one_wrong_bit_in_a_record(self, tmp_path: Path) -> None:
        """Where only a checksum can see it."""
        path = self.filled(tmp_path)
        data = bytearray(path.read_bytes())
        data[data.index(b"markermarker") + 3] ^= 1
        path.write_bytes(data)
        self.refuse(path)

    @staticmethod
    def logged(folder: Path) -> Path:
        """A folder as a kill leaves it: all 20 commits are in the write-ahead log. Its log."""
        embedded = Embedded(data_dir=folder / "live")
        for number in range(20):
            embedded.talk().put("Kind", number + 1, p=number)
        shutil.copytree(folder / "live", folder / "left")
        embedded.service.close()
        return folder / "left" / "datastore.sqlite-wal"

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
    def test_a_log_with_commits_behind_the_damage(self, tmp_path: Path, share: float) -> None:
        """SQLite itself would take the rest for an older log's."""
        log = self.logged(tmp_path)
        data = bytearray(log.read_bytes())
        data[int(share * len(data)) + 20] ^= 1
        log.write_bytes(data)
        self.refuse(log.with_name("datastore.sqlite"))

    @pytest.mark.parametrize("cut", [1, 100, 4_120, 10_000])
    def test_a_log_that_ends_early_is_what_a_kill_leaves(self, tmp_path: Path, cut: int) -> None:
        """Its whole commits are there, also where another log's remains follow."""
        log = self.logged(tmp_path)
        whole = log.read_bytes()
        for number, rest in enumerate((b"", b"\xff" * cut)):
            folder = tmp_path / f"cut{number}"
            shutil.copytree(log.parent, folder)
            (folder / log.name).write_bytes(whole[:-cut] + rest)
            embedded = Embedded(data_dir=folder)
            assert 15 <= (embedded.service.last_commit or 0) < 20
            embedded.service.close()

    def test_what_a_write_that_failed_has_left_is_no_damage(self, tmp_path: Path) -> None:
        """Frames of a transaction that was undone lie behind later commits, in this life of the log or the next."""
        embedded = Embedded(data_dir=tmp_path / "live")
        journal = embedded.service._journal
        assert journal is not None
        for life in range(2):
            embedded.talk().put("Kind", "a", p=life)
            journal._file.execute("PRAGMA cache_size = 1")
            journal._file.execute("BEGIN")
            for number in range(50):
                journal._file.execute("INSERT INTO commits VALUES (?, ?)", (10_000 + number, bytes(5_000)))
            if life == 0:
                journal._file.execute("ROLLBACK")
                journal._failed = True
                embedded.talk().put("Kind", "b", p=life)
            left = tmp_path / f"left{life}"
            shutil.copytree(tmp_path / "live", left)
            for number in range(2):
                again = Embedded(data_dir=left)
                assert again.talk().get("Kind", "a") == {"p": life}
                again.talk().put("Kind", "c", p=number)
                shutil.copytree(left, tmp_path / f"{left.name}-{number}")
                left = tmp_path / f"{left.name}-{number}"
        journal._file.execute("ROLLBACK")
        embedded.service.close()

    def test_a_file_that_was_cut(self, tmp_path: Path) -> None:
        """At the half."""
        path = self.filled(tmp_path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        self.refuse(path)

    @pytest.mark.parametrize("content", [b"hello", b"", b"SQLite format 3\0" + bytes(100)])
    def test_no_file_of_ours(self, tmp_path: Path, content: bytes) -> None:
        """Nor any of SQLite's."""
        path = tmp_path / "datastore.sqlite"
        path.write_bytes(content)
        self.refuse(path)

    def test_a_file_that_another_emulator_has_open(self, tmp_path: Path) -> None:
        """Two writers would each believe themselves alone."""
        embedded = Embedded(data_dir=tmp_path)
        embedded.talk().put("Kind", "a", x=1)
        with pytest.raises(StorageError, match="locked"):
            Embedded(data_dir=tmp_path)
        embedded.talk().put("Kind", "a", x=2)
        assert reopened(embedded, tmp_path).talk().get("Kind", "a") == {"x": 2}

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        """Where a file stands in its place."""
        (tmp_path / "file").touch()
        with pytest.raises(StorageError, match="cannot hold data"):
            Embedded(data_dir=tmp_path / "file")

    def test_a_commit_that_cannot_be_kept_is_refused(self, tmp_path: Path) -> None:
        """UNAVAILABLE, and it is not there in memory either."""
        embedded = Embedded(data_dir=tmp_path)
        embedded.service.close()
        with pytest.raises(ServiceError, match="cannot be kept") as refusal:
            embedded.talk().commit(upsert(embedded.talk().key("Kind", "a")))
        assert refusal.value.code is Code.UNAVAILABLE
        assert embedded.talk().get("Kind", "a") is None
