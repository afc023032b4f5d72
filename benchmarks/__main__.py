"""`python -m benchmarks [NAME ...]`: runs the named benchmarks, or all of them, and prints one table for each.

The exit code is 0 whatever the figures: a goal that was missed is printed as missed, because a slow or busy machine is
no reason to fail.
"""

import argparse
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

from benchmarks import (
    bias,
    checkers,
    contest,
    coverage,
    first_run,
    fuzz,
    help_page,
    kills,
    models,
    pacing,
    probe_cost,
    quorum,
    reading,
    recording,
    report_page,
    scale,
    soak,
    truths,
    virtual,
)
from benchmarks.rounds import FULL, QUICK, Size
from benchmarks.tables import Table, describe_machine

BENCHMARKS: dict[str, Callable[[Size], Table]] = {
    "help": help_page.measure,
    "first": first_run.measure,
    "record": recording.measure,
    "read": reading.measure,
    "probe": probe_cost.measure,
    "virtual": virtual.measure,
    "pacing": pacing.measure,
    "fuzz": fuzz.measure,
    "naive": bias.measure,
    "models": models.measure,
    "quorum": quorum.measure,
    "scale": scale.measure,
    "google": contest.measure,
    "coverage": coverage.measure,
    "truth": truths.measure,
    "checkers": checkers.measure,
    "kills": kills.measure,
    "soak": soak.measure,
    "page": report_page.measure,
}
WIRE = "wire"  # prints its own table


def main(arguments: list[str]) -> None:
    """Run what `arguments` names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures, prints ratios, never fails.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join([*BENCHMARKS, WIRE]) + " (all)")
    parser.add_argument("-n", "--entities", type=int, help="entities of each pair in «naive» (60)")
    parser.add_argument("--attempts", type=int, help="attempts of «soak» (1,000,000: 17 minutes)")
    parser.add_argument("--quick", action="store_true", help="a quarter of the repetitions, and few entities")
    flags = parser.parse_args(arguments)
    unknown = set(flags.names) - {*BENCHMARKS, WIRE}
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    size = QUICK if flags.quick else FULL
    size = replace(size, entities=flags.entities) if flags.entities else size
    size = replace(size, attempts=flags.attempts) if flags.attempts else size
    print(describe_machine(), flush=True)
    for name in flags.names or [*BENCHMARKS, WIRE]:
        print(f"\n{name if name == WIRE else BENCHMARKS[name](size).render()}", flush=True)
        if name == WIRE:
            _run_wire()


def _run_wire() -> None:
    """The wire's benchmark stands alone and reads its own arguments, so it gets a process of its own."""
    if importlib.util.find_spec("benchmarks.wire") is not None:
        subprocess.run([sys.executable, "-m", "benchmarks.wire"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
