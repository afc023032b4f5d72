"""Google's official emulator image in a container of its own: started, labelled with its run, and always removed.

An image's name comes in, the address of a running emulator goes out. The engine picks the port, so that nothing can be
taken in between.

A label names the process that owns the container, because an engine keeps containers whose owner was killed: the next
start and `consistency clean` remove those whose owner is gone.
"""

import contextlib
import http
import json
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container

import docker
from consistency.backends.google import answers, set_coin
from consistency.clock import monotonic_ns, wait_s
from consistency.durations import NS_PER_S
from consistency.errors import ConsistencyError
from consistency.processes import describe_self, is_alive

IMAGE = "gcr.io/google.com/cloudsdktool/google-cloud-cli:emulators"
PORT = 8081
START_TIMEOUT_S = 120.0
POLL_S = 0.05
LOOK_EVERY_NS = NS_PER_S // 2
GOING = {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.CONFLICT}  # somebody removed it, or is about to
RUN_LABEL, OWNER_LABEL = "consistency.run", "consistency.owner"
Tell = Callable[[str], None]


def connect_engine() -> docker.DockerClient:
    """The Docker engine of the environment; ConsistencyError in one sentence where none answers."""
    try:
        _reach_socket()
        engine = docker.from_env()
        engine.ping()
    except (DockerException, OSError) as error:
        raise ConsistencyError(
            f"Docker does not answer at {_engine_address()}. "
            "Start it, or use --target google (gcloud) or --target embedded."
        ) from error
    return engine


class Watched:
    """A container that runs, and its emulator's `address`."""

    def __init__(self, container: Container, address: str, log: Path) -> None:
        self.address = address
        self._container = container
        self._log = log
        self._looked_ns = monotonic_ns()

    def explain_end(self) -> str | None:
        """How it ended, and the last that it said; None while it runs. The engine is asked every half second."""
        if monotonic_ns() - self._looked_ns < LOOK_EVERY_NS:
            return None
        self._looked_ns = monotonic_ns()
        try:
            self._container.reload()
        except NotFound:
            return "its container was removed"
        if self._container.status == "running":
            return None
        state, said = (
            self._container.attrs["State"],
            _read_log(self._container, tail=1).decode(errors="replace").strip(),
        )
        why = " (out of memory)" if state.get("OOMKilled") else ""
        last = f"; the last that it said: {said}" if said else ""
        return f"its container ended with exit code {state['ExitCode']}{why}{last} (all it said: {self._log})"


@contextlib.contextmanager
def start_container(
    run: str, image: str, project: str, share: float, seed: int, log: Path, tell: Tell
) -> Iterator[Watched]:
    """Google's legacy emulator from `image`, running; `tell` gets the progress of a pull."""
    with contextlib.closing(connect_engine()) as engine:
        remove_strays(engine)
        require_image(engine, image, tell)
        command = ["gcloud", "beta", "emulators", "datastore", "start", f"--host-port=0.0.0.0:{PORT}",
                   f"--project={project}", f"--consistency={share}", "--no-store-on-disk", "--quiet"]  # fmt: skip
        owner = {RUN_LABEL: run, OWNER_LABEL: json.dumps(describe_self())}
        container = engine.containers.create(
            image, command, labels=owner, ports={f"{PORT}/tcp": ("127.0.0.1", 0)}, detach=True
        )
        try:
            _start(container, image)
            address = _await_address(container, log)
            set_coin(address, share, seed)
            yield Watched(container, address, log)
        finally:
            log.write_bytes(_read_log(container, tail="all"))
            remove(container)


def require_image(engine: docker.DockerClient, image: str, tell: Tell) -> None:
    """Have `image` on this machine: as it is, or pulled."""
    with contextlib.suppress(ImageNotFound):
        engine.images.get(image)
        return
    tell(f"{image} is not on this machine: pulling it")
    repository, tag = _split_tag(image)
    try:
        _follow_pull(engine.api.pull(repository, tag, stream=True, decode=True), tell)
        engine.images.get(image)
    except (APIError, DockerException) as error:
        raise ConsistencyError(
            f"Image {image} is not present and could not be pulled: {_explain(error)}. "
            "Name another: --image, or use --target google (gcloud) or --target embedded."
        ) from error


def find_strays(engine: docker.DockerClient) -> list[Container]:
    """The containers of runs whose process is gone."""
    found = engine.containers.list(all=True, filters={"label": RUN_LABEL}, ignore_removed=True)
    return [container for container in found if not is_alive(json.loads(container.labels.get(OWNER_LABEL, "{}")))]


def remove_strays(engine: docker.DockerClient) -> list[str]:
    """Remove them; return the runs that they belonged to."""
    strays = find_strays(engine)
    for stray in strays:
        remove(stray)
    return [stray.labels[RUN_LABEL] for stray in strays]


def remove(container: Container) -> None:
    """Remove it, running or not."""
    try:
        container.remove(force=True)
    except APIError as error:
        if error.status_code not in GOING:
            raise


def _read_log(container: Container, tail: int | Literal["all"]) -> bytes:
    """The last lines that it said; nothing where somebody has removed it, and with it what it said."""
    try:
        said: bytes = container.logs(tail=tail)
    except APIError as error:
        if error.status_code not in GOING:
            raise
        return b""
    return said


def _start(container: Container, image: str) -> None:
    try:
        container.start()
    except APIError as error:
        raise ConsistencyError(
            f"Docker could not start {image}: {_explain(error)}. It must hold gcloud with its emulators."
        ) from error


def _await_address(container: Container, log: Path) -> str:
    give_up_ns = monotonic_ns() + int(START_TIMEOUT_S * NS_PER_S)
    while monotonic_ns() < give_up_ns:
        container.reload()
        ports = container.ports.get(f"{PORT}/tcp")
        if container.status == "exited":
            raise ConsistencyError(f"The container ended before its emulator answered. All it said: {log}")
        if ports and answers(f"127.0.0.1:{ports[0]['HostPort']}"):
            return f"127.0.0.1:{ports[0]['HostPort']}"
        wait_s(POLL_S)
    raise ConsistencyError(f"The container did not answer within {START_TIMEOUT_S:g} s. What it said: {log}")


def _split_tag(image: str) -> tuple[str, str]:
    """("host:5000/name", "tag") of "host:5000/name:tag"; the tag is "latest" where none is named."""
    repository, colon, tag = image.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (image, "latest")


def _follow_pull(lines: Iterable[dict[str, Any]], tell: Tell) -> None:
    """Tell about once a second how much has come; the engine says it of each layer, many times a second."""
    layers: dict[str, tuple[int, int]] = {}
    told_ns = monotonic_ns()
    for line in lines:
        if "error" in line:
            raise APIError(line["error"])
        detail = line.get("progressDetail") or {}
        if line.get("status") == "Downloading" and "total" in detail:
            layers[line["id"]] = detail["current"], detail["total"]
        if layers and monotonic_ns() - told_ns >= NS_PER_S:
            told_ns = monotonic_ns()
            came, total = (sum(sizes) / 1e6 for sizes in zip(*layers.values(), strict=True))
            tell(f"  {came:.0f} of at least {total:.0f} MB")


def _explain(error: Exception) -> str:
    text = str(getattr(error, "explanation", None) or error)
    unreachable = ("no such host", "dial tcp", "timeout", "i/o", "connection refused", "network is unreachable")
    return "no network" if any(sign in text.lower() for sign in unreachable) else text.strip().rstrip(".")


def _reach_socket() -> None:
    """Raise OSError where no engine listens: the SDK would leave its own socket open."""
    scheme, _, path = _engine_address().partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)


def _engine_address() -> str:
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
