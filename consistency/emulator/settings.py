"""What an emulator is asked to be: the consistency model and its parameters.

Texts come in as a plan or a command line has them; the models read them. Which models exist is known by `models`, what
each of them can be told by `consistency.parameters`.
"""

from dataclasses import dataclass
from pathlib import Path

from consistency.durations import parse_duration_ns
from consistency.parameters import PARAMETERS, Value, check_name, check_value, complete


@dataclass(frozen=True)
class Settings:
    """One emulator's behaviour; ValueError in one sentence for a value that cannot be.

    `apply_a`, `apply_b` and what follows `require_indexes` are the PARAMETERS of the models; those of other models than
    `model` are not looked at. `seed` drives every draw.

    `concurrency` and `limits` name a mode of transactions and a profile; empty, they are what goes with the model: an
    old store has entity groups and the old limits, today's is pessimistic. `lock_timeout` is how long a commit waits
    for others' locks. In `data_dir` every commit is kept; None keeps all in memory. Automatic ids are scattered unless
    they are to be `sequential_ids`.

    `index_file` is an index.yaml: its composite indexes are there, and those that queries lack are added to it. With
    `require_indexes` such queries are refused instead. A `data_dir` has a file of its own where none is named.
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
    eventual_lag: str = "0"
    roll_forward: bool = True
    unit: str = "group"
    replicas: int = 3
    routing: str = "random"
    read_quorum: int = 1
    write_quorum: int = 1
    latencies: str = "LNKD-DISK"
    consistency: float = 0.9
    order: str = "after_read"
    rng: str = "java"
    settle: str = "1s"
    max_staleness: str = "1s"
    session: str = "none"
    group_rate: str = ""

    def __post_init__(self) -> None:
        parse_duration_ns(self.lock_timeout)
        if type(self.seed) is not int:
            raise ValueError(f"seed: {self.seed!r} is not a whole number")
        for name in PARAMETERS:
            check_value(name, getattr(self, name))


def choose_settings(model: str | None = None, lag: str | None = None, seed: int = 0, **given: Value) -> Settings:
    """The settings that a user's few words mean; ValueError where they contradict each other, a line for each mistake.

    `lag` is the time until global queries see a commit: apply_a = 0 and apply_b = lag. Without a model, a delay means
    megastore, a share of draws (`consistency`) the job policy, and nothing strong.
    """
    for name, value in given.items():
        check_name(name)
        _check(name, value)
    chosen, parameters = complete(model, lag, given)
    return Settings(chosen, seed=seed, **parameters)  # type: ignore[arg-type]  # each value was checked


def _check(name: str, value: Value) -> None:
    try:
        check_value(name, value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
