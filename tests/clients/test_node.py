"""@google-cloud/datastore for Node. `npm ci` in tests/clients/node installs it; `.ci/run` does."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from consistency.emulator.service.service import PREFIX, RPCS
from tests.patience import PATIENCE_S

FOLDER = Path(__file__).parent / "node"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not (FOLDER / "node_modules").is_dir(), reason="npm ci has not been run in tests/clients/node"),
]


@pytest.mark.usefixtures("emulator")
class TestNode:
    def test_all(self) -> None:
        """Puts, gets, pages, transactions and, where the emulator has them, aggregations."""
        aggregates = PREFIX + "RunAggregationQuery" in RPCS
        words = ["node", "smoke.js", *["aggregate"] * aggregates]
        ended = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert ended.returncode == 0, ended.stderr
        expected: dict[str, Any] = {
            "title": "Blue",
            "tags": ["a", "b"],
            "at": "1970-01-01T00:00:00.000Z",
            "deleted": True,
            "allocated": True,
            "all": 450,
            "ordered": True,
            "paged": 450,
            "old": 225,
            "counter": 2,
            "code": 6,
        }
        if aggregates:
            expected["aggregated"] = {"n": 450, "s": 101_025}
        assert json.loads(ended.stdout) == expected
