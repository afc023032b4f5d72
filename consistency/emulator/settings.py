"""What an emulator is asked to be: the consistency model and its delays.

Texts come in as a plan or a command line has them; the models read them. Which models exist is known by `models`.
"""

from dataclasses import dataclass
from pathlib import Path

from consistency.delays import parse_delay
from consistency.durations import parse_duration_ns


@dataclass(frozen=True)
class Settings:
    """One emulator's behaviour; ValueError in one sentence when a delay cannot be read.

    `apply_a` is the time from a commit until eventual reads see entity bodies, `apply_b` the further time until global
    queries see index rows; both are texts for `consistency.delays.parse_delay`. `seed` drives every draw.

    `concurrency` and `limits` name a mode of transactions and a profile; empty, they are what goes with the model: an
    old store has entity groups and the old limits, today's is pessimistic. `lock_timeout` is how long a commit waits
    for others' locks. In `data_dir` every commit is kept; None keeps all in memory. Automatic ids are scattered unless
    they are to be `sequential_ids`.

    `index_file` is an index.yaml: its composite indexes are there, and those that queries lack are added to it. With
    `require_indexes` such queries are refused instead.
    """

    model: str = "strong"
    apply_a: str = "0"
    apply_b: str = "0"
    seed: int = 0
    concurrency: str = ""
    limits: str = ""
    lock_timeout: str = "2s"
    data_dir: Path | None = None
    sequential_ids: bool = False
    index_file: Path | None = None
    require_indexes: bool = False

    def __post_init__(self) -> None:
        parse_delay(self.apply_a)
        parse_delay(self.apply_b)
        parse_duration_ns(self.lock_timeout)


def choose_settings(
    model: str | None = None, lag: str | None = None, apply_a: str = "0", apply_b: str = "0", seed: int = 0
) -> Settings:
    """The settings that a user's few words mean; ValueError in one sentence where they contradict each other.

    `lag` is the time until global queries see a commit: megastore with apply_a = 0 and apply_b = lag. Without a model a
    delay means megastore, and none means strong.
    """
    if lag is not None:
        if model not in {None, "megastore"}:
            raise ValueError(f"a lag is of the model megastore, not of {model}: leave one of them out")
        return Settings("megastore", "0", lag, seed)
    fitting = "strong" if apply_a == apply_b == "0" else "megastore"
    return Settings(model or fitting, apply_a, apply_b, seed)
