"""Reads a plan: TOML file, then the environment (CONSISTENCY_*), then flags; all mistakes told at once.

A path and overrides come in, a Plan goes out, or one UsageError that lists every mistake with its place (the line, the
variable, the flag) and, where a word is close to a known one, that word. TOML parsers give no positions for values that
parse, so a mistake's line is found again in the text: the deepest line that opens its table or sets its key.
"""

import copy
import difflib
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from consistency.errors import UsageError
from consistency.fault import Fault
from consistency.plan import Plan
from consistency.plan_layers import Layered, Tree, parse_value
from consistency.probing import Probe
from consistency.target import Target

EMULATOR_HOST = "DATASTORE_EMULATOR_HOST"
WANTED = {  # pydantic's type of a mistake: what a value must be
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text in quotes",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
}
LISTED = "faults"  # the one table that may stand several times: [[faults]]


class ProjectLackingError(UsageError):
    """The live service was asked for, and nobody named a project."""


def load_plan(
    path: Path,
    overrides: Mapping[str, Any],
    environment: Mapping[str, str] = os.environ,
    sources: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """The plan in `path` with `overrides` (dotted key -> value) over the environment's over the file's.

    `sources` names the flag that each override came from, for the message that lists mistakes.
    """
    try:
        text = path.read_text(encoding="utf-8")
        layered = Layered(tomllib.loads(text))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Plans are in experiments/.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from error
    layered.lay_environment(environment)
    layered.lay(overrides, sources)
    _obey_emulator_host(layered, environment.get(EMULATOR_HOST))
    _require_project(layered.tree.get("target"))
    return _check(layered, str(path), text)


def _check(layered: Layered, name: str, text: str) -> Plan:
    """The plan in `layered`; `name` and `text` serve the message that lists its mistakes."""
    parts: list[Tree] = []
    try:
        plan = Plan.model_validate(layered.tree)
        if not layered.mistakes:
            return plan
    except ValidationError as error:
        parts = [dict(part) for part in error.errors()]
    parts += _find_contradictions(layered.tree, parts) if parts else []
    mistakes = layered.mistakes + [line for part in parts for line in _describe(part, layered, text)]
    mistakes.sort(key=lambda line: int(line.split(":")[0].removeprefix("line ")) if line.startswith("line ") else 0)
    count = f"{len(mistakes)} problem{'s' * (len(mistakes) > 1)}"
    raise UsageError("\n  ".join([f"{name} has {count}:", *mistakes]))


def _find_contradictions(tree: Tree, parts: list[Tree]) -> list[Tree]:
    """What is wrong with the plan as a whole: checked only when each setting is right, so without those of `parts`.

    What is then said of a table that lost one of them is left out: it may be wrong only because of that.
    """
    if not all(map(_location, parts)):
        return []
    sound = copy.deepcopy(tree)
    for *tables, last in map(_location, parts):
        if tables[:1] == [LISTED]:
            sound.pop(LISTED, None)
            continue
        table: Any = sound
        for step in tables:
            table = table.get(step) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.pop(last, None)
    try:
        Plan.model_validate(sound)
    except ValidationError as error:
        told = [line for part in error.errors() if not part["loc"] for line in _reason(dict(part)).splitlines()]
        told = [line for line in told if not any(_lies_below(_location(part), line) for part in parts)]
        return [{"type": "value_error", "loc": (), "msg": "\n".join(told)}] if told else []
    return []


def _lies_below(location: list[str], line: str) -> bool:
    """Whether `line`, which begins with a key, is said of a table around `location`."""
    table = line.partition(":")[0].split(".")
    return table == location[: len(table)]


def _location(part: Tree) -> list[str]:
    """The keys that lead to one of pydantic's errors, with its place among the faults ("faults", "0", "kind").

    None for a check over the whole plan.
    """
    listed = part["loc"][:1] == (LISTED,)
    return [str(step) for step in part["loc"] if (listed or isinstance(step, str)) and step != "[key]"]


def parse_setting(text: str) -> tuple[str, Any]:
    """("probes.key_get.interval", "50ms") of "probes.key_get.interval=50ms"; numbers and booleans as TOML has them."""
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise UsageError(f'--set {text}: write KEY=VALUE, such as --set probes.global_query.interval="50ms"')
    return key.strip(), parse_value(value.strip())


def plan_hash(plan: Plan) -> str:
    """Names what the plan does, whatever it claims: twelve hexadecimal digits of its canonical JSON's SHA-256."""
    return hashlib.sha256(plan.model_dump_json(exclude={"claims"}).encode()).hexdigest()[:12]


def _obey_emulator_host(layered: Layered, host: str | None) -> None:
    """The client library obeys DATASTORE_EMULATOR_HOST whatever it was told, so a contradiction must not pass."""
    target = layered.tree.get("target")
    if not host or (isinstance(target, dict) and target.get("host") == host):
        return
    if target is not None:
        settings = target if isinstance(target, dict) else {"backend": target}
        asked = settings.get("host") or settings.get("backend", "embedded")
        raise UsageError(
            f"{EMULATOR_HOST}={host} is set, but the plan or the command asks for target {asked}. "
            f"Unset it: env -u {EMULATOR_HOST} consistency ... Or measure what runs there: --host {host}"
        )
    layered.tree["target"] = {"backend": "attached", "host": host}
    layered.sources["target"] = EMULATOR_HOST


def _require_project(target: Any) -> None:
    """Told before all else that may be wrong: without credentials the client's own error would hide it."""
    if isinstance(target, dict) and target.get("backend") == "live" and "project" not in target:
        raise ProjectLackingError("--target live needs --project.")


def _describe(part: Tree, layered: Layered, text: str) -> list[str]:
    """The lines for one of pydantic's errors; a check over the whole plan may hold several."""
    location = _location(part)
    if not location:
        lines = [(line.partition(":")[0].split("."), line) for line in _reason(part).splitlines()]
    else:
        lines = [(location, f"{'.'.join(location)}: {_reason(part)}{_suggest(part, location)}")]
    return [_with_place(location, message, layered, text) for location, message in lines]


def _reason(part: Tree) -> str:
    if part["type"] == "extra_forbidden":
        return "is not a setting"
    if part["type"] == "enum":
        return f'"{part["input"]}" is not one of {part["ctx"]["expected"]}'.replace("'", "").replace(" or ", ", ")
    if part["type"] == "value_error":
        return str(part["msg"]).removeprefix("Value error, ")
    wanted = WANTED.get(part["type"], str(part["msg"])).format(**part.get("ctx", {}))
    return f"{wanted}, not {part['input']!r}"


def _suggest(part: Tree, location: list[str]) -> str:
    if part["type"] == "extra_forbidden":
        known, word = list(_model_at(location).model_fields), location[-1]
    elif part["type"] == "enum":
        known, word = re.findall(r"'([^']*)'", part["ctx"]["expected"]), str(part["input"])
    else:
        return ""
    close = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _model_at(location: list[str]) -> type[BaseModel]:
    tables: dict[str, type[BaseModel]] = {"target": Target, "probes": Probe, LISTED: Fault}
    return tables.get(location[0], Plan) if len(location) > 1 else Plan


def _with_place(location: list[str], message: str, layered: Layered, text: str) -> str:
    if source := layered.find_source(location):
        return f"{source}: {message}"
    line = locate(location, text)
    return f"line {line}: {message}" if line else message


def locate(location: list[str], text: str) -> int | None:
    """The number of the line of `text` (TOML) that sets the longest prefix of `location`, or None."""
    best: tuple[int, int] | None = None
    table: list[str] = []
    listed = 0
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*\[\[\s*{LISTED}\s*\]\]", line):
            listed += 1
            path = table = [LISTED, str(listed - 1)]
        elif header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            table = [word.strip().strip("\"'") for word in header[1].split(".")]
            path = table
        elif setting := re.match(r"\s*([\w.\"'-]+)\s*=(.*)", line):
            path = [*table, *(word.strip("\"'") for word in setting[1].split("."))]
            path += [
                word
                for word in location[len(path) : len(path) + 1]
                if re.search(rf"\b{re.escape(word)}['\"]?\s*=", setting[2])
            ]
        else:
            continue
        if path == location[: len(path)] and (best is None or len(path) > best[0]):
            best = (len(path), number)
    return best[1] if best else None
