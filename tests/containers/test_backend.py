"""`--target docker`: the whole run, its sentences, and that nothing stays behind."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from docker.models.containers import Container

import docker
from consistency.backends import containers
from consistency.backends.containers import RUN_LABEL, find_strays
from consistency.clock import monotonic_ns, wait_s
from consistency.durations import NS_PER_S
from consistency.upkeep.cleaning import Scope, clean
from tests.containers.images import TOP
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.docker]
PLAN = str(TOP / "experiments" / "first.toml")


def command(out: Path, *arguments: str) -> list[str]:
    """A short run on a container."""
    settings = ["-n", "2", "--rate", "4/s", "--target", "docker", "--out", str(out), *arguments]
    return [sys.executable, "-m", "consistency", "run", PLAN, *settings]


def find_containers(engine: docker.DockerClient, run: str) -> list[Container]:
    """The containers of the run with this id."""
    return engine.containers.list(all=True, filters={"label": f"{RUN_LABEL}={run}"}, ignore_removed=True)


class TestRun:
    def test_a_container_is_measured_and_removed(
        self, engine: docker.DockerClient, google_image: str, tmp_path: Path
    ) -> None:
        """The report says what kind of truth it is; the engine keeps nothing."""
        done = subprocess.run(command(tmp_path, "--image", google_image, "--run", "whole"), check=False)
        assert done.returncode == 4, "p90 needs 29 entities"
        assert google_image in json.loads((tmp_path / "first" / "whole" / "manifest.json").read_bytes())["truth"]
        assert not find_containers(engine, "first/whole")

    def test_a_killed_run_s_container_is_found_and_removed(
        self, engine: docker.DockerClient, google_image: str, tmp_path: Path
    ) -> None:
        """Nobody is left to remove it, so `clean` does."""
        run = subprocess.Popen(command(tmp_path, "--image", google_image, "--run", "killed"), stderr=subprocess.DEVNULL)
        give_up_ns = monotonic_ns() + int(PATIENCE_S * NS_PER_S)
        while not find_containers(engine, "first/killed") and monotonic_ns() < give_up_ns:
            wait_s(0.05)
        assert "first/killed" not in [stray.labels[RUN_LABEL] for stray in find_strays(engine)], "its owner lives"
        run.send_signal(signal.SIGKILL)
        run.wait()
        scope = Scope("first/killed")
        assert clean(tmp_path, scope, dry_run=True).containers == 1
        assert clean(tmp_path, scope, dry_run=False).containers == 1
        assert not find_containers(engine, "first/killed")

    @pytest.mark.parametrize(
        ("end", "told"), [("kill", "ended with exit code 137.*"), ("remove", "(was removed|ended .*)")]
    )
    def test_one_that_dies_ends_the_run(
        self, end: str, told: str, engine: docker.DockerClient, google_image: str, tmp_path: Path
    ) -> None:
        """At once, with its exit code and what it said last, and with a verdict of what there is."""
        name = f"dies-by-{end}"
        words = command(tmp_path, "--image", google_image, "--run", name, "-n", "400", "--no-report")
        run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        history = tmp_path / "first" / name / "history-reader.jsonl"
        while run.poll() is None and not (history.exists() and history.stat().st_size > 2_000):
            wait_s(0.05)
        (container,) = find_containers(engine, f"first/{name}")
        container.kill() if end == "kill" else container.remove(force=True)
        out, _ = run.communicate()
        assert run.returncode == 1
        first = out.splitlines()[0]
        assert re.search(
            rf" stopped answering after [\d,]+ of 1,200 entities: its container {told}\. The report ", first
        )
        assert not find_containers(engine, f"first/{name}")


class TestSentences:
    def test_no_engine(self, tmp_path: Path) -> None:
        """The address is named, and what else can be measured."""
        done = subprocess.run(
            command(tmp_path), env={"DOCKER_HOST": "unix:///nowhere.sock", "PATH": "/usr/bin:/bin"}, text=True,
            capture_output=True, check=False, cwd=TOP,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            "Docker does not answer at unix:///nowhere.sock. "
            "Start it, or use --target google (gcloud) or --target embedded."
        )

    def test_an_image_that_cannot_be_pulled(self, engine: docker.DockerClient, tmp_path: Path) -> None:
        """One sentence, and no container."""
        image = "localhost:9/nobody/nothing:1"
        done = subprocess.run(command(tmp_path, "--image", image), text=True, capture_output=True, check=False)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(f"Image {image} is not present and could not be pulled: no net")

    def test_an_image_without_gcloud(self, engine: docker.DockerClient, program_image: str, tmp_path: Path) -> None:
        """It is started in vain and removed."""
        settings = ["--image", program_image, "--run", "wrong"]
        done = subprocess.run(command(tmp_path, *settings), text=True, capture_output=True, check=False)
        assert done.returncode == 1
        assert not find_containers(engine, "first/wrong")


class TestPull:
    def test_progress_adds_the_layers_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The engine tells each layer's progress many times; a line a second is enough."""
        seconds = iter(range(100))
        monkeypatch.setattr(containers, "monotonic_ns", lambda: next(seconds) * NS_PER_S)
        told: list[str] = []
        layer = {"status": "Downloading", "progressDetail": {"current": 3_000_000, "total": 9_000_000}}
        containers._follow_pull([layer | {"id": "a"}, layer | {"id": "b"}], told.append)
        assert told == ["  3 of at least 9 MB", "  6 of at least 18 MB"]
