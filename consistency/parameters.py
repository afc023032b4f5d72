"""PARAMETERS: what each consistency model of the emulator can be told. One line each, under one name everywhere.

A name and a value come in; ValueError in one sentence goes out where they cannot be. A plan has them as keys
(`target.read_quorum = 2`), `consistency serve` as flags (`--read-quorum 2`), `PATCH /v1/config` as keys
(`{"readQuorum": 2}`) and the Python `Emulator` as keywords (`read_quorum=2`).

A parameter that was given and that the chosen model does not have is a mistake, not a decoration: whoever wrote it
expects it to act.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from consistency.delays import parse_delay
from consistency.durations import parse_duration_ns, parse_rate
from consistency.wars import LATENCIES, parse_latencies

Value: TypeAlias = str | bool | int | float
MODELS = ("strong", "megastore", "replicas", "quorum", "job_policy", "per_read", "bounded", "manual")
REPLICAS_MAX = 100
DELAYS = ("lag", "apply_a", "apply_b")


@dataclass(frozen=True, slots=True)
class Parameter:
    """Which models have it, what it is where it is not given, what it means, and what it may be."""

    models: tuple[str, ...]
    default: Value
    text: str
    check: Callable[[Value], object]


def belongs(name: str, model: str) -> bool:
    """Whether the model has this parameter; `lag` goes with apply_b."""
    return model in PARAMETERS["apply_b" if name == "lag" else name].models


def check_value(name: str, value: Value) -> None:
    """ValueError in one sentence where the parameter cannot have this value."""
    parameter = PARAMETERS[name]
    kind = type(parameter.default)
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise ValueError(f"{value!r} is not {_KINDS[kind]}")
    parameter.check(value)


def check_together(model: str, given: Mapping[str, Value]) -> list[str]:
    """One line, "name: what is wrong", for each parameter that does not go with this model or with the others."""
    mistakes = [
        f"{name}: is a setting of {_join(PARAMETERS[name].models)}, and the model is {model}"
        for name in given
        if not belongs(name, model)
    ]
    replicas = _whole(given, "replicas")
    if model == "quorum":
        mistakes += [
            f"{name}: {given[name]} replicas cannot answer where there are {replicas}"
            for name in ("read_quorum", "write_quorum")
            if name in given and _whole(given, name) > replicas
        ]
    if model in {"megastore", "replicas"}:
        wanted = replicas if model == "replicas" else 1
        mistakes += [
            f"{name}: names {count} delays for {wanted} replica{'s' * (wanted > 1)}: write one for all, or one for each"
            for name in ("apply_a", "apply_b")
            if name in given and (count := len(str(given[name]).split("|"))) not in {1, wanted}
        ]
    return mistakes


def check_name(name: str) -> None:
    """ValueError in one sentence, with the nearest name, where there is no such parameter."""
    if name not in PARAMETERS:
        near = get_close_matches(name, ["model", "lag", "seed", *PARAMETERS], 1)
        raise ValueError(f"{name} is not a setting" + (f" (did you mean {near[0]}?)" if near else ""))


def parse_parameter(text: str) -> tuple[str, Value]:
    """("replicas", 5) of "replicas=5"; ValueError in one sentence where there is no such parameter or value."""
    name, separator, word = (part.strip() for part in text.partition("="))
    if not separator:
        raise ValueError(f"{text} is not NAME=VALUE, such as replicas=5")
    check_name(name)
    kind = type(PARAMETERS[name].default)
    try:
        value = _SWITCH[word] if kind is bool else kind(word)
    except (KeyError, ValueError):
        raise ValueError(f"{name}: {word!r} is not {_KINDS[kind]}") from None
    return name, value


def choose_model(model: str | None, lag: str | None, given: Mapping[str, Value]) -> str:
    """The model that few words mean: the one that is named, else the one of a delay or a share, else strong."""
    if model is not None:
        return model
    if lag is not None or "apply_a" in given or "apply_b" in given:
        return "megastore"
    return "job_policy" if "consistency" in given else "strong"


def complete(model: str | None, lag: str | None, given: Mapping[str, Value]) -> tuple[str, dict[str, Value]]:
    """The model and its parameters that a user's few words mean; ValueError, a line for each mistake.

    `lag` is short for apply_a = 0 and apply_b = lag.
    """
    chosen, settings = choose_model(model, lag, given), dict(given)
    check_model(chosen)
    mistakes: list[str] = []
    if lag is not None:
        if twice := [name for name in ("apply_a", "apply_b") if name in given]:
            mistakes.append(f"lag: is short for apply_a = 0 and apply_b = lag, and {twice[0]} is there too")
        if not belongs("lag", chosen):
            instead = ", which has eventual_lag" if chosen == "strong" else ""
            who = _join(PARAMETERS["apply_b"].models)
            mistakes.append(f"lag: is a setting of {who}, and the model is {chosen}{instead}")
        else:
            settings |= {"apply_a": "0", "apply_b": lag}
    if mistakes := mistakes + check_together(chosen, settings):
        raise ValueError("\n".join(mistakes))
    return chosen, settings


def check_model(name: str) -> None:
    """ValueError in one sentence, with the nearest name, for an unknown model."""
    _one_of("a consistency model", MODELS)(name)


def _whole(given: Mapping[str, Value], name: str) -> int:
    return int(given.get(name, PARAMETERS[name].default))


def _join(names: tuple[str, ...]) -> str:
    return f"the model {names[0]}" if len(names) == 1 else f"the models {', '.join(names)}"


def _one_of(what: str, words: tuple[str, ...]) -> Callable[[Value], object]:
    def check(value: Value) -> None:
        if value not in words:
            near = get_close_matches(str(value), words, 1)
            suggestion = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f'"{value}" is not {what}: choose one of {", ".join(words)}{suggestion}')

    return check


def _delays(value: Value) -> None:
    for part in str(value).split("|"):
        parse_delay(part.strip())


def _from_to(low: int, high: int) -> Callable[[Value], object]:
    def check(value: Value) -> None:
        if not low <= float(value) <= high:
            raise ValueError(f"{value} does not lie between {low} and {high}")

    return check


def _duration(value: Value) -> None:
    parse_duration_ns(str(value))


def _rate(value: Value) -> None:
    if value:
        parse_rate(str(value))


_KINDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
_SWITCH = {"true": True, "false": False}
_APPLYING = ("megastore", "replicas")
PARAMETERS: dict[str, Parameter] = {
    "eventual_lag": Parameter(
        ("strong",), "0", "How old the snapshot is that a read sees which asks for EVENTUAL.", _duration
    ),
    "apply_a": Parameter(
        _APPLYING, "0", "Time from a commit until eventual reads see entities; per replica: 0 | 1s | 5s.", _delays
    ),
    "apply_b": Parameter(_APPLYING, "0", "Further time until global queries see index rows.", _delays),
    "roll_forward": Parameter(
        _APPLYING, True, "Whether a strong read or a commit applies its entity group at once.", bool
    ),
    "unit": Parameter(
        _APPLYING,
        "group",
        "What is applied in order: a whole entity group, or each entity for itself (entity).",
        _one_of("a unit", ("group", "entity")),
    ),
    "replicas": Parameter(("replicas", "quorum"), 3, "Copies, each with its own delays.", _from_to(1, REPLICAS_MAX)),
    "routing": Parameter(
        ("replicas",),
        "random",
        "Which replica an eventual read goes to: sticky, round_robin, random or client.",
        _one_of("a routing", ("sticky", "round_robin", "random", "client")),
    ),
    "read_quorum": Parameter(("quorum",), 1, "Replies that a read waits for.", _from_to(1, REPLICAS_MAX)),
    "write_quorum": Parameter(("quorum",), 1, "Acknowledgements that a write waits for.", _from_to(1, REPLICAS_MAX)),
    "latencies": Parameter(
        ("quorum",),
        "LNKD-DISK",
        f"Of messages: {', '.join(LATENCIES)}, or two delays, writes | others.",
        lambda value: parse_latencies(str(value)),
    ),
    "consistency": Parameter(
        ("job_policy", "per_read"), 0.9, "Share of draws that apply a write, or show it to a read.", _from_to(0, 1)
    ),
    "order": Parameter(
        ("job_policy",),
        "after_read",
        "When queued writes draw: after_read (Google's emulator) or before_read (App Engine's Python stub).",
        _one_of("an order", ("after_read", "before_read")),
    ),
    "rng": Parameter(
        ("job_policy",), "java", "Whose random numbers: java or python.", _one_of("an rng", ("java", "python"))
    ),
    "settle": Parameter(("per_read",), "1s", "Time from a commit until every read sees it.", _duration),
    "max_staleness": Parameter(("bounded",), "1s", "No eventual read is older than this.", _duration),
    "session": Parameter(
        ("bounded",),
        "none",
        "What each client is promised: none, monotonic (never back in time) or ryw (it reads its own writes).",
        _one_of("a session guarantee", ("none", "monotonic", "ryw")),
    ),
    "group_rate": Parameter(
        MODELS,
        "",
        "Commits an entity group takes, such as 1/s, five at once when rested; beyond it they are ABORTED (no limit).",
        _rate,
    ),
}
