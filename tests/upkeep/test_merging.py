"""Merging: several folders of one run become one, and a second time changes nothing."""

import re
import shutil
from pathlib import Path

import pytest
from msgspec import structs

from consistency.archive import Archive, Gap
from consistency.durations import NS_PER_S
from consistency.errors import ConsistencyError
from consistency.history import History
from consistency.upkeep.merging import merge
from tests.whole_runs import contents, plan_of, run_plan

MS = 1_000_000


def put_ahead(archive: Archive, ahead_ns: int) -> None:
    """Make the folder one of another host, whose wall clock is ahead."""
    plan, manifest = archive.load()
    archive.save(plan, structs.replace(manifest, boot_id="other", origin_wall_ns=manifest.origin_wall_ns + ahead_ns))


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Archive, Archive, Archive]:
    """A whole run, and the two folders that its writer's and its reader's hosts would have."""
    whole = run_plan(plan_of(), tmp_path, "one")
    parts = []
    for kept in ("writer", "reader"):
        folder = tmp_path / kept / "one"
        shutil.copytree(whole.folder, folder)
        other = "reader" if kept == "writer" else "writer"
        Archive(folder).history(other).unlink()
        parts.append(Archive(folder))
    return whole, parts[0], parts[1]


class TestMerge:
    def test_the_halves_are_the_whole(self, halves: tuple[Archive, Archive, Archive], tmp_path: Path) -> None:
        """Byte for byte, whichever comes first, and merged again with its own parts."""
        whole, writer, reader = halves
        joined = merge([reader, writer], tmp_path / "joined", None)
        assert contents(joined.archive) == contents(whole)
        assert (joined.histories, joined.duplicates) == (2, 0)
        again = merge([joined.archive, writer, reader], tmp_path / "joined", None)
        assert contents(again.archive) == contents(whole)
        assert again.duplicates == sum(path.read_bytes().count(b"\n") for path in whole.histories())

    def test_another_hosts_times_are_moved(self, halves: tuple[Archive, Archive, Archive], tmp_path: Path) -> None:
        """By the wall clocks, and with the bound that was said, where the service's stamps do not refute it."""
        whole, writer, reader = halves
        put_ahead(reader, 7 * MS)
        with pytest.raises(ConsistencyError, match=r" apart at least, and were said to be within 2 ms\."):
            merge([writer, reader], tmp_path / "joined", 2 * MS)
        assert not (tmp_path / "joined").exists()
        joined = merge([writer, reader], tmp_path / "joined", 8 * MS)
        assert joined.archive.load()[1].clock_bound_ns == joined.clock_bound_ns == 8 * MS
        before, after = History.load([whole.history("reader")]), History.load([joined.archive.history("reader")])
        assert (after.invoked_ns - before.invoked_ns == 7 * MS).all()
        assert (after.due_ns - before.due_ns == 7 * MS).all()
        once = contents(joined.archive)
        assert contents(merge([joined.archive, reader], tmp_path / "joined", 8 * MS).archive) == once

    def test_stamps_tell_what_wall_clocks_do_not(
        self, halves: tuple[Archive, Archive, Archive], tmp_path: Path
    ) -> None:
        """A wall clock that is 5 s off moves nothing: the histories are those of the one host, the bound is small."""
        whole, writer, reader = halves
        put_ahead(reader, 5 * NS_PER_S)
        joined = merge([writer, reader], tmp_path / "joined", None)
        assert joined.clock_bound_ns < MS
        moved_ns = [
            History.load([archive.history("reader")]).invoked_ns.tolist() for archive in (whole, joined.archive)
        ]
        assert max(abs(one - other) for one, other in zip(*moved_ns, strict=True)) <= joined.clock_bound_ns
        (told,) = joined.told
        assert re.match(
            r"The clock of reader was 5\.00 s ahead of that of writer, to within 0\.\d+ ms \(by the se", told
        )
        once = contents(joined.archive)
        assert contents(merge([reader, joined.archive, writer], tmp_path / "joined", None).archive) == once

    def test_nothing_tells_how_far_apart(self, halves: tuple[Archive, Archive, Archive], tmp_path: Path) -> None:
        """Without stamps somebody must say, or the kernels of both hosts; reads before their writes refute it."""
        _, writer, reader = halves
        put_ahead(reader, 0)
        for part in (writer, reader):
            (path,) = part.histories()
            path.write_text(re.sub(r',"server_ns":\d+', "", path.read_text()))
        with pytest.raises(ConsistencyError, match=r"--clock-bound 50ms$"):
            merge([writer, reader], tmp_path / "joined", None)
        for part in (writer, reader):
            plan, manifest = part.load()
            part.save(plan, structs.replace(manifest, wall_bound_ns=3 * MS))
        assert merge([writer, reader], tmp_path / "joined", None).clock_bound_ns == 6 * MS
        put_ahead(reader, -5 * NS_PER_S)
        with pytest.raises(ConsistencyError, match=r"^The clocks of writer and reader were 5 s apart at least"):
            merge([writer, reader], tmp_path / "other", MS)

    def test_a_reader_that_was_run_again(self, halves: tuple[Archive, Archive, Archive], tmp_path: Path) -> None:
        """On a machine of its own, under the same name: the life that looked for more is kept whole, and it is told."""
        whole, writer, reader = halves
        again = Archive(tmp_path / "again")
        shutil.copytree(reader.folder, again.folder)
        put_ahead(again, NS_PER_S)
        lines = again.history("reader").read_text().splitlines(keepends=True)
        again.history("reader").write_text("".join(lines[:40]))
        joined = merge([again, writer, reader], tmp_path / "joined", None)
        assert contents(joined.archive) == contents(whole)
        assert joined.duplicates == 40
        (told,) = joined.told
        assert told.startswith("reader was run 2 times: 40 events of the other runs are left out. (Of readers that ran")
        assert contents(merge([joined.archive, again], tmp_path / "joined", None).archive) == contents(whole)

    def test_another_run_is_refused(self, halves: tuple[Archive, Archive, Archive], tmp_path: Path) -> None:
        """Nothing is written."""
        other = run_plan(plan_of(seed=6), tmp_path, "two")
        with pytest.raises(ConsistencyError, match="of 2 runs"):
            merge([halves[0], other], tmp_path / "joined", None)
        assert not (tmp_path / "joined").exists()

    def test_gaps_come_along(self, halves: tuple[Archive, Archive, Archive], tmp_path: Path) -> None:
        """Of the host that knows of most, on the first one's clock."""
        _, writer, reader = halves
        plan, manifest = reader.load()
        resumed = structs.replace(manifest, origin_ns=manifest.origin_ns + 7, gaps=(Gap(1, 2),))
        reader.save(plan, structs.replace(resumed, origin_wall_ns=manifest.origin_wall_ns + 7))
        joined = merge([writer, reader], tmp_path / "joined", None)
        assert joined.archive.load()[1].gaps == (Gap(8, 9),)
