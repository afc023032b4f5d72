"""Merging: several folders of one run become one, and a second time changes nothing."""

import shutil
from pathlib import Path

import pytest
from msgspec import structs

from consistency.archive import Archive, Gap
from consistency.errors import UsageError
from consistency.history import History
from consistency.upkeep.merging import merge
from tests.whole_runs import contents, plan_of, run_plan


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
        """By the wall clocks, and with the bound that was said; without one it is refused."""
        whole, writer, reader = halves
        plan, manifest = reader.load()
        later = structs.replace(manifest, boot_id="other", origin_wall_ns=manifest.origin_wall_ns + 7_000)
        reader.save(plan, later)
        with pytest.raises(UsageError, match="--clock-bound"):
            merge([writer, reader], tmp_path / "joined", None)
        assert not (tmp_path / "joined").exists()
        joined = merge([writer, reader], tmp_path / "joined", 50)
        assert joined.archive.load()[1].clock_bound_ns == joined.clock_bound_ns == manifest.clock_bound_ns + 50
        before, after = History.load([whole.history("reader")]), History.load([joined.archive.history("reader")])
        assert (after.invoked_ns - before.invoked_ns == 7_000).all()
        assert (after.due_ns - before.due_ns == 7_000).all()
        once = contents(joined.archive)
        assert contents(merge([joined.archive, reader], tmp_path / "joined", 50).archive) == once

    def test_another_run_is_refused(self, halves: tuple[Archive, Archive, Archive], tmp_path: Path) -> None:
        """Nothing is written."""
        other = run_plan(plan_of(seed=6), tmp_path, "two")
        with pytest.raises(UsageError, match="of 2 runs"):
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
