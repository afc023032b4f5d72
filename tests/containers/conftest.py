"""A Docker engine, and the images that the tests run on it."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from docker.errors import DockerException

import docker
from tests.components import require_component
from tests.containers.images import build_program, provide_google, provide_python


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """An engine that answers."""
    try:
        client = docker.from_env()
        client.ping()
    except DockerException:
        pytest.skip("no Docker engine answers")
    yield client
    client.close()


@pytest.fixture(scope="session")
def program_image(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program's image, built by its Dockerfile."""
    return build_program(engine, provide_python(engine, tmp_path_factory.mktemp("base")))


@pytest.fixture(scope="session")
def google_image(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with gcloud and its Datastore emulator."""
    require_component("cloud-datastore-emulator")
    return provide_google(engine, tmp_path_factory.mktemp("google"))


@pytest.fixture(scope="session")
def compose() -> list[str]:
    """The compose command: the plug-in, or the program of its own."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("docker compose is not installed")
