"""Segments: a run goes on after its machine was started anew, on the machine's new monotonic clock.

An archive and its manifest come in; a manifest whose run clock ticks on this boot goes out. The wall clock alone says
how long the machine was off, so the new part begins then, and in any case after all that was recorded:

    first boot   0 ------------- x killed
    this boot                    . . . (by the wall clock) . . . y resumed -----> the same run clock

No interval reaches over the gap, because series that were open are closed. The truth log is laid on the new clock; at
whatever step this is killed, the next resume finds either the old log and the old manifest, or both new ones.
"""

from pathlib import Path

from msgspec import structs

from consistency.annotations import Annotation, append_annotation
from consistency.archive import Archive, Manifest, Segment
from consistency.backends.steering import shift_truth
from consistency.clock import boot_id, monotonic_ns, wall_ns
from consistency.durations import NS_PER_S
from consistency.event_file import find_last_ns
from consistency.line_file import drop_torn_line
from consistency.plan import Plan


def join_this_boot(archive: Archive, plan: Plan, manifest: Manifest) -> Manifest:
    """The manifest as it is where the machine has not been started anew; else that of a new segment, saved."""
    _finish(archive, manifest)
    boot = boot_id()
    if manifest.boot_id == boot:
        return manifest
    last_ns = find_last_ns(archive.histories())
    now_ns = max(wall_ns() - manifest.origin_wall_ns, last_ns + NS_PER_S)
    segment = Segment(manifest.boot_id, manifest.origin_ns, last_ns)
    fresh = structs.replace(
        manifest, boot_id=boot, origin_ns=monotonic_ns() - now_ns, segments=(*manifest.segments, segment)
    )
    if archive.truth.exists():
        drop_torn_line(archive.truth)
        _name_shifted(archive, boot).write_bytes(shift_truth(archive.truth, fresh.origin_ns - manifest.origin_ns))
    archive.save(plan, fresh)
    _finish(archive, fresh)
    append_annotation(archive.annotations, Annotation(last_ns, "the machine was started anew: a new clock"))
    return fresh


def _finish(archive: Archive, manifest: Manifest) -> None:
    """Put the shifted truth that belongs to `manifest` in its place, where it waits for that."""
    shifted = _name_shifted(archive, manifest.boot_id)
    if shifted.exists():
        shifted.replace(archive.truth)


def _name_shifted(archive: Archive, boot: str) -> Path:
    return archive.folder / f".truth-{boot}.jsonl"
