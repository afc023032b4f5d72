"""The first five minutes: how long `make run` takes once all is installed, with no network, and what its page asks for.

The command that `make run` gives is measured, in a network namespace with nothing in it but the loopback, where one can
be made. All but a few seconds of it is the plan's own schedule.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.rounds import FULL, Size
from benchmarks.tables import Goal, Of, Row, Table

ENTITIES = 30  # as the plan has it
PLAN = Path(__file__).parents[1] / "experiments" / "first.toml"
ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
SENTENCE = re.compile(r"^\d+ % of entities were visible to a global query within ", re.MULTILINE)
REQUEST = re.compile(r"""(?:src|href|action)\s*=\s*["']?(?:[a-z]+:)?//|url\(\s*["']?(?:[a-z]+:)?//|@import""")


def measure(size: Size = FULL) -> Table:
    """Wall time of one run, whether its sentence was on stdout, and how many requests the page would make."""
    entities = size.of(ENTITIES)
    alone = _can_be_alone()
    with tempfile.TemporaryDirectory() as out:
        words = [
            sys.executable,
            "-m",
            "consistency",
            "run",
            str(PLAN),
            "-n",
            str(entities),
            "--out",
            out,
            "--run",
            "one",
        ]
        start_ns = time.perf_counter_ns()
        told = subprocess.run([*(ALONE if alone else ()), *words], capture_output=True, text=True, check=False)
        wall_s = (time.perf_counter_ns() - start_ns) / 1e9
        page = (Path(out) / "first" / "one" / "report.html").read_text(encoding="utf-8")
    rows = [
        Row("consistency run experiments/first.toml", entities, [wall_s], "s", goal=Goal(60, strict=True)),
        Row("sentences missing on stdout", 1, [0 if SENTENCE.search(told.stdout) else 1], "", goal=Goal(0, Of.WORST)),
        Row("requests of its page", 1, [len(REQUEST.findall(page))], "", goal=Goal(0, Of.WORST)),
    ]
    where = "no network but the loopback" if alone else "no network namespace can be made here: the network was there"
    return Table.of("first: the first run", rows, where)


def _can_be_alone() -> bool:
    try:
        return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
