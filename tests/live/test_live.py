"""The live target: consent, what is written and what is left, and what becomes of refusals."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from tests.live.conftest import Cloud

pytestmark = pytest.mark.slow
PROJECT = "acme-dev"
PLAN = """entities = 3
rate = "10/s"
deadline = "2s"
[probes]
key_get = { interval = "50ms", confirm = 1 }
[claims]
key_get = "always visible"
"""


def run(
    cloud: Cloud, folder: Path, *flags: str, project: str = PROJECT, plan: str = PLAN
) -> subprocess.CompletedProcess[str]:
    """`consistency run` against the stand-in, in a process of its own: gRPC reads its roots once."""
    (folder / "live.toml").write_text(plan)
    target = ["--target", "live", "--endpoint", cloud.endpoint, "--project", project, "--run", "one", "--no-report"]
    command = [sys.executable, "-m", "consistency", "run", "live.toml", *target, *flags]
    environment = {**os.environ, **cloud.environment}
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )


def clean(cloud: Cloud, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """`consistency clean` beside it."""
    environment = {**os.environ, **cloud.environment}
    command = [sys.executable, "-m", "consistency", "clean", *flags]
    return subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=True)


class TestConsent:
    def test_a_project_that_was_not_typed_again_is_not_written_to(self, cloud: Cloud, tmp_path: Path) -> None:
        """Neither without a word nor with another id: the store sees no call."""
        for flags in ((), ("--confirm-project", "acme-prod")):
            done = run(cloud, tmp_path, *flags)
            assert done.returncode == 5
            assert done.stderr.splitlines()[-1].startswith(
                f"Refused: this would write 3 entities to project {PROJECT}, database (default). Estimated $"
            )
            assert done.stderr.endswith(f"To go on: --confirm-project {PROJECT}\n")
        assert cloud.behaviour.calls == []
        assert cloud.behaviour.tokens_given == 0

    def test_a_limit_below_the_estimate_is_refused(self, cloud: Cloud, tmp_path: Path) -> None:
        """The message names one that is high enough for the worst case."""
        done = run(cloud, tmp_path, "--confirm-project", PROJECT, "--max-cost", "0.000001")
        assert done.returncode == 5
        assert "--max-cost 0.000082" in done.stderr.splitlines()[-1]
        assert cloud.behaviour.calls == []

    def test_a_foreign_namespace_is_refused(self, cloud: Cloud, tmp_path: Path) -> None:
        """Whatever is typed."""
        done = run(cloud, tmp_path, "--confirm-project", PROJECT, "--namespace", "orders")
        assert done.returncode == 5
        assert "namespace orders is not ours" in done.stderr
        assert cloud.behaviour.calls == []

    def test_a_namespace_with_something_in_it_is_refused(self, cloud: Cloud, tmp_path: Path) -> None:
        """One query looks; nothing is written."""
        client = cloud.emulator.client(project=PROJECT, namespace="consistency-taken")
        entity = client.entity(client.key("Kind", "theirs"))
        client.put(entity)
        done = run(cloud, tmp_path, "--confirm-project", PROJECT, "--namespace", "consistency-taken")
        assert done.returncode == 5
        assert "namespace consistency-taken is not empty" in done.stderr
        assert cloud.behaviour.calls == ["RunQuery"]

    def test_no_project_is_a_mistake(self, cloud: Cloud, tmp_path: Path) -> None:
        """There is no default."""
        (tmp_path / "live.toml").write_text(PLAN)
        command = [sys.executable, "-m", "consistency", "run", "live.toml", "--target", "live"]
        done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith("--target live needs --project. ")
        assert cloud.behaviour.calls == []


class TestRun:
    def test_what_was_written_is_deleted_by_key(self, cloud: Cloud, tmp_path: Path) -> None:
        """A run over TLS with tokens of the service account; no query is used to clean up."""
        done = run(cloud, tmp_path, "--confirm-project", PROJECT)
        assert done.returncode == 0, done.stderr
        folder = tmp_path / "runs" / "live" / "one"
        assert json.loads((folder / "manifest.json").read_bytes())["truth"].startswith(
            f"live: {PROJECT} / (default), type"
        )
        assert (folder / "cleaned").exists()
        assert cloud.behaviour.calls.count("Commit") == 3 + 1
        assert cloud.behaviour.calls[-2:] == ["Commit", "Lookup"]
        client = cloud.emulator.client(project=PROJECT, namespace="consistency-live-one")
        assert list(client.query().fetch()) == []

    @pytest.mark.parametrize("age", ["", "600ms"])
    def test_the_zeros_are_told_beside_the_control(self, cloud: Cloud, tmp_path: Path, age: str) -> None:
        """Whether the instrument would have seen a miss: what it saw of a probe that had to miss, or that none did."""
        control = f'[probes.read_time_get]\ninterval = "50ms"\nconfirm = 0\nage = "{age}"\n[claims]'
        plan = PLAN.replace("[claims]", control) if age else PLAN
        done = run(cloud, tmp_path, "--confirm-project", PROJECT, "-n", "5", plan=plan)
        assert done.returncode == 0, done.stderr
        (told,) = [line for line in done.stdout.splitlines() if line.startswith("Expected of today's service")]
        assert "Key gets: 0 of 5 missed, at most 45 %, 95 % one-sided." in told
        assert ("so it had to miss at first; it missed 5 of 5 and found them after" in told) is bool(age)
        assert ("There was no control" in told) is not bool(age)

    def test_kept_entities_stay(self, cloud: Cloud, tmp_path: Path) -> None:
        """Where that was asked for."""
        assert run(cloud, tmp_path, "--confirm-project", PROJECT, "--keep").returncode == 0
        client = cloud.emulator.client(project=PROJECT, namespace="consistency-live-one")
        assert len(list(client.query().fetch())) == 3

    def test_clean_deletes_what_is_left(self, cloud: Cloud, tmp_path: Path) -> None:
        """By the recorded keys, within its scope, once; no query is asked for it."""
        assert run(cloud, tmp_path, "--confirm-project", PROJECT, "--keep").returncode == 0
        client = cloud.emulator.client(project=PROJECT, namespace="consistency-live-one")
        asked = len(cloud.behaviour.calls)
        dry, other = clean(cloud, tmp_path, "--dry-run"), clean(cloud, tmp_path, "--project", "acme-prod")
        assert dry.stdout.endswith(" 3 entities of 1 live runs would be removed.\n")
        assert other.stdout == "0 containers, 0 emulators, 0 entities removed.\n"
        assert len(cloud.behaviour.calls) == asked
        assert " 3 entities of 1 live runs removed." in clean(cloud, tmp_path, "--run", "live/one").stdout
        assert list(client.query().fetch()) == []
        assert cloud.behaviour.calls[asked:] == ["Commit", "Lookup"]
        assert " 0 entities removed." in clean(cloud, tmp_path).stdout

    def test_the_limit_ends_a_run_that_reaches_it(self, cloud: Cloud, tmp_path: Path) -> None:
        """With a verdict of what was measured, and the entities deleted."""
        cloud.behaviour.refuse = lambda name, number: (
            (grpc.StatusCode.ABORTED, "Contention.") if 40 < number < 400 and name == "Lookup" else None
        )
        done = run(cloud, tmp_path, "-n", "100", "--confirm-project", PROJECT, "--max-cost", "0.0004")
        assert done.returncode == 1
        assert "the limit of $0.0004 was reached" in done.stderr + done.stdout
        assert "of 100 entities" in done.stderr + done.stdout
        assert (tmp_path / "runs" / "live" / "one" / "cleaned").exists()


class TestRefusals:
    @pytest.mark.parametrize("token", ["wrong", ""])
    def test_a_token_that_is_not_good(self, cloud: Cloud, tmp_path: Path, token: str) -> None:
        """The service says so, nothing is written."""
        cloud.behaviour.token = token
        done = run(cloud, tmp_path, "--confirm-project", PROJECT)
        assert done.returncode == 1
        assert "Commit" not in cloud.behaviour.calls

    def test_permission_denied(self, cloud: Cloud, tmp_path: Path) -> None:
        """The account exists and may not."""
        cloud.behaviour.refuse = lambda _name, _number: (grpc.StatusCode.PERMISSION_DENIED, "Missing permissions.")
        done = run(cloud, tmp_path, "--confirm-project", PROJECT)
        assert done.returncode == 1
        assert "Missing permissions" in done.stderr
        assert "Traceback" not in done.stderr

    def test_an_account_that_gets_no_token(self, cloud: Cloud, tmp_path: Path) -> None:
        """The token endpoint refuses it."""
        cloud.behaviour.endpoint_status = "400 Bad Request"
        done = run(cloud, tmp_path, "--confirm-project", PROJECT)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "Commit" not in cloud.behaviour.calls

    def test_no_credentials(self, cloud: Cloud, tmp_path: Path) -> None:
        """The first thing that a newcomer meets."""
        cloud.environment["GOOGLE_APPLICATION_CREDENTIALS"] = ""
        cloud.environment["HOME"] = cloud.environment["CLOUDSDK_CONFIG"] = str(tmp_path)
        cloud.environment["NO_GCE_CHECK"] = "true"
        done = run(cloud, tmp_path, "--confirm-project", PROJECT)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith("No Google credentials found. Run")

    def test_a_quota_is_measured_as_errors(self, cloud: Cloud, tmp_path: Path) -> None:
        """A refused read is no miss; the run goes on."""
        refused = range(8, 14)  # reads and writes come in turn
        cloud.behaviour.refuse = lambda name, number: (
            (grpc.StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded.") if number in refused and name == "Lookup" else None
        )
        done = run(cloud, tmp_path, "--confirm-project", PROJECT, "-n", "30", "--rate", "20/s")
        assert done.returncode in {0, 4}, done.stderr
        history = (tmp_path / "runs" / "live" / "one" / "history-reader.jsonl").read_text()
        assert "RESOURCE_EXHAUSTED" in history

    def test_a_clean_up_that_fails_is_told(self, cloud: Cloud, tmp_path: Path) -> None:
        """With the verdict, and with what to type."""
        cloud.behaviour.refuse = lambda name, number: (
            (grpc.StatusCode.UNAVAILABLE, "Try later.") if name == "Commit" and number > 8 else None
        )
        done = run(cloud, tmp_path, "--confirm-project", PROJECT)
        assert done.returncode == 1
        assert "were not deleted" in done.stderr + done.stdout
        assert "consistency clean --run" in done.stderr + done.stdout

    @pytest.mark.usefixtures("heard_signals")
    def test_ctrl_c_while_it_cleans_up(self, cloud: Cloud, tmp_path: Path) -> None:
        """Leaves at once, and says what to type for what is left."""
        (tmp_path / "live.toml").write_text(PLAN)
        target = ["--target", "live", "--endpoint", cloud.endpoint, "--project", PROJECT, "--confirm-project", PROJECT]
        command = [sys.executable, "-m", "consistency", "run", "live.toml", *target, "--run", "one", "-q"]
        environment = {**os.environ, **cloud.environment}
        with subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE) as process:
            deletes: list[int] = []

            def refuse(name: str, number: int) -> tuple[grpc.StatusCode, str] | None:
                if name == "Commit" and cloud.behaviour.calls.count(name) > 3:
                    deletes.append(number)
                    process.send_signal(signal.SIGINT)
                    return grpc.StatusCode.UNAVAILABLE, "Try later."
                return None

            cloud.behaviour.refuse = refuse
            _, err = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in err, len(deletes) > 0) == (130, False, True)
        assert err.splitlines()[-1] == (
            "Stopped. The run is kept. The entities of consistency-live-one were not all deleted. "
            "Repeat it safely: consistency clean --run runs/live/one"
        )
