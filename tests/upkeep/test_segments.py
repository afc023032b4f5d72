"""Segments: a run on the clock of another boot."""

from pathlib import Path

import pytest
from msgspec import structs

from consistency import flow
from consistency.annotations import read_annotations
from consistency.archive import Archive, Manifest
from consistency.backends.steering import shift_truth
from consistency.clock import boot_id, monotonic_ns
from consistency.history import NEVER, History
from consistency.plan import Plan
from consistency.upkeep.segments import join_this_boot
from tests.whole_runs import plan_of, run_plan

FORMER = "00000000-former"


def run_on_former_boot(folder: Path) -> tuple[Archive, Plan, Manifest]:
    """A run that, as its manifest has it, ran on another boot of this machine."""
    archive = run_plan(plan_of(), folder, "one")
    plan, manifest = archive.load()
    manifest = structs.replace(manifest, boot_id=FORMER)
    archive.save(plan, manifest)
    return archive, plan, manifest


def contained(archive: Archive) -> list[tuple[int, int]]:
    """Of each probe, how many intervals have a truth and how many contain it."""
    return [(each.n, each.contained) for each in flow.judge_run(archive).calibration]


class TestSegments:
    def test_the_same_boot_changes_nothing(self, tmp_path: Path) -> None:
        """It goes on where it was."""
        archive, plan, manifest = run_on_former_boot(tmp_path)
        here = structs.replace(manifest, boot_id=boot_id())
        before = archive.truth.read_bytes()
        assert join_this_boot(archive, plan, here) is here
        assert archive.truth.read_bytes() == before

    def test_another_boot_begins_a_segment(self, tmp_path: Path) -> None:
        """The run clock goes on behind all that was recorded; the old clock's place is kept; a mark says where."""
        archive, plan, manifest = run_on_former_boot(tmp_path)
        history = History.load(archive.histories())
        last_ns = int(history.completed_ns[history.completed_ns != NEVER].max())
        fresh = join_this_boot(archive, plan, manifest)
        assert monotonic_ns() - fresh.origin_ns > last_ns
        (segment,) = fresh.segments
        assert (segment.boot_id, segment.origin_ns) == (FORMER, manifest.origin_ns)
        assert segment.until_ns >= last_ns
        assert archive.load()[1] == fresh
        assert "started anew" in read_annotations(archive.annotations)[0].text

    def test_the_truth_goes_with_the_clock(self, tmp_path: Path) -> None:
        """Every interval contains it, as before."""
        archive, plan, manifest = run_on_former_boot(tmp_path)
        before = contained(archive)
        assert all(n == hits > 0 for n, hits in before)
        join_this_boot(archive, plan, manifest)
        assert contained(archive) == before

    @pytest.mark.parametrize("saved", [False, True])
    def test_one_that_was_killed_over_it_is_done_once(self, saved: bool, tmp_path: Path) -> None:
        """Whether the new manifest had been saved or not: the truth fits the manifest."""
        archive, plan, manifest = run_on_former_boot(tmp_path)
        before = contained(archive)
        origin_ns = manifest.origin_ns - 10**15
        (archive.folder / f".truth-{boot_id()}.jsonl").write_bytes(shift_truth(archive.truth, -(10**15)))
        if saved:
            archive.save(plan, structs.replace(manifest, boot_id=boot_id(), origin_ns=origin_ns))
        join_this_boot(archive, *archive.load())
        assert contained(archive) == before
        assert not list(archive.folder.glob(".truth*"))
