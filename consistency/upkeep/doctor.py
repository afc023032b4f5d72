"""The doctor: what of this machine measuring needs, checked one thing at a time, with one fix for each that fails.

A target and the folder of runs come in, Checks go out. What only another target needs is looked at, too, but is told as
missing and not as a failure: nobody needs Docker for the built-in emulator.
"""

import platform
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from consistency.backends.credentials import find_credentials, find_gcloud_project
from consistency.budget import BYTES_PER_CALL
from consistency.clock import describe_clock, measure_resolution_ns
from consistency.durations import format_duration
from consistency.emulator.library import Emulator
from consistency.errors import ConsistencyError
from consistency.room import find_folder
from consistency.synchronization import bound_wall_clock_ns
from consistency.target import Backend

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1 << 30
COARSE_NS = 10_000


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `fix`: what to do about it, "" where it is well; `needed`: by the target asked
    for."""

    name: str
    told: str
    fix: str = ""
    needed: bool = True

    @property
    def passed(self) -> bool:
        """Whether nothing has to be done for the target that was asked for."""
        return not (self.fix and self.needed)


def examine(target: Backend, out: Path) -> list[Check]:
    """All checks, in the order in which their fixes make sense."""
    return [
        check_python(),
        check_packages(),
        check_clock(),
        check_wall_clock(),
        check_disk(out),
        check_emulator(needed=target is Backend.EMBEDDED),
        check_gcloud(needed=target is Backend.GOOGLE),
        check_docker(needed=target is Backend.DOCKER),
        check_credentials(needed=target is Backend.LIVE),
        check_project(),
    ]


def check_python() -> Check:
    """The interpreter's version."""
    told = f"{platform.python_version()} ({sys.executable})"
    least = ".".join(map(str, LEAST_PYTHON))
    return Check("Python", told, "" if sys.version_info >= LEAST_PYTHON else f"Install Python {least} or newer.")


def check_packages(required: Iterable[str] | None = None) -> Check:
    """What the program requires, against what is installed."""
    texts = (requires("datastore-consistency") or []) if required is None else required
    wanted = [requirement for requirement in map(Requirement, texts) if requirement.marker is None]
    lacking = [str(requirement) for requirement in wanted if not _is_met(requirement)]
    if lacking:
        return Check("packages", f"missing or too old: {', '.join(lacking)}", f"pip install {' '.join(lacking)}")
    return Check("packages", f"all {len(wanted)} are there")


def _is_met(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def check_clock() -> Check:
    """The monotonic clock: its source, and the smallest step seen."""
    resolution_ns = measure_resolution_ns()
    told = f"{describe_clock()}, steps of {resolution_ns} ns"
    fix = "Measure on a machine whose clock source is tsc or kvm-clock." if resolution_ns > COARSE_NS else ""
    return Check("clock", told, fix)


def check_wall_clock() -> Check:
    """Whether somebody sets the wall clock: runs on several hosts lean on it where the service gives no stamps."""
    bound_ns = bound_wall_clock_ns()
    if bound_ns is None:
        fix = "For runs on several hosts: let chrony or another NTP daemon set it, or say --clock-bound."
        return Check("wall clock", "nobody that the kernel knows of sets it", fix, needed=False)
    return Check("wall clock", f"within {format_duration(bound_ns)}, as the kernel knows from NTP")


def check_disk(out: Path) -> Check:
    """Room for runs, where they would be written; an attempt takes about 1 KiB."""
    folder = find_folder(out)
    free = shutil.disk_usage(folder).free
    told = f"{free / 1e9:.1f} GB free at {folder}, enough for about {free // BYTES_PER_CALL:,} attempts"
    return Check("disk", told, "Free space, or choose another --out." if free < LEAST_FREE_BYTES else "")


def check_emulator(*, needed: bool) -> Check:
    """The embedded emulator: started once, and stopped."""
    try:
        with Emulator() as emulator:
            return Check("embedded emulator", f"answers ({emulator.host}, any free port)", needed=needed)
    except OSError as error:
        return Check("embedded emulator", f"does not start: {error}", "Allow programs to listen on 127.0.0.1.", needed)


def check_gcloud(*, needed: bool) -> Check:
    """gcloud, its Datastore emulator and Java, which Google's emulator is written in."""
    name, found = "Google's emulator", shutil.which("gcloud")
    if found is None:
        return Check(name, "gcloud is not on PATH", "Install the Google Cloud CLI.", needed)
    platform_folder = Path(found).resolve().parents[1] / "platform"
    if not (platform_folder / "cloud-datastore-emulator").exists():
        return Check(name, "gcloud lacks it", "gcloud components install cloud-datastore-emulator", needed)
    if shutil.which("java") is None:
        return Check(name, "it is there, and Java is not", "Install a Java runtime, 17 or newer.", needed)
    return Check(name, f"gcloud has it ({platform_folder})", needed=needed)


def check_docker(*, needed: bool) -> Check:
    """The Docker engine."""
    from consistency.backends.containers import connect_engine  # noqa: PLC0415 - the SDK takes 0.2 s to import

    try:
        engine = connect_engine()
    except ConsistencyError as error:
        return Check("Docker", str(error).partition(". ")[0], "Install or start Docker.", needed)
    told = f"engine {engine.version()['Version']}"
    engine.close()
    return Check("Docker", told, needed=needed)


def check_credentials(*, needed: bool) -> Check:
    """Credentials for the live service."""
    try:
        credentials = find_credentials()
    except ConsistencyError as error:
        told, _, fix = str(error).partition(". ")
        return Check("credentials", told, fix, needed)
    who = getattr(credentials, "service_account_email", None) or type(credentials).__name__
    return Check("credentials", str(who), needed=needed)


def check_project() -> Check:
    """The project that gcloud is set to: never taken for granted, so nothing to mend."""
    project = find_gcloud_project()
    if project:
        return Check("project", f'gcloud is set to "{project}"; a live run names its own')
    return Check("project", "gcloud is set to none", "A live run names its own: --project ID", needed=False)
