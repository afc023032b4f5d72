"""Emulator, writer and three readers as services: the same result as in one process."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

import docker
from consistency import flow
from consistency.analysis.judgement import ClaimVerdict, Verdict
from consistency.archive import Archive, find_run
from consistency.emulator.truth import TruthRecord
from consistency.operation import Action
from consistency.plan_file import load_plan
from tests.containers.images import TOP

pytestmark = [pytest.mark.slow, pytest.mark.docker]
ENTITIES, RATE, LAG = 8, "4/s", "uniform:100ms,600ms"


@contextmanager
def run_services(compose: list[str], files: list[str], settings: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """The writer's exit code and the name of the volume, while the services are up."""
    project = f"consistency-test-{os.getpid()}"
    command = [*compose, "-p", project, *(part for file in files for part in ("-f", str(TOP / "docker" / file)))]
    environment = os.environ | settings | {"CONSISTENCY_ENTITIES": str(ENTITIES), "CONSISTENCY_RATE": RATE}
    try:
        writer = subprocess.run([*command, "run", "--rm", "-T", "writer"], env=environment, check=False)
        yield writer.returncode, f"{project}_runs"
    finally:
        subprocess.run([*command, "down", "--volumes"], env=environment, check=True, capture_output=True)


def fetch_runs(engine: docker.DockerClient, image: str, volume: str, folder: Path) -> Archive:
    """The latest run of the volume, in `folder`, with the emulator's truth log beside its histories."""
    copy = "import shutil; shutil.copytree('/runs', '/out', dirs_exist_ok=True, symlinks=True)"
    volumes = {volume: {"bind": "/runs", "mode": "ro"}, str(folder): {"bind": "/out", "mode": "rw"}}
    engine.containers.run(image, ["-c", copy], entrypoint="python", volumes=volumes, user=str(os.getuid()), remove=True)
    archive = find_run("latest", folder)
    if (folder / "truth.jsonl").exists():
        (folder / "truth.jsonl").replace(archive.truth)
    return archive


def read_lags_ns(judged: flow.Judged) -> dict[str, int]:
    """The planted lag of each entity that global queries looked for; strong reads shorten those of the others."""
    records = msgspec.json.Decoder(TruthRecord).decode_lines(judged.archive.truth.read_bytes())
    (summary,) = (summary for summary in judged.judgement.actions if summary.action is Action.GLOBAL_QUERY)
    names = {visibility.item.name for visibility in summary.visibilities}
    return {
        record.names[0]: (record.rows_ns or 0) - record.committed_ns for record in records if record.names[0] in names
    }


def list_late(judged: flow.Judged) -> set[str]:
    """The probes of which a search began late: on a busy machine readers in four containers may be slow."""
    return {each.action for each in judged.judgement.actions if any(found.late for found in each.visibilities)}


def agree(there: ClaimVerdict, here: ClaimVerdict, late: set[str]) -> bool:
    """Whether the verdicts are the same; of a late probe nobody can tell what a prompt one would have seen."""
    too_late = there.claim.subject in late and there.verdict is Verdict.CANNOT_TELL
    return there.claim == here.claim and (too_late or there.verdict is here.verdict)


class TestServices:
    def test_containers_measure_what_one_process_does(
        self, engine: docker.DockerClient, program_image: str, compose: list[str], tmp_path: Path
    ) -> None:
        """The same seed gives the same names and planted lags, every interval contains the truth, and the verdicts
        are the same."""
        overrides = {"entities": ENTITIES, "rate": RATE, "target.lag": LAG, "virtual_time": True}
        order = flow.prepare(load_plan(TOP / "experiments" / "first.toml", overrides), "first", tmp_path / "one", None)
        here = flow.judge_run(flow.measure(order, "first", None).archive)
        with run_services(compose, ["compose.yaml"], {"IMAGE": program_image, "LAG": LAG}) as (code, volume):
            there = flow.judge_run(fetch_runs(engine, program_image, volume, tmp_path))
        assert code == 4, "p90 needs 29 entities"
        assert read_lags_ns(there) == read_lags_ns(here)
        pairs, late = zip(there.judgement.claims, here.judgement.claims, strict=True), list_late(there)
        assert all(agree(*pair, late) for pair in pairs)
        assert there.judgement.verdict is Verdict.CANNOT_TELL
        assert [(c.n > 0, c.contained) for c in there.calibration] == [(True, c.n) for c in there.calibration]
        assert there.judgement.complete

    def test_google_s_emulator_is_the_store(
        self, engine: docker.DockerClient, program_image: str, google_image: str, compose: list[str], tmp_path: Path
    ) -> None:
        """The second file puts Google's emulator in the place of ours."""
        settings = {"IMAGE": program_image, "GOOGLE_IMAGE": google_image}
        with run_services(compose, ["compose.yaml", "compose.google.yaml"], settings) as (code, volume):
            there = flow.judge_run(fetch_runs(engine, program_image, volume, tmp_path))
        assert code == 4, "p90 needs 29 entities"
        assert [len({v.item for v in summary.visibilities}) for summary in there.judgement.actions] == [ENTITIES] * 3
        assert not any(summary.never_seen.count for summary in there.judgement.actions)
