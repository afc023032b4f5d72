"""grpc-js as a peer: gRPC for Node, on Node's own HTTP/2.

Needs Node and the npm package @grpc/grpc-js, which `npm ci` in tests/clients/node installs.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.emulator.server.served import ECHO, FAIL, MAKE, METADATA, REFUSE, SLEEP, WAIT, Served
from tests.patience import PATIENCE_S

MODULES = Path(__file__).parents[2] / "clients" / "node" / "node_modules"
SCRIPT = Path(__file__).with_name("node_client.js")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (MODULES / "@grpc" / "grpc-js").is_dir(), reason="npm ci has not been run in tests/clients/node"
    ),
]


def call(served: Served, *calls: dict[str, object]) -> list[list[dict[str, object]]]:
    """How each call, or each copy of it, ended."""
    command = ["node", str(SCRIPT), served.address, json.dumps(calls)]
    environment = {**os.environ, "NODE_PATH": str(MODULES)}
    output = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    ).stdout
    return [json.loads(line) for line in output.splitlines()]


class TestNode:
    def test_messages(self, served: Served) -> None:
        """Messages of all sizes pass, 8 MiB too, in both directions."""
        sizes = [0, 1, 16_384, 65_536, 1_000_000, 8 * 2**20]
        assert call(served, *({"method": ECHO, "size": size} for size in sizes)) == [
            [{"code": 0, "size": size}] for size in sizes
        ]
        assert call(served, {"method": MAKE, "text": "8000000"}) == [[{"code": 0, "size": 8_000_000}]]

    def test_many_at_once(self, served: Served) -> None:
        """200 calls at once, of which some wait and some are large."""
        waits, large = call(
            served,
            {"method": SLEEP, "size": 10, "copies": 200},
            {"method": ECHO, "size": 100_000, "copies": 100},
        )
        assert waits == [{"code": 0, "size": 10}] * 200
        assert large == [{"code": 0, "size": 100_000}] * 100

    def test_statuses(self, served: Served) -> None:
        """Statuses arrive with their message, those of the wire too."""
        ends = call(
            served,
            {"method": REFUSE, "text": "9 größer als 100 %"},
            {"method": "/test.Wire/Nothing"},
            {"method": FAIL},
            {"method": ECHO, "size": 17 * 2**20},
            {"method": ECHO, "size": 1},
        )
        assert ends[0] == [{"code": 9, "details": "größer als 100 %"}]
        assert [end[0]["code"] for end in ends] == [9, 12, 13, 8, 0]

    def test_deadline_and_cancel(self, served: Served) -> None:
        """A deadline and a cancellation both stop the call here."""
        ends = call(served, {"method": WAIT, "timeout_ms": 500}, {"method": WAIT, "cancel_ms": 500}, {"method": ECHO})
        assert [end[0]["code"] for end in ends] == [4, 1, 0]
        assert served.wait_until(lambda: served.service.waiting == 0)
        assert served.service.cancelled == 2

    def test_metadata(self, served: Served) -> None:
        """Metadata arrives, binary values decoded."""
        call(served, {"method": METADATA, "metadata": {"x-params": "a=b", "b-bin": "00ff80"}})
        (received,) = served.service.metadata
        assert (received["x-params"], received["b-bin"]) == ("a=b", "\0\xff\x80")
