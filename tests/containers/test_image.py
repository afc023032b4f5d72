"""The program's image: who runs in it, and how it says that it is well."""

import pytest

import docker
from consistency.clock import monotonic_ns, wait_s
from consistency.durations import NS_PER_S
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.docker]


class TestImage:
    def test_the_emulator_becomes_healthy_without_being_root(
        self, engine: docker.DockerClient, program_image: str
    ) -> None:
        """The health check asks `GET /`."""
        container = engine.containers.run(program_image, detach=True)
        try:
            give_up_ns = monotonic_ns() + int(PATIENCE_S * NS_PER_S)
            while container.health != "healthy" and monotonic_ns() < give_up_ns:
                wait_s(0.2)
                container.reload()
            assert container.health == "healthy", container.logs()
            assert container.exec_run(["python", "-c", "import os; print(os.getuid())"]).output == b"1000\n"
        finally:
            container.remove(force=True)

    def test_its_command_is_the_program(self, engine: docker.DockerClient, program_image: str) -> None:
        """Whatever stands behind the image's name is a command of ours."""
        output = engine.containers.run(program_image, ["--version"], remove=True)
        assert output.startswith(b"consistency, version")
