"""The images that the container tests run: the program's, and one that stands in for Google's official one.

Bases are made of this machine's own files and are named by what they hold, so that a second test run finds them there.
"""

import hashlib
import platform
import shutil
from pathlib import Path

from docker.errors import ImageNotFound

import docker
from tests.containers import filesystem
from tests.containers.filesystem import (
    Places,
    collect_interpreter,
    collect_libraries,
    collect_packages,
    collect_tree,
    pack,
)

TOP = Path(__file__).parents[2]
OFFLINE = ["ENV PATH=/usr/local/bin:/usr/bin:/bin", "ENV PIP_NO_INDEX=1", "ENV PIP_NO_BUILD_ISOLATION=0"]


def provide_python(engine: docker.DockerClient, folder: Path) -> str:
    """The name of an image with the running interpreter, its libraries and the installed packages, and nothing else."""
    name = f"consistency-test-base:{_fingerprint((TOP / 'requirements.lock').read_bytes())}"
    if not _is_present(engine, name):
        places = collect_interpreter() | collect_packages(["datastore-consistency", "pip", "setuptools"])
        places = {inside: path for inside, path in places.items() if "datastore_consistency" not in inside}
        _import(engine, name, places, folder, OFFLINE)
    return name


def build_program(engine: docker.DockerClient, python_image: str) -> str:
    """The name of the program's image, built by docker/Dockerfile on `python_image`."""
    image, _ = engine.images.build(
        path=str(TOP),
        dockerfile="docker/Dockerfile",
        buildargs={"BASE": python_image},
        tag="consistency-test:latest",
        rm=True,
    )
    return str(image.tags[0])


def provide_google(engine: docker.DockerClient, folder: Path) -> str:
    """The name of an image that holds gcloud and its legacy Datastore emulator, as the official one does."""
    sdk = Path(str(shutil.which("gcloud"))).resolve().parents[1]
    name = f"consistency-test-gcloud:{_fingerprint((sdk / 'VERSION').read_bytes())}"
    if not _is_present(engine, name):
        java = Path(str(shutil.which("java"))).resolve().parents[1]
        path = f"ENV PATH={sdk}/bin:{java}/bin:/usr/local/bin:/bin"
        _import(engine, name, _collect_google(sdk, java), folder, [path, "ENV CLOUDSDK_PYTHON=/usr/local/bin/python3"])
    return name


def _collect_google(sdk: Path, java: Path) -> Places:
    tools = {
        f"bin/{tool}": Path(str(shutil.which(tool))) for tool in ("sh", "bash", "dirname", "readlink", "which", "uname")
    }
    places = collect_tree(sdk / "lib") | collect_tree(sdk / "platform" / "cloud-datastore-emulator")
    places |= collect_tree(sdk / ".install", ["bundled"]) | collect_tree(java, ["src.zip", "jmods", "man"])
    places |= {str(path).lstrip("/"): path for path in (sdk / "VERSION", sdk / "properties", sdk / "bin" / "gcloud")}
    return places | tools | collect_interpreter()


def _import(engine: docker.DockerClient, name: str, places: Places, folder: Path, changes: list[str]) -> None:
    archive = folder / "filesystem.tar"
    pack(places | collect_libraries(places.values()), ["tmp"], archive)
    repository, _, tag = name.partition(":")
    engine.api.import_image_from_file(str(archive), repository, tag, changes=changes)
    archive.unlink()


def _is_present(engine: docker.DockerClient, name: str) -> bool:
    try:
        engine.images.get(name)
    except ImageNotFound:
        return False
    return True


def _fingerprint(content: bytes) -> str:
    made_by = b"".join(path.read_bytes() for path in (Path(__file__), Path(filesystem.__file__)))
    return hashlib.sha256(content + made_by + platform.python_version().encode()).hexdigest()[:12]
