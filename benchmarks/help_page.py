"""How long `consistency --help` takes with warm files, beside a Python that does nothing; and what it imports."""

import re
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.rounds import FULL, Size, take_turns
from benchmarks.tables import Goal, Of, Row, Table

RUNS = 15
HEAVY = ("grpc", "google", "pandas", "matplotlib", "numpy", "scipy", "pydantic")
FORBIDDEN = ("grpc", "pandas", "matplotlib")
HELP = (sys.executable, "-m", "consistency", "--help")
NOTHING = (sys.executable, "-c", "pass")
_IMPORT = re.compile(r"^import time:.*\|\s*([\w.]+)$", re.MULTILINE)


def measure(size: Size = FULL) -> Table:
    """Wall time of the page, and the number of heavy packages that it imports."""
    _wall_ms(HELP)  # the first one reads the files from the disk
    rounds = max(size.of(RUNS), size.rounds)
    wall_ms = take_turns(rounds, {"help": lambda: _wall_ms(HELP), "nothing": lambda: _wall_ms(NOTHING)})
    modules = imported_modules()
    packages = {name.partition(".")[0] for name in modules}
    forbidden = [package for package in FORBIDDEN if package in packages]
    rows = [
        Row("python -c pass", 1, wall_ms["nothing"], "ms"),
        Row("consistency --help", 1, wall_ms["help"], "ms", wall_ms["nothing"], Goal(120, strict=True)),
        Row("of " + ", ".join(FORBIDDEN) + " imported", len(modules), [len(forbidden)], "", goal=Goal(0, Of.WORST)),
    ]
    found = ", ".join(package for package in HEAVY if package in packages) or "none"
    return Table.of("help: consistency --help", rows, f"{len(modules)} modules; of {', '.join(HEAVY)}: {found}")


def imported_modules() -> list[str]:
    """Every module that the help page imports."""
    command = [HELP[0], "-X", "importtime", *HELP[1:]]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return _IMPORT.findall(result.stderr)


def _wall_ms(command: Sequence[str]) -> float:
    start_ns = time.perf_counter_ns()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter_ns() - start_ns) / 1e6
