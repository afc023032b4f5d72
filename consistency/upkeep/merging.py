"""Merging: the folders that several hosts have of one run become one folder.

Archives come in, an archive goes out. Each process is kept once (`recordings`), so that merging the same folder again
changes nothing, and what a worker that was run again recorded a second time is dropped and told. The clocks of hosts
are laid on the writer's (`host_clocks`), and every verdict allows for how far that may be wrong.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import structs

from consistency.analysis.clocks import note_hosts
from consistency.analysis.words import write_list
from consistency.archive import Archive, Gap, Manifest
from consistency.errors import ConsistencyError
from consistency.plan import Plan
from consistency.plan_file import plan_hash
from consistency.schedule import bound_clocks_ns
from consistency.target import Target
from consistency.upkeep.host_clocks import lay_clocks
from consistency.upkeep.recordings import Life, gather, shift
from consistency.whole_file import write_pieces

JOINED = "-merged"


@dataclass(frozen=True)
class Merged:
    """The joined folder, its number of histories, how many events were dropped as duplicates, the clocks' bound, and
    in sentences what there is to know of workers that were run again, and of clocks."""

    archive: Archive
    histories: int
    duplicates: int
    clock_bound_ns: int
    told: tuple[str, ...]


def merge(archives: Sequence[Archive], out: Path | None, clock_bound_ns: int | None) -> Merged:
    """Join the folders into `out` (beside the writer's, with -merged); ConsistencyError where they are not of one run,
    or nothing tells how far their clocks were apart. `clock_bound_ns`: what somebody says of that."""
    loaded = [(archive.load()[1], archive) for archive in archives]
    plan = _require_one_run(archives)
    gathered = gather(loaded)
    if not gathered.lives:
        raise ConsistencyError("These folders hold no histories. Nothing was written.")
    reference = min(gathered.lives.values(), key=_is_reference)
    clocks, basis, apart_ns = lay_clocks(gathered.lives, reference, clock_bound_ns)
    bound_ns = bound_clocks_ns(plan) + apart_ns
    several = len(clocks) > 1
    gaps = _find_gaps([manifest for manifest, _ in loaded], reference.manifest)
    manifest = structs.replace(
        reference.manifest, clock_bound_ns=bound_ns, clocks=clocks if several else (), clocks_by=basis, gaps=gaps
    )
    origins_ns = {process: clock.origin_ns for clock in clocks for process in clock.processes}
    target = Archive(out or _name_folder(reference.archive.folder))
    _write(target, reference.archive, manifest, [(life, -origins_ns[life.process]) for life in gathered.lives.values()])
    told = (*gathered.told, *note_hosts(manifest))
    return Merged(target, len(gathered.lives), gathered.duplicates, bound_ns, told)


def _require_one_run(archives: Sequence[Archive]) -> Plan:
    loaded = [archive.load() for archive in archives]
    runs = {(manifest.run, manifest.seed, _name_question(plan)) for plan, manifest in loaded}
    if len(runs) > 1:
        sides = zip(("names", "seeds", "plans"), zip(*runs, strict=True), strict=True)
        differing = write_list([side for side, values in sides if len(set(values)) > 1])
        raise ConsistencyError(
            f"These folders are of {len(runs)} runs, whose {differing} differ. Only one run's can be merged. "
            "Nothing was written."
        )
    return loaded[0][0]


def _name_question(plan: Plan) -> str:
    """The plan's hash without what may differ from host to host: how the store is reached, where the seed stands."""
    target = plan.target
    kept = Target(project=target.project, database=target.database, namespace=target.namespace)
    return plan_hash(plan.model_copy(update={"target": kept, "seed": None}))


def _is_reference(life: Life) -> tuple[bool, str]:
    """Sorts the writer's life first: its clock, which latencies are counted from, is the run clock."""
    return not life.process.startswith("writer"), life.process


def _find_gaps(manifests: Sequence[Manifest], writers: Manifest) -> tuple[Gap, ...]:
    """When the writer did not run, by the folder of its host that knows of most: one that was copied early knows fewer
    of the same."""
    own = [manifest for manifest in manifests if manifest.boot_id == writers.boot_id]
    longest = max(own, key=lambda manifest: len(manifest.gaps))
    shift_ns = longest.origin_ns - writers.origin_ns
    return tuple(Gap(gap.begins_ns + shift_ns, gap.ends_ns + shift_ns) for gap in longest.gaps)


def _name_folder(folder: Path) -> Path:
    return folder if folder.name.endswith(JOINED) else folder.with_name(f"{folder.name}{JOINED}")


def _write(target: Archive, source: Archive, manifest: Manifest, shifted: Sequence[tuple[Life, int]]) -> None:
    plan, _ = source.load()
    encode = msgspec.json.Encoder().encode
    try:
        target.folder.mkdir(parents=True, exist_ok=True)
        target.save(plan, manifest)
        for life, shift_ns in shifted:
            lines = (encode(shift(event, shift_ns)) + b"\n" for event in life.read())
            write_pieces(target.history(life.process), lines)
        for path in (source.truth, source.annotations):
            if path.exists() and source.folder.resolve() != target.folder.resolve():
                shutil.copy(path, target.folder)
    except OSError as error:
        raise ConsistencyError(f"{target.folder} cannot be written: {error.strerror}. Choose another --out.") from error
