"""The emulator's message classes: whose definitions they are."""

import subprocess
import sys

from google.cloud.datastore_v1.types import entity

from consistency.emulator.values.messages import DEFINITIONS, Entity
from tests.emulator.values.definitions import collect_definitions


class TestDefinitions:
    def test_they_are_the_installed_packages(self) -> None:
        """Field by field; where this fails, the package was updated: write them anew and look at what has changed."""
        assert DEFINITIONS.read_bytes() == collect_definitions()

    def test_both_sets_of_classes_live_in_one_process(self) -> None:
        """What one writes the other reads, and they are not the same classes."""
        theirs = entity.Entity.pb()()
        theirs.properties["a"].string_value = "b"
        assert Entity.FromString(theirs.SerializeToString()).properties["a"].string_value == "b"
        assert not isinstance(theirs, Entity)

    def test_the_emulator_starts_without_the_clients(self) -> None:
        """The package brings its clients and grpcio, which is half of a start."""
        code = (
            "import sys, consistency.emulator.hosting as _; print('google.cloud' in sys.modules, 'grpc' in sys.modules)"
        )
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert out == "False False\n"
