"""The layers of a plan: its TOML file, over it the environment (CONSISTENCY_*), over that the flags.

A tree from the file and the nearer layers' settings come in; one tree goes out, with where each setting came from, so
that a mistake is told where it was made. Of the environment only what names a setting is taken: the prefix is this
program's and not this command's, so a name like no setting (CONSISTENCY_NODE_MODULES) is somebody else's and passed
over, while a near miss was meant for us and is told.

A nearer word also replaces the farther ones that it contradicts: `--target google` on a plan that plants a lag means
Google's emulator, without the lag. Contradictions within one layer are mistakes.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from consistency.claim import PROBED
from consistency.errors import UsageError
from consistency.parameters import DELAYS, PARAMETERS, belongs
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.target import Target

ENVIRONMENT_PREFIX = "CONSISTENCY_"
NEAR = 0.8  # likeness from which a foreign variable is taken for a misspelt one of ours
Tree = dict[str, Any]


@dataclass(frozen=True)
class Layered:
    """A plan's tree; by dotted key what set it, where the file did not; mistakes in the names of variables."""

    tree: Tree
    sources: dict[str, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def lay(self, settings: Mapping[str, Any], sources: Mapping[str, str]) -> None:
        """Put a nearer layer over the tree. UsageError where a setting lies below a value."""
        _give_way(self.tree, settings)
        for key, value in settings.items():
            self.sources[key] = sources.get(key, "the command")
            _place(self.tree, key, value, self.sources[key])

    def lay_environment(self, environment: Mapping[str, str]) -> None:
        """Put the environment's settings over the tree: CONSISTENCY_TARGET__LAG=2s sets target.lag."""
        names = {name: _as_key(name) for name in sorted(environment) if name.startswith(ENVIRONMENT_PREFIX)}
        ours = list_variables(environment)
        self.lay(
            {key: parse_value(environment[name]) for name, key in ours.items()},
            {key: name for name, key in ours.items()},
        )
        for name in names.keys() - ours.keys():
            if near := _find_near(names[name]):
                variable = ENVIRONMENT_PREFIX + near.upper().replace(".", "__")
                self.mistakes.append(f"{name}: is not a setting (did you mean {variable}?)")

    def find_source(self, location: list[str]) -> str | None:
        """What set the longest beginning of `location`, where the file did not."""
        for length in range(len(location), 0, -1):
            if source := self.sources.get(".".join(location[:length])):
                return source
        return None


def list_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment's variables that are settings of a plan -> their dotted keys."""
    names = {name: _as_key(name) for name in sorted(environment) if name.startswith(ENVIRONMENT_PREFIX)}
    return {name: key for name, key in names.items() if key.split(".")[0] in Plan.model_fields}


def parse_value(text: str) -> Any:
    """Numbers, booleans and lists as TOML has them; what is not TOML, such as 50ms, is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _as_key(name: str) -> str:
    return name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")


def _find_near(key: str) -> str | None:
    """The setting that `key` is like, or whose last word it is like."""
    known = list(_list_settings())
    by_last_word = {setting.rpartition(".")[2]: setting for setting in reversed(known)}
    if near := difflib.get_close_matches(key, known, n=1, cutoff=NEAR):
        return near[0]
    near = difflib.get_close_matches(key, by_last_word, n=1, cutoff=NEAR)
    return by_last_word[near[0]] if near else None


def _list_settings() -> Iterator[str]:
    yield from Plan.model_fields
    yield from (f"target.{name}" for name in Target.model_fields)
    yield from (f"probes.{action}.{name}" for action in PROBED for name in Probe.model_fields)


def _give_way(tree: Tree, settings: Mapping[str, Any]) -> None:
    """Take out of the tree's target what the nearer `settings` contradict."""
    target = tree.get("target")
    if not isinstance(target, dict):
        return
    gone: set[str] = set()
    said = {name for name in ("lag", *PARAMETERS) if f"target.{name}" in settings}
    if settings.get("target.backend", target.get("backend", "embedded")) != target.get("backend", "embedded"):
        gone |= {"host", "model", "lag", *PARAMETERS}
    if model := settings.get("target.model"):
        gone |= {name for name in ("lag", *PARAMETERS) if not belongs(name, model)}
    elif any(not belongs(name, target.get("model", "")) for name in said):
        gone |= {"model", *(name for name in ("lag", *PARAMETERS) if name not in DELAYS or said.isdisjoint(DELAYS))}
    if not said.isdisjoint(DELAYS):
        gone |= {"apply_a", "apply_b"} if "lag" in said else {"lag"}
    for name in gone:
        target.pop(name, None)


def _place(tree: Tree, key: str, value: Any, source: str) -> None:
    *tables, last = key.split(".")
    for table in tables:
        tree = tree.setdefault(table, {})
        if not isinstance(tree, dict):
            raise UsageError(f'{source}: {key}: "{table}" is a value of this plan, not a table')
    tree[last] = value
