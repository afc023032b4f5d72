"""One run on three hosts whose clocks are off: the writer's, and two readers' that have the plan and nothing else."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from consistency import flow
from consistency.apart import name_process
from consistency.archive import Archive
from consistency.clock import monotonic_ns, wait_s
from consistency.history import History
from consistency.upkeep.merging import merge
from tests.hosts.network import Place, make_network
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
SKEWS_MS = {"eu-1": 20, "us-1": 330, "ap-1": -45}  # the first writes
PLAN = """entities = 20
rate = "10/s"
deadline = "2s"
call_timeout = "1s"
seed = 5
[probes]
global_query = { interval = "20ms", confirm_for = "300ms" }
key_get = { interval = "20ms", confirm_for = "300ms" }
[claims]
global_query = ["p50 <= 1s", "p50 <= 20ms"]
key_get = "p50 <= 1s"
"""
Process = subprocess.Popen[str]


def start(folder: Path, place: Place, region: str, *words: str, boot: str = "") -> Process:
    """A command on the host in `region`."""
    planted = [sys.executable, str(Path(__file__).with_name("planted.py")), str(SKEWS_MS[region]), boot or region]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATASTORE")}
    return subprocess.Popen(
        [*place.prefix, *planted, *words],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(process: Process, code: int = 0) -> str:
    """What it said; it ended with `code`."""
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, out
    return out


@contextlib.contextmanager
def serve(folder: Path, place: Place) -> Iterator[str]:
    """The port of an emulator whose every commit becomes visible to queries 150 ms later."""
    log = folder / "serve.log"
    words = [sys.executable, "-m", "consistency", "serve", "--host-port", "0.0.0.0:0", "--lag", "150ms", "--seed", "5"]
    with log.open("w") as file:
        server = subprocess.Popen(
            [*place.prefix, *words, "--truth-log", "truth.jsonl"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        give_up_ns = monotonic_ns() + int(PATIENCE_S * 1e9)
        while not (match := re.search(r"DATASTORE_EMULATOR_HOST=\S+:(\d+)", log.read_text())):
            assert server.poll() is None, log.read_text()
            assert monotonic_ns() < give_up_ns
            wait_s(0.05)
        yield match[1]
    finally:
        server.terminate()
        server.wait()


def contents(folder: Path) -> dict[str, bytes]:
    """All files of the folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.slow
class TestHosts:
    def test_three_hosts_tell_what_one_does(self, tmp_path: Path) -> None:
        """The readers type what the writer prints; all intervals contain the truth, the verdicts are those of one host,
        merging again changes nothing, and of a reader that was run again the duplicates are told and dropped."""
        (tmp_path / "first.toml").write_text(PLAN)
        before_ns = monotonic_ns()
        with make_network(2) as (home, *away), serve(tmp_path, home) as port:
            soon = f"{4 + 8 * (monotonic_ns() - before_ns) // 10**9}s"  # a busy machine starts its readers later
            writing = ("write", "first.toml", "-q", "--run", "one", "--start", soon, "--region", "eu-1")
            writer = start(tmp_path, home, "eu-1", *writing, "--host", f"{home.store}:{port}")
            assert writer.stdout is not None
            told = writer.stdout.readline()
            typed = re.fullmatch(r"On other hosts: consistency (read .*) --host HOST:(\d+) --region NAME\n", told)
            assert typed, told + finish(writer)
            assert typed[2] == port
            places = dict(zip(("us-1", "ap-1"), away, strict=True))

            def read(region: str, out: str, boot: str = "") -> Process:
                place = places[region]
                words = [*typed[1].split(), "-q", "--host", f"{place.store}:{port}", "--region", region, "--out", out]
                return start(tmp_path, place, region, *words, boot=boot)

            readers = [read(region, region) for region in places]
            for process in (*readers, writer):
                finish(process)
            one_host = ("run", "first.toml", "-q", "--no-report", "--run", "alone", "--host", f"{home.store}:{port}")
            alone = start(tmp_path, home, "eu-1", *one_host)
            finish(read("us-1", "again", "another boot"))
            finish(alone, 3)
        folders = [Archive(tmp_path / out / "first" / "one") for out in ("runs", "us-1", "ap-1", "again")]
        shutil.copy(tmp_path / "truth.jsonl", folders[0].folder)
        self.check_clocks(folders, tmp_path / "joined")
        self.check_verdicts(Archive(tmp_path / "joined"), Archive(tmp_path / "runs" / "first" / "alone"))

    def check_clocks(self, folders: list[Archive], out: Path) -> None:
        """Each monotonic clock is laid where it is; the wall clocks are off by what was planted."""
        joined = merge(folders[:3], out, None)
        once, (_, manifest) = contents(out), joined.archive.load()
        writer, *others = manifest.clocks
        assert {each.boot_id for each in manifest.clocks} == set(SKEWS_MS)
        for each in others:
            bound_ns = each.bound_ns + writer.bound_ns
            assert abs(each.origin_ns - writer.origin_ns) <= bound_ns <= manifest.clock_bound_ns < 20_000_000
            ahead_ns = (SKEWS_MS[each.boot_id] - SKEWS_MS["eu-1"]) * 1_000_000
            assert abs(each.origin_wall_ns - writer.origin_wall_ns - ahead_ns) <= bound_ns + 1_000_000
        assert merge([joined.archive, *folders[:3]], out, None).duplicates == sum(
            path.read_bytes().count(b"\n") for path in joined.archive.histories()
        )
        assert contents(out) == once
        again = merge([folders[3], joined.archive], out, None)
        assert contents(out) == once
        assert again.told[0].startswith(f"{name_process('us-1')} was run 2 times: ")

    def check_verdicts(self, merged: Archive, alone: Archive) -> None:
        """As those of the one-host run of the same seed; every interval contains the truth."""
        judged, compared = flow.judge_run(merged), flow.judge_run(alone)
        assert [(each.n, each.contained) for each in judged.calibration] == [(20, 20), (20, 20)]
        verdicts = [[claim.verdict for claim in each.judgement.claims] for each in (judged, compared)]
        assert verdicts[0] == verdicts[1]
        history = History.load(merged.histories())
        assert history.regions == {"writer": "eu-1"} | {name_process(each): each for each in ("us-1", "ap-1")}
        assert history.ended == set(history.processes)
        assert {(pair.writer, pair.reader) for pair in judged.judgement.region_pairs} == {
            ("eu-1", "us-1"),
            ("eu-1", "ap-1"),
        }
