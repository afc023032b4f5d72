"""The live target where the network or the credentials fail in the middle of a run: measured as what it is."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from consistency.archive import Archive
from consistency.history import History
from consistency.operation import Action, Outcome
from tests.live.cable import lay_cable
from tests.live.conftest import Cloud
from tests.live.test_live import PROJECT, run

pytestmark = pytest.mark.slow
GO_ON = ("--confirm-project", PROJECT, "-n", "20", "--rate", "20/s")


def load(folder: Path) -> History:
    """What was recorded."""
    return History.load(Archive(folder / "runs" / "live" / "one").histories())


class TestConnection:
    def test_cut_and_slow(self, cloud: Cloud, tmp_path: Path) -> None:
        """Calls that were on the way are not answered, a slow one is late, later ones pass over a new connection; all
        that was written is deleted."""
        with lay_cable(cloud.endpoint) as (cable, address):

            def disturb(name: str, number: int) -> None:
                if number == 15:
                    cable.cut()
                cable.delay_s = 0.8 if 25 <= number < 28 else 0.0

            cloud.behaviour.refuse = disturb
            done = run(replace(cloud, endpoint=address), tmp_path, *GO_ON, "--set", "call_timeout=500ms")
        assert done.returncode in {0, 4}, done.stderr
        history = load(tmp_path)
        codes = Counter(call.code for call in history)
        assert cable.cuts == 2, "one in the run, one at its end"
        assert codes["UNAVAILABLE"] > 0
        assert codes["DEADLINE_EXCEEDED"] > 0
        assert all(call.outcome is not Outcome.FAIL for call in history if call.action is Action.WRITE and call.code)
        assert codes[""] > 40
        client = cloud.emulator.client(project=PROJECT, namespace="consistency-live-one")
        assert list(client.query().fetch()) == []


class TestTokens:
    def test_one_that_expires_is_renewed(self, cloud: Cloud, tmp_path: Path) -> None:
        """Before it is over, and no call is refused."""
        cloud.behaviour.expires_in_s = 1
        done = run(cloud, tmp_path, *GO_ON)
        assert done.returncode == 0, done.stderr
        assert cloud.behaviour.tokens_given > 20
        assert {call.code for call in load(tmp_path)} == {""}

    def test_one_that_is_revoked_ends_in_errors(self, cloud: Cloud, tmp_path: Path) -> None:
        """The calls are refused and recorded as that; what could not be deleted is told, with what to type."""
        cloud.behaviour.refuse = lambda _, number: (
            (grpc.StatusCode.UNAUTHENTICATED, "Token revoked.") if number > 20 else None
        )
        done = run(cloud, tmp_path, *GO_ON)
        assert done.returncode == 1
        assert "were not deleted" in done.stdout
        assert "Token revoked" in done.stdout
        assert "consistency clean --run" in done.stdout
        assert "Traceback" not in done.stderr
        refused = [call for call in load(tmp_path) if call.code == "UNAUTHENTICATED"]
        assert {call.action for call in refused} >= {Action.WRITE, Action.KEY_GET}
        assert {call.outcome for call in refused} == {Outcome.FAIL}
