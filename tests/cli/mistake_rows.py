"""Rows of the command line's table: what beginners do wrong with targets, credentials and values."""

import re
import shutil
from pathlib import Path

from consistency.archive import Archive
from consistency.plan_file import EMULATOR_HOST
from consistency.upkeep.merging import merge
from tests.cli.table import REAL, RUN, Row

MS = 1_000_000
NO_CLOUD = {
    "GOOGLE_APPLICATION_CREDENTIALS": "",
    "CLOUDSDK_CONFIG": "nowhere",
    "CLOUDSDK_CORE_PROJECT": "",
    "NO_GCE_CHECK": "true",
}
AGREED = "--host {free} --start 2026-01-31T12:00:00Z"
LIVE = "run real.toml --target live --project acme-prod"


def make_other(folder: Path) -> None:
    """A run beside the others, of another seed."""
    other = folder / "other"
    shutil.copytree(folder / RUN, other)
    manifest = other / "manifest.json"
    manifest.write_text(re.sub(r'"seed": \d+', '"seed": 99', manifest.read_text()))


def merge_hosts(folder: Path) -> None:
    """The run as two hosts would have it, merged: no stamps, and clocks that are said to be within 38 ms."""
    parts = [Archive(folder / name) for name in ("writer", "reader")]
    for part in parts:
        shutil.copytree(folder / RUN, part.folder)
        for path in part.histories():
            process, lines = path.stem.removeprefix("history-"), re.sub(r',"server_ns":\d+', "", path.read_text())
            region = "eu-1" if process == "writer" else "us-1"
            path.write_text(f'{{"event":"begin","process":"{process}","at_ns":0,"region":"{region}"}}\n{lines}')
            if process != part.folder.name:
                path.unlink()
        part.manifest.write_text(
            re.sub(r'"boot_id": ".*"', f'"boot_id": "{part.folder.name}"', part.manifest.read_text())
        )
    merge(parts, folder / "joined", 38 * MS)


def _put(setting: str, value: str) -> dict[str, str]:
    return {"x.toml": f'entities = 3\n[probes.key_get]\ninterval = "50ms"\n{setting} = {value}\n'}


MISTAKES = [
    Row(
        "no credentials",
        f"{LIVE} --confirm-project acme-prod",
        1,
        'No Google credentials found. Run "gcloud auth application-default login", or set GOOGLE_APPLICATION_CREDEN',
        environment=NO_CLOUD,
    ),
    Row(
        "no project, and gcloud has one",
        "run real.toml --target live",
        2,
        '--target live needs --project. gcloud\'s current project is "acme-dev"; pass it explicitly if that is',
        environment=NO_CLOUD | {"CLOUDSDK_CORE_PROJECT": "acme-dev"},
    ),
    Row(
        "no project anywhere",
        "plan real.toml --set target.backend=live",
        2,
        "--target live needs --project. No project is taken for granted: type its id.",
        environment=NO_CLOUD,
    ),
    Row("live without consent", LIVE, 5, "Refused: this would write 3 entities to project acme-prod, database (defa"),
    Row(
        "live, and an emulator in the environment",
        f"{LIVE} --confirm-project acme-prod",
        2,
        f"{EMULATOR_HOST}={{free}} is set, but the plan or the command asks for target live. Unset it: env -u",
        environment={EMULATOR_HOST: "{free}"},
    ),
    Row(
        "a start of a store that is ours alone", "write real.toml --start 30s", 2, "--start is for a store that several"
    ),
    Row(
        "a start without a run",
        f"read real.toml {AGREED}",
        2,
        "--start needs --run too: the run's names follow from it",
    ),
    Row(
        "a start without a seed", f"read x.toml {AGREED} --run one", 2, "--start needs --seed too", _put("age", '"1s"')
    ),
    Row("a start that is over", f"write real.toml {AGREED}", 2, "--start 2026-01-31T12:00:00Z is over. Choose a later"),
    Row(
        "a start in another age", "write real.toml --host x:1 --start 9999-01-01", 2, "--start 9999-01-01 is more than"
    ),
    Row(
        "a start that is none", "write real.toml --host x:1 --start soon", 2, "--start soon is no instant: write a time"
    ),
    Row("a queue and a start", f"read real.toml {AGREED} --run one --queue q", 2, "--queue is for readers on the wri"),
    Row("a bound without a start", "read real.toml --clock-bound 5ms", 2, "--clock-bound is for readers on other h"),
    Row("a bound that is none", f"read real.toml {AGREED} --run one --seed 5 --clock-bound x", 2, "--clock-bound: "),
    Row("a writer's bound that is none", "write real.toml --clock-bound x", 2, "--clock-bound: "),
    Row(
        "a live reader without consent",
        f"read real.toml {AGREED} --run one --seed 5 --target live --project acme-prod".replace("--host {free} ", ""),
        5,
        "Refused: this would read 3 entities of project acme-prod, database (default). Estimated $0.00",
    ),
    Row(
        "a reader of nothing",
        f"read real.toml {AGREED} --run one --seed 5",
        1,
        "Nothing answers at {free} (target.host).",
    ),
    Row(
        "a reader of what is gone",
        f"read real.toml {AGREED} --run one --seed 5 --set workload=delete",
        2,
        "--start: without announcements nobody can look for what key_get shows.",
    ),
    Row(
        "a run in no folder", f"read real.toml {AGREED} --run a/../b --seed 5", 2, "--run a/../b: write EXPERIMENT/NAME"
    ),
    Row(
        "runs that are two",
        f"merge {RUN} other",
        1,
        "These folders are of 2 runs, whose seeds differ.",
        prepare=make_other,
    ),
    Row(
        "clocks of several hosts",
        "check joined --assert key_get.p50<=20ms",
        4,
        "Clocks of eu-1 and us-1 may differ by ±38 ms; 3 of 3 latencies are unresolved for that.",
        prepare=merge_hosts,
        first=True,
    ),
    Row("a port that is taken", "serve --host-port {busy}", 1, "{busy} is in use by pid "),
    Row(
        "too few", "run x.toml", 2, "  line 4: probes.key_get.confirm: must be 0 or more, not -1", _put("confirm", "-1")
    ),
    Row("a word", "run x.toml", 2, "  line 4: probes.key_get.confirm: must be a whole nu", _put("confirm", '"no"')),
    Row("no truth", "run x.toml", 2, "  line 4: probes.key_get.dither: must be true or fa", _put("dither", "7")),
    Row("no text", "run x.toml", 2, "  line 4: probes.key_get.age: must be text in quote", _put("age", "5")),
    Row("no table", "run x.toml", 2, "  line 1: target: must be a table, not 3", {"x.toml": "target = 3\n" + REAL}),
]
