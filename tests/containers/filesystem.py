"""A container's file system made of this machine's own files, for where no base image can be pulled.

Paths here and there come in, a tar archive goes out, with every shared library that the programs among them need. The
libraries keep their places, because the loader looks for them just there.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

INSIDE = f"usr/local/lib/python{sys.version_info.major}.{sys.version_info.minor}"
LEFT_OUT = {"test", "idlelib", "tkinter", "turtledemo", "site-packages", "dist-packages", "ensurepip", "__pycache__"}
_LIBRARY = re.compile(r"(/\S+) \(0x")

Places = dict[str, Path]  # where a file lies inside -> where it lies here


def collect_interpreter() -> Places:
    """The running interpreter and its standard library, below /usr/local."""
    library = Path(sysconfig.get_path("stdlib"))
    places = {
        f"{INSIDE}/{path.relative_to(library)}": path
        for path in library.rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.relative_to(library).parts)
    }
    executable = Path(sys.executable).resolve()
    return places | {f"usr/local/bin/{name}": executable for name in ("python", "python3", executable.name)}


def collect_packages(names: Iterable[str]) -> Places:
    """The files of the installed packages `names` and of all that they require, below /usr/local."""
    places: Places = {}
    for name in sorted(_require_all(names)):
        for file in distribution(name).files or ():
            path = Path(str(file.locate()))
            if file.parts[0] != ".." and path.is_file() and "__pycache__" not in file.parts:
                places[f"{INSIDE}/site-packages/{file}"] = path
    return places


def collect_tree(folder: Path, left_out: Iterable[str] = ()) -> Places:
    """All files under `folder`, at the same place; none of the parts named in `left_out`."""
    skipped = set(left_out) | {"__pycache__"}
    return {
        str(path).lstrip("/"): path
        for path in folder.rglob("*")
        if path.is_file() and not skipped & set(path.relative_to(folder).parts)
    }


def collect_libraries(programs: Iterable[Path]) -> Places:
    """The shared libraries that `programs` need, and the loader; packages find their own ones beside themselves."""
    binaries = [str(path) for path in programs if _is_elf(path)]
    found = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout
    names = {os.path.normpath(name) for name in _LIBRARY.findall(found) if "site-packages" not in name}
    return {name.lstrip("/"): Path(name) for name in names}


def pack(places: Places, folders: Iterable[str], archive: Path) -> None:
    """Write the tar archive, with `folders` in it, empty and open to all."""
    with tarfile.open(archive, "w") as tar:
        for folder in folders:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(entry)
        for inside, path in sorted(places.items()):
            tar.add(path.resolve(), inside, filter=_own_by_root)


def _own_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode |= 0o444
    return entry


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _require_all(names: Iterable[str]) -> set[str]:
    """The installed ones of `names` and of all that they require, with the extras that are asked for."""
    found: set[Requirement] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        requirement = waiting.pop()
        if requirement not in found and _is_installed(requirement.name):
            found.add(requirement)
            waiting += _requirements(requirement)
    return {requirement.name.lower() for requirement in found}


def _requirements(asked: Requirement) -> Iterator[Requirement]:
    for text in distribution(asked.name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in ("", *asked.extras)):
            requirement.marker = None
            yield requirement


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
