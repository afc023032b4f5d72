"""Jepsen: the operations of its histories, as they stand in files.

Text comes in, JepsenOps go out in the order of the file, and back: EDN (maps one after another, or in one vector), JSON
(the same, in one array or line by line), and the log lines of `jepsen.util`, which are what Porcupine's tests read. A
map may hold more than Jepsen's own keys; ours are `session`, `action`, `due`, `stamp` and `error`.

A :fail says that the operation did not happen, and Knossos draws no more from it. In the log lines a cas that failed
found another value: Porcupine judges them so, and whoever wrote them answered timeouts with :info.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from consistency.errors import ConsistencyError
from consistency.interchange.edn import Word, parse_forms, write_form
from consistency.interchange.steps import MISMATCH

TYPES: Final = ("invoke", "ok", "fail", "info")
_LOG_LINE: Final = re.compile(r"INFO\s+jepsen\.util - (?P<process>\S+)\t:(?P<type>\w+)\t:(?P<f>[\w-]+)\t(?P<value>.*)")
_INSTANT_MAX: Final = 1 << 61  # ns: seventy years
_OWN: Final = ("index", "type", "process", "f", "value", "time")


@dataclass(frozen=True)
class JepsenOp:
    """One line of a history. `process` is None where it is none of a client; `time` where the file has no times (ns).
    Keywords in values are strings."""

    type: str
    f: str
    value: Any
    process: int | None
    time: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def parse_history(text: str) -> list[JepsenOp]:
    """The operations in `text`; ConsistencyError where it is none of the three notations, or holds something else."""
    try:
        return _parse_history(text)
    except RecursionError as error:
        raise ConsistencyError("This is no history: its brackets are nested too deeply.") from error


def _parse_history(text: str) -> list[JepsenOp]:
    begin = text.lstrip()[:1]
    if _LOG_LINE.search(text):
        return [op for line in text.splitlines() if (match := _LOG_LINE.match(line)) for op in [_read_log(match)]]
    if begin in {"[", "{"} and re.match(r'\s*\[?\s*\{\s*"', text):
        return [_read_map(each) for each in _read_json(text)]
    forms = list(parse_forms(text))
    if len(forms) == 1 and isinstance(forms[0], tuple):
        forms = list(forms[0])
    return [_read_map(_plain(form)) for form in forms]


def write_edn(ops: Iterable[JepsenOp]) -> str:
    """One map a line."""
    return "".join(write_form(_as_edn(index, op)) + "\n" for index, op in enumerate(ops))


def write_json(ops: Iterable[JepsenOp]) -> str:
    """One array, one object a line."""
    lines = (msgspec.json.encode(_as_map(index, op), order=None).decode() for index, op in enumerate(ops))
    return "[" + ",\n".join(lines) + "]\n"


def _read_json(text: str) -> Iterator[Any]:
    try:
        whole = text.lstrip().startswith("[")
        yield from msgspec.json.decode(text) if whole else msgspec.json.Decoder().decode_lines(text)
    except msgspec.DecodeError as error:
        raise ConsistencyError(f"The history is not JSON: {error}.") from error


def _read_log(match: re.Match[str]) -> JepsenOp:
    value = _plain(next(parse_forms(match["value"]), None))
    process = int(match["process"]) if match["process"].isdigit() else None
    more = {MISMATCH: True} if (match["type"], match["f"]) == ("fail", "cas") else {}
    return JepsenOp(match["type"], match["f"], value, process, more=more)


def _read_map(form: Any) -> JepsenOp:
    if not isinstance(form, dict) or form.get("type") not in TYPES:
        raise ConsistencyError(f"This is no operation of a history: {str(form)[:80]}. It needs a :type of {TYPES}.")
    process, steps = form.get("process", 0), form.get("value")
    if form.get("f", "txn") == "txn" and not (steps is None or _are_steps(steps)):
        raise ConsistencyError(f"These are no steps of a transaction: {str(steps)[:80]}. Write [[:r k v] [:w k v]].")
    for name in ("time", "due", "stamp"):
        if not _is_instant(form.get(name)):
            raise ConsistencyError(f"The {name} of an operation is no whole number of ns: {str(form[name])[:80]}.")
    more = {key: value for key, value in form.items() if key not in _OWN}
    return JepsenOp(
        form["type"],
        str(form.get("f", "txn")),
        form.get("value"),
        process if isinstance(process, int) else None,
        form.get("time"),
        more,
    )


def _are_steps(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(each, tuple | list) and len(each) == 3 for each in value)


def _is_instant(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INSTANT_MAX)


def _plain(value: Any) -> Any:
    """Words as strings, all the way down."""
    match value:
        case Word():
            return value.name
        case dict():
            return {_plain(key): _plain(each) for key, each in value.items()}
        case tuple():
            return tuple(map(_plain, value))
        case frozenset():
            return frozenset(map(_plain, value))
    return value


def _as_map(index: int, op: JepsenOp) -> dict[str, Any]:
    told = {"index": index, "type": op.type, "process": op.process, "f": op.f, "value": op.value, "time": op.time}
    return told | dict(op.more)


def _as_edn(index: int, op: JepsenOp) -> dict[str, Any]:
    told = _as_map(index, op)
    steps = op.value if op.f == "txn" else ()
    value = tuple((Word(verb), key, each) for verb, key, each in steps) if steps else op.value
    return told | {"type": Word(op.type), "f": Word(op.f), "value": value}
