"""Our own emulator: its settings for a plan, what kind of truth it is, and how its process is started.

A plan comes in, a running emulator goes out, and its truth log lies in the run's folder: when each commit became
visible to whom, for calibration alone.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from consistency.backends.child import Child, start_child
from consistency.emulator.settings import Settings
from consistency.parameters import PARAMETERS
from consistency.plan import Plan
from consistency.target import Model

START_TIMEOUT_S = 20.0
_ADDRESS = re.compile(r"DATASTORE_EMULATOR_HOST=(\S+)")


def describe_truth(plan: Plan, seed: int) -> str:
    """The kind of truth, in words."""
    model, parameters = plan.target.effective
    if model is Model.STRONG:
        return f"embedded emulator, strongly consistent, seed {seed}"
    if model is not Model.MEGASTORE:
        told = "".join(f", {name} = {value}" for name, value in parameters.items())
        return f"embedded emulator, model {model}{told}, seed {seed}"
    if plan.target.lag:
        return f"embedded emulator, planted lag {plan.target.lag}, seed {seed}"
    bodies, rows = (parameters.get(name, "0") for name in ("apply_a", "apply_b"))
    return f"embedded emulator, planted delays: entities {bodies}, then indexes {rows}, seed {seed}"


def make_settings(plan: Plan, seed: int, data_dir: Path | None = None) -> Settings:
    """The emulator's settings for `plan`; its commits are kept in `data_dir`, where there is to be one."""
    model, parameters = plan.target.effective
    return Settings(model, seed=seed, data_dir=data_dir, **parameters)  # type: ignore[arg-type]  # the plan has checked


def start_emulator(
    settings: Settings, log: Path, truth: Path | None = None, host_port: str = "127.0.0.1:0"
) -> AbstractContextManager[Child]:
    """The emulator in a child process, running; it ends with us, even if we are killed."""
    command = [sys.executable, "-m", "consistency", "serve", "--host-port", host_port, "--with-parent",
               "--model", settings.model, "--seed", str(settings.seed), *_list_flags(settings)]  # fmt: skip
    if settings.data_dir is not None:
        command += ["--data-dir", str(settings.data_dir)]
    if truth is not None:
        command += ["--truth-log", str(truth)]

    def announced() -> str | None:
        match = _ADDRESS.search(log.read_text(encoding="utf-8"))
        return match[1] if match else None

    return start_child(command, log, announced, START_TIMEOUT_S)


def _list_flags(settings: Settings) -> Iterator[str]:
    """The parameters that are not what they would be without a word."""
    for name, parameter in PARAMETERS.items():
        value, flag = getattr(settings, name), name.replace("_", "-")
        if value != parameter.default:
            yield from [f"--{'' if value else 'no-'}{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]
