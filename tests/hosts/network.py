"""Network namespaces joined by veth pairs: one for the store and the writer, one for each reader's host.

Where they cannot be made (no root, no `ip`) the hosts are plain processes that meet on the loopback: what then is not
proved is that a reader needs no file of the writer's, which its folder of its own shows all the same.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """What stands before a command that is to run there, and by which name the store's host is known there."""

    prefix: tuple[str, ...]
    store: str


@contextlib.contextmanager
def make_network(readers: int) -> Iterator[list[Place]]:
    """The store's place, then the readers'."""
    names = [f"consistency-{os.getpid()}-{place}" for place in range(readers + 1)]
    made: list[str] = []
    try:
        try:
            _connect(names, made)
        except (OSError, subprocess.CalledProcessError):
            yield [Place((), "127.0.0.1")] * len(names)
            return
        enter = [("ip", "netns", "exec", name) for name in names]
        yield [Place(each, f"10.97.{place}.1" if place else "127.0.0.1") for place, each in enumerate(enter)]
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _connect(names: Sequence[str], made: list[str]) -> None:
    if shutil.which("ip") is None:
        raise OSError("no ip")
    for name in names:
        _ip("netns", "add", name)
        made.append(name)
        _ip("-n", name, "link", "set", "lo", "up")
    for place, name in enumerate(names[1:], 1):
        _ip("-n", names[0], "link", "add", f"to{place}", "type", "veth", "peer", "name", "up0", "netns", name)
        for side, device, end in ((names[0], f"to{place}", 1), (name, "up0", 2)):
            _ip("-n", side, "address", "add", f"10.97.{place}.{end}/24", "dev", device)
            _ip("-n", side, "link", "set", device, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
