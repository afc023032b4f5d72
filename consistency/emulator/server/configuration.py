"""/v1/config: an emulator's settings as JSON, in the shape that Google's emulator understands and in our own words.

Settings come in and an object goes out, or changes come in and new settings go out; what is not known is refused by
name, because a misspelt key would otherwise leave a test with a store that it did not ask for.

    Google's    {"jobPolicy": {"forceStrongConsistency": true}}
                {"jobPolicy": {"probabilityJobPolicy": {"randomSeed": 7, "unappliedJobPercentage": 10}}}
                {"idAllocationPolicy": {"policy": "SCATTERED"}}
    ours        {"model": "megastore", "applyA": "0", "applyB": "250ms", "seed": 7}

Ours are a few settings of the emulator and the PARAMETERS of its models, all in one flat object.
"""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from consistency.emulator.settings import Settings
from consistency.emulator.status import invalid
from consistency.parameters import PARAMETERS, check_together


def write_key(name: str) -> str:
    """readQuorum of read_quorum."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


OWN_KEYS: dict[str, tuple[str, type]] = {
    "model": ("model", str),
    "seed": ("seed", int),
    "concurrency": ("concurrency", str),
    "limits": ("limits", str),
    "lockTimeout": ("lock_timeout", str),
    **{write_key(name): (name, type(parameter.default)) for name, parameter in PARAMETERS.items()},
}
_KINDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def describe_config(settings: Settings) -> dict[str, object]:
    """All that `change_config` understands, as it is now."""
    own = {
        key: getattr(settings, field)
        for key, (field, _) in OWN_KEYS.items()
        if field not in PARAMETERS or settings.model in PARAMETERS[field].models
    }
    policy: dict[str, object] = {"forceStrongConsistency": settings.model == "strong"}
    if settings.model == "job_policy":
        unapplied = round(100 * (1 - settings.consistency), 2)
        policy = {"probabilityJobPolicy": {"randomSeed": settings.seed, "unappliedJobPercentage": unapplied}}
    ids = "SEQUENTIAL" if settings.sequential_ids else "SCATTERED"
    return {"jobPolicy": policy, "idAllocationPolicy": {"policy": ids}, **own}


def change_config(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """The settings after the changes, in the order in which they stand; ServiceError where one is not understood."""
    changed = settings
    for key, value in changes.items():
        changed = _find(_CHANGES, key, "")(changed, key, value)
    _check_together(changed, {OWN_KEYS[key][0] for key in changes if key in OWN_KEYS})
    return changed


def _check_together(after: Settings, given: Set[str]) -> None:
    """What is given must belong to the model, or say nothing; what stands there from before may wait for its own."""
    own = {
        name: getattr(after, name)
        for name, parameter in PARAMETERS.items()
        if after.model in parameter.models or (name in given and getattr(after, name) != parameter.default)
    }
    if mistakes := check_together(after.model, own):
        told = "; ".join(mistakes)
        for name in PARAMETERS:
            told = re.sub(rf"\b{name}\b", write_key(name), told) if "_" in name else told
        raise invalid(f"/v1/config: {told}.")


def _change_own(settings: Settings, key: str, value: object) -> Settings:
    field, kind = OWN_KEYS[key]
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise invalid(f"{key} of /v1/config must be {_KINDS[kind]}.")
    try:
        changes: dict[str, Any] = {field: value}
        return replace(settings, **changes)
    except ValueError as error:
        raise invalid(f"{key} of /v1/config: {error}" + "." * (not str(error).endswith("?"))) from error


def _change_job_policy(settings: Settings, key: str, value: object) -> Settings:
    for part, change in _read_parts(key, value).items():
        settings = _find(_JOB_POLICIES, part, f"{key}.")(settings, f"{key}.{part}", change)
    return settings


def _force_strong(settings: Settings, key: str, value: object) -> Settings:
    if not isinstance(value, bool):
        raise invalid(f"{key} of /v1/config must be true or false.")
    return replace(settings, model="strong", apply_a="0", apply_b="0") if value else settings


def _toss_coin(settings: Settings, key: str, value: object) -> Settings:
    parts = _read_parts(key, value)
    for part, number in parts.items():
        if part not in {"randomSeed", "unappliedJobPercentage"}:
            raise invalid(f"/v1/config does not know {key}.{part}.")
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise invalid(f"{key}.{part} of /v1/config must be a number.")
    seed = parts.get("randomSeed", settings.seed)
    percentage = parts.get("unappliedJobPercentage", 0)
    assert isinstance(seed, int | float)
    assert isinstance(percentage, int | float)
    if not 0 <= percentage <= 100:
        raise invalid(f"{key}.unappliedJobPercentage of /v1/config: {percentage:g} does not lie between 0 and 100.")
    coin: dict[str, Any] = {"order": "after_read", "rng": "java", "seed": int(seed)}
    return replace(settings, model="job_policy", consistency=1 - percentage / 100, **coin)


def _allocate_ids(settings: Settings, key: str, value: object) -> Settings:
    for part, policy in _read_parts(key, value).items():
        if part != "policy":
            raise invalid(f"/v1/config does not know {key}.{part}.")
        if policy not in {"SCATTERED", "SEQUENTIAL"}:
            raise invalid(f"{key}.policy of /v1/config must be SCATTERED or SEQUENTIAL.")
        settings = replace(settings, sequential_ids=policy == "SEQUENTIAL")
    return settings


def _read_parts(key: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise invalid(f"{key} of /v1/config must be an object.")
    return value


Change = Callable[[Settings, str, object], Settings]


def _find(changes: Mapping[str, Change], key: str, before: str) -> Change:
    if key not in changes:
        near = get_close_matches(write_key(key), changes, 1)
        told = f"/v1/config does not know {before}{key}: it knows {', '.join(changes)}"
        raise invalid(told + (f"; did you mean {before}{near[0]}?" if near else "."))
    return changes[key]


_CHANGES: dict[str, Change] = {
    "jobPolicy": _change_job_policy,
    "idAllocationPolicy": _allocate_ids,
    **dict.fromkeys(OWN_KEYS, _change_own),
}
_JOB_POLICIES: dict[str, Change] = {"forceStrongConsistency": _force_strong, "probabilityJobPolicy": _toss_coin}
