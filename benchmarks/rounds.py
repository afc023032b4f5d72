"""Rounds: contestants are measured in turn, never one after all the others, so that all of them see the same load."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: `rounds`, the `share` of each benchmark's usual repetitions, `entities` of a pair,
    `attempts` of a long run."""

    rounds: int = 5
    share: float = 1.0
    entities: int = 60
    attempts: int = 1_000_000

    def of(self, usual: float) -> int:
        """This size's share of `usual` repetitions or seconds; one at least."""
        return max(1, round(usual * self.share))


FULL = Size()
QUICK = Size(share=0.25, entities=15, attempts=10_000)


def take_turns(rounds: int, contestants: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """One figure of each contestant for each round; every other round goes the other way round."""
    names = list(contestants)
    figures: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[:: -1 if number % 2 else 1]:
            figures[name].append(contestants[name]())
    return figures


def ask_child(module: str, *arguments: object) -> Any:
    """What `python -m module arguments` prints as JSON: a fresh process, with nothing of ours running in it."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
