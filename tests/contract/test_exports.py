"""Exports of Google's legacy emulator and of ours, each imported by the other."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from consistency.backends.google import set_coin
from consistency.emulator.library import Emulator
from consistency.emulator.values.messages import Message
from tests.contract.targets import open_address
from tests.emulator.exports.samples import make_properties
from tests.emulator.talk import PROJECT, Talk

pytestmark = [pytest.mark.google, pytest.mark.slow]
PATHS: list[tuple[str | int, ...]] = [("Kind", "a"), ("Parent", 7, "Kind", "b"), ("Parent", 7, "Kind", 9)]


class Peer(NamedTuple):
    """One emulator: what is said over gRPC, and where it is administered over HTTP."""

    talk: Talk
    address: str

    def fill(self) -> None:
        for path in PATHS:
            self.talk.put(*path, **make_properties(self.talk))

    def entities(self) -> list[Message]:
        """All that there is of `PATHS`."""
        found = self.talk.lookup(*(self.talk.key(*path) for path in PATHS)).found
        return sorted((each.entity for each in found), key=lambda entity: str(entity.key))

    def administer(self, word: str, **fields: object) -> dict[str, Any]:
        """The response of an operation, which is done."""
        url, body = f"http://{self.address}/v1/projects/{PROJECT}:{word}", json.dumps(fields).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            operation = json.load(reply)
        assert operation["done"]
        response: dict[str, Any] = operation["response"]
        return response


@pytest.fixture
def peers(google_address: str) -> Iterator[tuple[Peer, Peer]]:
    """Google's emulator and ours, in one namespace that nobody else has."""
    assert set_coin(google_address, 1.0, seed=1)
    namespace = f"exports-{uuid4().hex}"
    with Emulator() as ours, open_address(google_address)() as call, open_address(ours.address)() as own_call:
        yield Peer(Talk(call, namespace), google_address), Peer(Talk(own_call, namespace), ours.address)


class TestExchange:
    @pytest.mark.parametrize("one", [{}, {"kinds": ["Kind"]}])
    def test_google_to_ours(self, peers: tuple[Peer, Peer], tmp_path: Path, one: dict[str, list[str]]) -> None:
        """Every type of value."""
        google, own = peers
        google.fill()
        wanted = {"namespaceIds": [google.talk.namespace], **one}
        google.administer("export", outputUrlPrefix=str(tmp_path / "google"), entityFilter=wanted)
        (overall,) = tmp_path.glob("google/*/*.overall_export_metadata")
        own.administer("import", inputUrl=str(overall))
        assert len(own.entities()) == len(PATHS)
        assert own.entities() == google.entities()

    @pytest.mark.parametrize("kinds", [[], ["Kind"], ["None", "Kind"]])
    def test_ours_to_google(self, peers: tuple[Peer, Peer], tmp_path: Path, kinds: list[str]) -> None:
        """Every type of value, in one set of entities or in several."""
        google, own = peers
        own.fill()
        wanted = {"namespaceIds": [own.talk.namespace, ""] if kinds else [], "kinds": kinds}
        overall = own.administer("export", outputUrlPrefix=str(tmp_path), entityFilter=wanted)["outputUrl"]
        google.administer("import", inputUrl=overall)
        assert len(google.entities()) == len(PATHS)
        assert google.entities() == own.entities()
